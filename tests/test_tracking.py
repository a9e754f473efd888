"""Logging of runs to a real MLflow: a run is there once, whatever happened before, and is shown."""

import dataclasses
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.session import Session
from botocore.stub import Stubber

from data_science.cli.track import ui
from data_science.config.tracking import Mlflow
from data_science.runs import mlflow_store
from data_science.runs.mlflow_server import serving
from data_science.runs.mlflow_store import Record, opened
from project.errors import ProjectError

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/demo/execution/abc"
APP = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/app-abc"
RUN = Record(
    arn=ARN,
    name="abc",
    status="FINISHED",
    started=1_000,
    ended=5_000,
    # More than MLflow takes at once.
    parameters={f"p{number}": number for number in range(120)} | {"ChampionModelUrl": ""},
    metrics={"f1": 0.75, "seconds/Train": 2.5},
    tags={"project_id": "p-1", "mlflow.source.git.commit": "c0ffee"},
)
TRIAL = Record(f"{ARN}-t", "t", "FAILED", 2_000, 3_000, {"depth": "3"}, {}, {})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of a store for all tests, each with an experiment of its own."""
    # A name that a URI has to quote.
    home = tmp_path_factory.mktemp("state") / "a place of 100 %"
    before = dict(os.environ)
    os.environ["SAGEMAKER_LOCAL_HOME"] = str(home)
    yield home / "mlflow"
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def experiment(place: Path, request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "report.html").write_text("<h1>good</h1>")
    return folder


def log(experiment: str, record: Record, files: Path, *trials: Record) -> None:
    with opened(None, experiment) as store:
        store.log(record, trials, files)


def logged(experiment: str) -> list[Any]:
    import mlflow
    from mlflow.entities import ViewType

    client = mlflow.MlflowClient(mlflow_store.database())
    found = client.get_experiment_by_name(experiment)
    assert found is not None
    return list(client.search_runs([found.experiment_id], "", ViewType.ALL))


def test_a_run_is_logged_whole_and_once(place: Path, experiment: str, files: Path) -> None:
    for _ in range(2):
        log(experiment, RUN, files, TRIAL)
    trial, run = sorted(logged(experiment), key=lambda one: int(one.info.start_time), reverse=True)
    assert (run.info.status, run.info.start_time, run.info.end_time) == ("FINISHED", 1_000, 5_000)
    assert run.data.params == {name: str(value) for name, value in RUN.parameters.items()}
    assert run.data.metrics == {"f1": 0.75, "seconds/Train": 2.5}
    assert run.data.tags["arn"] == ARN
    assert run.data.tags["mlflow.source.git.commit"] == "c0ffee"
    artefact = place / "artefacts" / run.info.run_id / "artifacts" / "report.html"
    assert artefact.read_text() == "<h1>good</h1>"
    assert (trial.info.status, trial.data.params) == ("FAILED", {"depth": "3"})
    assert trial.data.tags["mlflow.parentRunId"] == run.info.run_id

    import mlflow

    history = mlflow.MlflowClient(mlflow_store.database()).get_metric_history(run.info.run_id, "f1")
    assert [(point.value, point.timestamp) for point in history] == [(0.75, 5_000)]
    # What its makers would like to know stays here.
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_a_run_that_was_retried_or_not_logged_to_its_end_is_brought_up_to_date(
    experiment: str, files: Path
) -> None:
    log(experiment, dataclasses.replace(RUN, status="FAILED", metrics={}), files)
    later = dataclasses.replace(RUN, ended=9_000)
    with opened(None, experiment) as store:
        assert store.has(ARN, 5_000)
        assert not store.has(ARN, 9_000)
        with pytest.raises(ProjectError, match=r"^MLflow: "):
            store.log(dataclasses.replace(later, parameters={"p0": "other"}), [], files)
        assert not store.has(ARN, 9_000)
        store.log(later, [], files)
        assert store.has(ARN, 9_000)
    [run] = logged(experiment)
    assert (run.info.status, run.info.end_time, run.data.metrics["f1"]) == ("FINISHED", 9_000, 0.75)


def test_what_a_user_deleted_stays_deleted_and_a_double_goes(experiment: str, files: Path) -> None:
    log(experiment, RUN, files)
    [run] = logged(experiment)

    import mlflow

    client = mlflow.MlflowClient(mlflow_store.database())
    double = client.create_run(run.info.experiment_id, tags={"arn": ARN}).info.run_id
    with opened(None, experiment) as store:
        store.has(ARN, 5_000)
    assert [one.info.lifecycle_stage for one in logged(experiment)].count("active") == 1
    for one in (run.info.run_id, double):
        if client.get_run(one).info.lifecycle_stage == "active":
            client.delete_run(one)
    with opened(None, experiment) as store:
        assert store.has(ARN, 5_000)


def test_two_at_once_log_a_run_once(experiment: str, files: Path) -> None:
    def both() -> None:
        with opened(None, experiment) as store:
            if not store.has(ARN, RUN.ended):
                store.log(RUN, [], files)

    threads = [threading.Thread(target=both) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(logged(experiment)) == 1


def test_what_mlflow_cannot_use_is_said_in_one_line(
    place: Path, experiment: str, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(experiment, RUN, files)
    moved = tmp_path / "mlflow"
    shutil.copytree(place, moved)
    monkeypatch.setenv("SAGEMAKER_LOCAL_HOME", str(tmp_path))
    with pytest.raises(ProjectError, match=r"was made in another place, .*; delete it, and `ds tr"):
        log(experiment, RUN, files)
    older = tmp_path / "older" / "mlflow"
    shutil.copytree(place, older)
    with sqlite3.connect(older / "mlflow.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'older'")
    monkeypatch.setenv("SAGEMAKER_LOCAL_HOME", str(older.parent))
    with pytest.raises(ProjectError) as outdated:
        log(experiment, RUN, files)
    assert f"run 'uv run mlflow db upgrade sqlite:///{older}/mlflow.db'" in str(outdated.value)
    broken = tmp_path / "broken" / "mlflow"
    broken.mkdir(parents=True)
    (broken / "mlflow.db").write_text("no database, but a file of more than 16 bytes")
    monkeypatch.setenv("SAGEMAKER_LOCAL_HOME", str(broken.parent))
    with pytest.raises(ProjectError) as said:
        log(experiment, RUN, files)
    assert str(said.value) == "MLflow: (sqlite3.DatabaseError) file is not a database"


def test_the_pages_are_for_who_knows_their_address_and_a_server_may_be_an_app(
    experiment: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(experiment, RUN, files)
    with serving(experiment, 0) as (url, server):
        address = urlsplit(url)
        assert address.hostname == "127.0.0.1" and address.port
        [run] = logged(experiment)
        number, run_id = run.info.experiment_id, run.info.run_id
        assert address.fragment == f"/experiments/{number}/runs?workflowType=machine_learning"
        report = f"get-artifact?path=report.html&run_uuid={run_id}"
        assert get(url, f"{address.path}{report}") == (200, "<h1>good</h1>")
        status, page = get(url, address.path)
        assert status == 200 and "<title>MLflow</title>" in page
        assert [get(url, path)[0] for path in ("/", f"/{report}", "/health")] == [404] * 3
        assert address.path.strip("/") not in Path(f"/proc/{server.pid}/cmdline").read_text()
        with (
            pytest.raises(ProjectError, match=r"^--port: .* in use"),
            serving(experiment, address.port),
        ):
            pass

        # The plugin's own variable: the signed requests for an App go to this server.
        base = f"http://{address.netloc}{address.path.rstrip('/')}"
        monkeypatch.setenv("SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT", base)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        other = dataclasses.replace(RUN, arn=f"{ARN}d")
        with opened(APP, experiment) as store:
            assert store.has(ARN, 5_000)
            store.log(other, [TRIAL], files)
        assert [one.info.status for one in logged(experiment)] == ["FAILED", "FINISHED", "FINISHED"]
    assert server.poll() is not None
    with pytest.raises(ConnectionRefusedError):
        get(url, "/")
    monkeypatch.setitem(mlflow_store.VARIABLES, "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with (
        pytest.raises(ProjectError, match=r"^MLflow: API request to .* failed"),
        opened(APP, experiment),
    ):
        pass


def test_an_app_is_shown_at_the_address_that_aws_gives(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    client = Session().create_client("sagemaker", region_name="us-east-1", **keys)
    wanted = Mlflow(kind="mlflow", uri=APP)
    session = SimpleNamespace(create_client=lambda *_, **__: client)
    monkeypatch.setattr("data_science.cli.track._wanted", lambda: wanted)
    monkeypatch.setattr(
        "project.aws.connect", lambda _: SimpleNamespace(target="aws", session=session)
    )
    with Stubber(client) as aws:
        answer = {"AuthorizedUrl": "https://app.example/auth?token=a"}
        aws.add_response("create_presigned_mlflow_app_url", answer, {"Arn": APP})
        ui(port=0, open_it=False)
    assert capsys.readouterr().out.splitlines()[0] == answer["AuthorizedUrl"]


def get(url: str, path: str) -> tuple[int, str]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
