"""Lists come from the database page by page: together the pages are the whole list, in order."""

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_local.storage.query import Filter, Query
from sagemaker_local.storage.store import Resource, Store, StoreError

KIND, REGION = "ModelPackage", "us-east-1"
rows = st.lists(
    st.fixed_dictionaries(
        {
            "CreationTime": st.sampled_from([1.0, 2.0, 2.5]),
            "ModelApprovalStatus": st.sampled_from(["Approved", "Rejected"]),
        },
        optional={"Status": st.sampled_from(["Completed", "Failed"])},
    ),
    max_size=12,
)


def filled(path, bodies):
    store = Store(path)
    for number, body in enumerate(bodies):
        name = f"churn/{number}"
        store.create(Resource(KIND, REGION, name, f"arn:{name}", body))
    store.create(Resource(KIND, REGION, "other/0", "arn:other/0", {"CreationTime": 2.0}))
    return store


def read_all(store, size, **query):
    """Return the names on every page, and how many pages there were."""
    names, after, pages = [], None, 0
    while True:
        page = store.page(Query(KIND, REGION, "churn", size=size, after=after, **query))
        names += [item.name for _, item in page]
        pages += 1
        if len(page) < size:
            return names, pages
        after = page[-1][0]


@settings(max_examples=60, deadline=None)
@given(rows, st.integers(1, 5), st.booleans(), st.sampled_from(["CreationTime", "Name", "Status"]))
def test_the_pages_together_are_the_sorted_list(tmp_path_factory, bodies, size, descending, order):
    store = filled(tmp_path_factory.mktemp("store") / "state.db", bodies)
    # What was created later is newer, also when the clock went back meanwhile.
    keyed = [
        (({"Name": f"churn/{n}", "CreationTime": ""}.get(order, body.get("Status", "")), n), n)
        for n, body in enumerate(bodies)
    ]
    wanted = [f"churn/{n}" for _, n in sorted(keyed, reverse=descending)]
    names, pages = read_all(store, size, order=order, descending=descending)
    assert names == wanted
    assert pages == len(bodies) // size + 1


@pytest.mark.parametrize(
    ("one", "numbers"),
    [
        (Filter("ModelApprovalStatus", "equals", "Approved"), [0, 2]),
        (Filter("CreationTime", "after", 1.0), [1, 2]),
        (Filter("CreationTime", "before", 2.0), [0]),
        (Filter("Name", "contains", "n/1"), [1]),
        (Filter("Name", "starts", "churn/2"), [2]),
        (Filter("Name", "starts", "hurn/2"), []),
        # What a pattern would take for a wildcard is none.
        (Filter("Name", "contains", "%"), []),
    ],
)
def test_filters(tmp_path, one, numbers):
    bodies = [
        {"CreationTime": 1.0, "ModelApprovalStatus": "Approved"},
        {"CreationTime": 2.0, "ModelApprovalStatus": "Rejected"},
        {"CreationTime": 3.0, "ModelApprovalStatus": "Approved"},
    ]
    store = filled(tmp_path / "state.db", bodies)
    query = {"order": "CreationTime", "descending": False, "filters": [one]}
    assert read_all(store, 10, **query)[0] == [f"churn/{number}" for number in numbers]


@pytest.mark.parametrize("approval", [None, "Approved"])
def test_the_newest_of_many_is_found_by_an_index(tmp_path, approval):
    store = filled(tmp_path / "state.db", [])
    filters = [Filter("ModelApprovalStatus", "equals", approval)] if approval else []
    query = Query(KIND, REGION, "churn", "CreationTime", True, 1, filters)
    where, values = query.condition()
    plan = store.connection.execute(
        f"EXPLAIN QUERY PLAN SELECT * FROM resources WHERE {where}"
        f" ORDER BY {query.key} DESC, id DESC LIMIT 1",
        values,
    ).fetchall()
    index = "by_approval" if approval else "by_creation"
    assert len(plan) == 1 and index in plan[0][3], plan


def test_what_is_at_work_is_found_by_an_index(tmp_path):
    store = Store(tmp_path / "state.db")
    statuses = {
        "TrainingJob": ["Completed", "InProgress", "Stopping", "Stopped", "Failed"],
        "PipelineExecution": ["Succeeded", "Executing", "Stopping"],
        "Step": ["Starting", "Executing", "Succeeded"],
        "Endpoint": ["Creating", "InService", "Updating", "Failed"],
    }
    for kind, values in statuses.items():
        for number, value in enumerate(values):
            body = {f"{kind}Status": value, "Status": "InProgress"}
            store.create(Resource(kind, REGION, str(number), f"arn:{kind}/{number}", body))
    numbers = {kind: [int(item.name) for item in store.at_work(kind)] for kind in statuses}
    assert numbers == {
        "TrainingJob": [1, 2],
        "PipelineExecution": [1, 2],
        "Step": [0, 1],
        "Endpoint": [0, 2],
    }
    store.change("arn:TrainingJob/1", {"TrainingJobStatus": "Completed"})
    assert [item.name for item in store.at_work("TrainingJob")] == ["2"]
    asked = []
    store.connection.set_trace_callback(asked.append)
    store.at_work("TrainingJob")
    store.connection.set_trace_callback(None)
    (plan,) = store.connection.execute(f"EXPLAIN QUERY PLAN {asked[0]}").fetchall()
    # Sorting by id needs no step of its own.
    assert "at_work" in plan[3], plan


def make_and_die(path, steps):
    """Make a database in a process that is killed after so many of SQLite's steps; returns if so.

    Real time would hit the same moments in each run.
    """
    connect, left = sqlite3.connect, iter(range(steps))

    def watched(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.set_progress_handler(lambda: next(left, None) is None and os._exit(9), 1)
        return connection

    child = os.fork()
    if child == 0:
        with mock.patch("sqlite3.connect", watched):
            Store(path)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_a_start_that_is_killed_leaves_a_database_to_start_with(tmp_path):
    killed = 0
    while make_and_die(path := tmp_path / f"{killed}.db", 20 + 200 * killed):
        assert Store(path).count_up("n") == 1
        killed += 1
    assert killed > 2


def test_a_start_writes_nothing(tmp_path):
    path, log = tmp_path / "state.db", tmp_path / "state.db-wal"
    store = Store(path)
    store.count_up("n")
    size = log.stat().st_size
    assert Store(path).count_up("n") == 2
    one_change = log.stat().st_size - size
    for _ in range(3):
        Store(path)
    assert log.stat().st_size == size + one_change


def test_writers_at_once_lose_nothing(tmp_path):
    store = Store(tmp_path / "state.db")

    def write(writer):
        return [store.count_up("churn") for _ in range(25)]

    with ThreadPoolExecutor(16) as pool:
        drawn = [number for numbers in pool.map(write, range(16)) for number in numbers]
    assert sorted(drawn) == list(range(1, 401))


def test_a_database_of_another_version_is_refused(tmp_path):
    path = tmp_path / "state.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE resources (id INTEGER)")
    with pytest.raises(StoreError, match=r"another version.*sagemaker-local reset"):
        Store(path)


def test_a_broken_database_is_refused(tmp_path):
    path = tmp_path / "state.db"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match=r"not a database.*sagemaker-local reset"):
        Store(path)


def test_a_database_that_cannot_be_written_is_refused(tmp_path):
    path = tmp_path / "state.db"
    Store(path)
    # Root may write whatever the mode says; a folder in the place of the log it may not.
    (tmp_path / "state.db-journal").mkdir()
    (tmp_path / "state.db-wal").unlink(missing_ok=True)
    (tmp_path / "state.db-wal").mkdir()
    with pytest.raises(StoreError, match=r"cannot be used.*sagemaker-local reset"):
        Store(path)
