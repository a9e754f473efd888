"""A disk that is full and a database that is damaged are told, again and again, with what to do."""

import os
import sqlite3
import subprocess

import pytest
from kit import BUCKET, ROLE, Local, refusal

from sagemaker_local.storage.store import Store

MAKE_ROOM = "make room on its disk"


@pytest.fixture
def full(tmp_path):
    """A server whose disk gets full, and what makes room again."""
    disk = tmp_path / "disk"
    disk.mkdir()
    # It unmounts when its input ends, so also when the tests are killed.
    mount = 'mount -t tmpfs -o size=24m tmpfs "$1" && echo mounted && cat'
    script = f'{mount}; umount --lazy "$1"; rmdir "$1"'
    process = subprocess.Popen(
        ["sh", "-c", script, "-", str(disk)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    local = Local(disk / "home")
    try:
        if not process.stdout.readline():
            pytest.skip("no file system of a set size can be mounted here")
        local.up()
        local.s3.create_bucket(Bucket=BUCKET)
        local.put("first", b"here")
        local.sm.create_model_package_group(ModelPackageGroupName="g")
        yield local, disk / "filler"
        local.down()
    finally:
        process.communicate()
        assert not disk.exists()


def fill(path):
    with pytest.raises(OSError, match="No space left"), path.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


def test_a_full_disk_is_told_and_nothing_half_made_is_listed(full):
    local, filler = full
    code, message = refusal(local.s3.put_object, Bucket=BUCKET, Key="big", Body=b"x" * (30 << 20))
    assert (code, "No space left on device" in message) == ("InsufficientStorage", True)
    fill(filler)
    text = "x" * 1000
    for _ in range(3):
        for call, asked in (
            (local.sm.create_project, {"ProjectName": "p", "ProjectDescription": text}),
            (
                local.sm.create_model_package,
                {"ModelPackageGroupName": "g", "ModelPackageDescription": text},
            ),
            (
                local.sm.create_model,
                {
                    "ModelName": "m",
                    "ExecutionRoleArn": ROLE,
                    "PrimaryContainer": {
                        "Image": "i",
                        "ModelDataUrl": "s3://b/k",
                        "Environment": {"SAGEMAKER_PROGRAM": text},
                    },
                },
            ),
        ):
            code, message = refusal(call, **asked)
            assert (code, MAKE_ROOM in message) == ("InternalFailure", True)
        code, _ = refusal(local.s3.put_object, Bucket=BUCKET, Key="small", Body=text.encode())
        assert code in ("InsufficientStorage", "InternalFailure")
    listed = local.s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [item["Key"] for item in listed] == ["first"]
    assert local.sm.list_projects()["ProjectSummaryList"] == []
    assert local.sm.list_models()["Models"] == []
    versions = local.sm.list_model_packages(ModelPackageGroupName="g")
    assert versions["ModelPackageSummaryList"] == []
    filler.unlink()
    local.sm.create_project(ProjectName="p")
    made = local.sm.create_model_package(ModelPackageGroupName="g")["ModelPackageArn"]
    # The number that a failed registration drew was not given.
    assert made.endswith("/1")
    assert local.read(local.put("second", b"there")) == b"there"


def test_a_start_on_a_full_disk_is_told(full):
    local, filler = full
    local.down()
    fill(filler)
    # It is missed by whoever writes first: the log, the database, the address.
    while (done := local.command("up")).returncode:
        (line,) = done.stderr.splitlines()
        print(line, filler.stat().st_size)
        assert "No space left on device; mend that" in line or MAKE_ROOM in line
        assert "reset" not in line.partition(MAKE_ROOM)[0]
        os.truncate(filler, filler.stat().st_size - 4096)
    filler.unlink()
    assert local.up().read(f"s3://{BUCKET}/first") == b"here"


def test_a_commit_that_fails_leaves_no_transaction_open(tmp_path):
    store = Store(tmp_path / "state.db")
    store.connection.execute(
        "CREATE TABLE child (parent REFERENCES counters (name) DEFERRABLE INITIALLY DEFERRED)"
    )
    store.connection.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError), store.transaction() as connection:
        connection.execute("INSERT INTO child VALUES ('nobody')")
    assert store.count_up("kept") == 1
    assert Store(tmp_path / "state.db").count_up("kept") == 2


def test_a_damaged_page_is_told_at_the_start(own):
    for number in range(100):
        own.sm.create_project(ProjectName=f"p{number}", ProjectDescription="x" * 500)
    own.down()
    database = own.home / "state.db"
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = database.read_bytes()
    database.write_bytes(content[:8192] + b"\xff" * (len(content) - 8192))
    done = own.command("up")
    (line,) = done.stderr.splitlines()
    assert (done.returncode, "malformed" in line) == (1, True)
    assert "`sagemaker-local reset` deletes it" in line
    assert own.command("reset", "--yes").returncode == 0
    own.up()
