"""Log files: their copy in CloudWatch Logs, their last line, the numbers in them."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import processing, wait_until

from sagemaker_local.home import Home
from sagemaker_local.processes import logs
from sagemaker_local.storage.clients import Clients

GROUP = "/aws/sagemaker/ProcessingJobs"


def copied(local, job):
    """Return the lines of a job's log in CloudWatch Logs."""
    client = local.client("logs")
    try:
        streams = client.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=f"{job}/")
    except client.exceptions.ResourceNotFoundException:
        return []
    names = [stream["logStreamName"] for stream in streams["logStreams"]]
    assert all(name.startswith(f"{job}/algo-1-") for name in names)
    lines = []
    for name in names:
        token = {}
        while True:
            page = client.get_log_events(
                logGroupName=GROUP, logStreamName=name, startFromHead=True, **token
            )
            if not page["events"]:
                break
            lines += [event["message"] for event in page["events"]]
            token = {"nextToken": page["nextForwardToken"]}
    return lines


def test_log_goes_to_cloudwatch_while_the_job_runs(local):
    script = "import time\nprint('first')\ntime.sleep(3)\nprint('last')"
    local.sm.create_processing_job(**processing(local, "logged", script))
    wait_until(lambda: copied(local, "logged"), lambda found: found == ["first"])
    job = local.sm.describe_processing_job(ProcessingJobName="logged")
    assert job["ProcessingJobStatus"] == "InProgress"
    local.wait_for_job("Processing", "logged")
    assert copied(local, "logged") == ["first", "last"]


def test_a_log_without_end_begins_anew_and_says_so(local, tmp_path):
    path = tmp_path / "endless.log"
    path.touch()
    clients = Clients(Home(local.home).read_running())
    stream = logs.LogStream(clients, "us-east-1", path, GROUP, "endless/algo-1-0", most=100)
    with path.open("a") as program:
        for number in range(30):
            print(f"line {number}", file=program)
        program.flush()
        wait_until((tmp_path / "endless.log.1").exists, bool)
        print("after", file=program, flush=True)
        stream.close()
    assert path.read_text() == f"[what was before is in {path}.1]\nafter\n"
    assert (tmp_path / "endless.log.1").read_text().endswith("line 28\nline 29\n")
    assert [line for line in copied(local, "endless") if line[0] != "["] == [
        *(f"line {number}" for number in range(30)),
        "after",
    ]


def test_of_a_flood_cloudwatch_has_the_ends_and_says_what_is_left_out(local):
    # 60,000 lines of 100 bytes, 6 MB, at once; 64 KiB of either end are copied.
    script = "import sys; sys.stdout.write(''.join(f'{n:099}\\n' for n in range(60_000)))"
    assert local.run_processing("flood", script)["ProcessingJobStatus"] == "Completed"
    lines = copied(local, "flood")
    notes = [number for number, line in enumerate(lines) if "left out" in line]
    assert len(notes) == 1
    left_out = int(re.match(r"\[(\d+) bytes are left out here", lines[notes[0]])[1])
    assert left_out == 6_000_000 - 2 * 65_536
    path = local.log("ProcessingJobs", "flood")
    assert str(path) in lines[notes[0]]
    assert (int(lines[0]), int(lines[-1])) == (0, 59_999)
    assert (
        sum(len(line) + 1 for line in lines if "left out" not in line) >= 6_000_000 - left_out - 2
    )
    assert path.stat().st_size == 6_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("one", "one"),
        ("one\ntwo\n\n  \n", "two"),
        ("\n" * 10, ""),
        ("x" * 10 + "\n" + "y" * 100_000, "y" * (1 << 16)),
    ],
)
def test_last_line(tmp_path, text, expected):
    log = tmp_path / "log"
    log.write_text(text)
    assert logs.last_line(log) == expected
    assert logs.last_line(tmp_path / "none") == ""


def test_last_values_are_read_from_the_end(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"loss=3; \xff\nacc=0.5\nloss=0.25;\nloss=none;\nacc 0.75\nvalues 1e-3 nan\n")
    patterns = {
        "loss": r"loss=([^;]+);",
        "acc": r"acc=([0-9.]+)",
        "pair": r"values (\S+) (\S+)",
        "whole": r"0\.\d+$",
        "missing": r"auc=(.*)",
    }
    found = logs.last_values(log, patterns)
    assert found == {"loss": 0.25, "acc": 0.5, "pair": 0.001}


def test_last_values_of_a_long_log_take_no_longer_than_its_end(tmp_path):
    log = tmp_path / "log"
    with log.open("w") as file:
        for number in range(1_000_000):
            file.write(f"epoch {number} loss={number / 4};\n")
    started = time.process_time()
    assert logs.last_values(log, {"loss": r"loss=([0-9.]+);"}) == {"loss": 999_999 / 4}
    assert time.process_time() - started < 0.2


@given(st.lists(st.sampled_from(["a=1.5", "b=2", "a=3", "noise", "", "b=x"]), max_size=30))
def test_last_values_are_those_of_the_whole_text(tmp_path_factory, lines):
    log = tmp_path_factory.getbasetemp() / "drawn"
    log.write_text("\n".join(lines))
    expected = {
        name: float(values[-1])
        for name in "ab"
        if (values := re.findall(rf"{name}=([0-9.]+)", log.read_text()))
    }
    original, logs._CHUNK = logs._CHUNK, 7
    try:
        assert logs.last_values(log, {name: rf"{name}=([0-9.]+)" for name in "ab"}) == expected
    finally:
        logs._CHUNK = original


def test_a_job_that_was_stopped_before_it_ran_has_no_log(tmp_path):
    assert logs.last_values(tmp_path / "none", {"m": "m=(.*)"}) == {}
    assert logs.last_line(tmp_path / "none") == ""
