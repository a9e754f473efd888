"""The command `ops`: exit codes, last lines, JSON, and a promotion that was killed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from demo.example_version import register
from ops.serving import serving
from ops.stage import Stage
from project import registry
from project.aws import Connection
from tests.ops.conftest import STAGES, Ops, ship

STAGING = STAGES["staging"]


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]


def test_the_story_of_a_version(ops: Ops) -> None:
    register(ops.connection)
    plan = json.loads(ops.run("plan", "staging", "--json").stdout)
    promoted = ops.run("promote", "staging", "--version", "1")
    again = ops.run("plan", "staging")
    status = json.loads(ops.run("status", "--json").stdout)
    history = json.loads(ops.run("history", "staging", "--json").stdout)
    answer = ops.run("invoke", "staging")

    assert {step["action"] for step in plan["steps"]} == {"create"}
    assert (plan["version"], plan["nothing_to_do"]) == (1, False)
    assert promoted.returncode == 0, promoted.stderr
    assert last_line(promoted.stdout) == "version 1 serves staging"
    assert again.stdout == "staging: version 1, the newest approved version\nnothing to do\n"
    assert [(stage["stage"], stage["version"]) for stage in status] == [
        ("staging", 1),
        ("production", None),
    ]
    assert (status[0]["status"], status[0]["approval"]) == ("InService", "Approved")
    assert status[0]["verified"] is True
    assert [(one["action"], one["outcome"]) for one in history] == [("promote", "succeeded")]
    assert {check["name"] for check in history[0]["checks"]} >= {"schema", "answers"}
    assert json.loads(answer.stdout)["predictions"] == pytest.approx([2.0, 6.0])

    arn = registry.version(ops.connection, 1).arn
    assert "note:" not in ops.run("status").stdout
    ops.connection.sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Rejected"
    )
    assert last_line(ops.run("status").stdout) == (
        "note: version 1, which serves staging, is Rejected; promote another one, "
        "or `uv run ops rollback staging` goes back"
    )


def test_a_model_server_that_died_does_not_count_against_its_version(ops: Ops) -> None:
    ship(ops.connection, "staging", register(ops.connection))
    (killed,) = served_by(ops.connection)
    os.kill(killed, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while served_by(ops.connection) in ([], [killed]) and time.monotonic() < deadline:
        time.sleep(0.05)

    verified = ops.run("verify", "staging")

    assert last_line(verified.stdout) == "version 1 serves staging, verified", verified.stderr
    assert ops.run("plan", "production").returncode == 0


def served_by(connection: Connection) -> list[int]:
    """Return the processes behind the endpoint of staging, as the local SageMaker tells them."""
    command = [sys.executable, "-m", "sagemaker_local", "status", "--json"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    name = f"{connection.project.name}-staging"
    return [pid for one in told["endpoints"] if one["name"] == name for pid in one["pids"]]


def test_a_failed_promotion_exits_with_1_and_says_what_serves(ops: Ops) -> None:
    register(ops.connection, fault="wrong answers")

    done = ops.run("promote", "staging")

    assert done.returncode == 1
    assert last_line(done.stderr).startswith(
        "error: version 1 was not promoted to staging: answers"
    )
    assert last_line(done.stderr).endswith("; nothing serves staging")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["promote", "prod"], 2, "there is no stage 'prod'; there are staging, production"),
        (["promote", "staging", "--version", "7"], 1, "there is no version 7"),
        (["promote", "staging", "--version", "0"], 2, "--version"),
        (["plan", "staging", "--version", "1", "--event", "ops/cli.py"], 2, "exclude each other"),
        (["promote"], 2, "STAGE"),
        (["history", "prod"], 2, "error: there is no stage 'prod'"),
        (["plan", "staging", "--event", "ops/cli.py"], 2, "ops/cli.py is no JSON file with an"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    ops: Ops, arguments: list[str], code: int, message: str
) -> None:
    done = ops.run(*arguments)

    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_first_promotion_that_was_killed_is_finished_by_running_it_again(ops: Ops) -> None:
    register(ops.connection)
    kill_once(ops, "Creating")

    rerun = ops.run("promote", "staging")

    assert last_line(rerun.stdout) == "version 1 serves staging"
    history = ops.run("history", "staging").stdout.splitlines()
    assert [line.split()[2:6] for line in history[1:]] == [
        ["promote", "1", "1", "succeeded"],
        ["promote", "1", "-", "interrupted"],
    ]


def test_an_instance_type_that_there_is_not_is_refused_by_the_plan(ops: Ops) -> None:
    register(ops.connection)
    (ops.folder / "ops/stages/staging.yaml").write_text("after: null\ninstance_type: ml.m5.huge\n")

    done = ops.run("plan", "staging")

    assert done.returncode == 1
    assert done.stderr.startswith("error: ops/stages/staging.yaml: key `instance_type`: endpoints ")
    assert len(done.stderr) < 300


def test_an_instance_type_that_data_science_did_not_name_is_noted(ops: Ops) -> None:
    register(ops.connection)
    (ops.folder / "ops/stages/staging.yaml").write_text(
        "after: null\ninstance_type: ml.m5.4xlarge\n"
    )
    note = (
        "version 1 was registered for ml.m5.large, ml.m5.xlarge; "
        "`instance_type` in ops/stages/staging.yaml is ml.m5.4xlarge"
    )

    assert json.loads(ops.run("plan", "staging", "--json").stdout)["note"] == note
    assert f"\nnote: {note}\n" in ops.run("promote", "staging").stdout


def test_a_promotion_that_is_under_way_is_waited_for(
    ops: Ops, capsys: pytest.CaptureFixture[str]
) -> None:
    register(ops.connection)
    ship(ops.connection, "staging", 1)
    second = register(ops.connection, load_seconds=4)
    kill_once(ops, "Updating")
    capsys.readouterr()

    ship(ops.connection, "staging", second)

    said = capsys.readouterr().out.splitlines()
    waited = f"waiting for {ops.connection.project.name}-staging, which is Updating"
    assert said[0].startswith(waited)
    assert said[-1] == "version 2 serves staging"


def kill_once(ops: Ops, status: str) -> None:
    """Promote to staging, and kill the command as soon as the endpoint has that status."""
    command = ops.start("promote", "staging")
    wait_until(ops.connection, STAGING, status)
    command.send_signal(signal.SIGKILL)
    command.wait()


def wait_until(connection: Connection, stage: Stage, status: str) -> None:
    deadline = time.monotonic() + 60
    while (now := serving(connection, stage)) is None or now.status != status:
        assert time.monotonic() < deadline
        time.sleep(0.02)
