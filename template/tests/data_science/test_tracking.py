"""Logging of runs to MLflow: what the settings may say, and what is said when it does not work."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from data_science.cli import following, track
from data_science.config.tracking import Mlflow, Tracking
from data_science.runs import mlflow_store, tracking
from data_science.runs.mlflow_server import serving
from project import local
from project.errors import ProjectError
from project.settings import ROOT

APP = "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-app/app-abc"


def parsed(value: Any) -> Any:
    return TypeAdapter(Tracking).validate_python(value)


def test_it_is_written_short_or_in_full() -> None:
    assert parsed("none") is None
    assert parsed("mlflow") == parsed({"kind": "mlflow"}) == Mlflow(kind="mlflow", uri=None)
    assert parsed({"kind": "mlflow", "uri": APP}).uri == APP


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("mlfow", "must be mlflow; `tracking: none` logs runs to nothing else"),
        ({"kind": "mlflow", "uri": "http://localhost:5000"}, "must be the ARN of an MLflow App"),
        ({"kind": "mlflow", "url": APP}, "Extra inputs are not permitted"),
        ({"uri": APP}, "Field required"),
    ],
)
def test_anything_else_is_refused(value: Any, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        parsed(value)


STARTED = datetime(2026, 11, 24, 12, tzinfo=UTC)
TRIAL = {
    "TrainingJobName": "trial-1",
    "TrainingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/trial-1",
    "TrainingJobStatus": "Completed",
    "CreationTime": STARTED - timedelta(seconds=60),
    "TrainingStartTime": STARTED,
    "TrainingEndTime": STARTED + timedelta(seconds=2.5),
    "TunedHyperParameters": {"depth": "3"},
    "FinalHyperParameterTuningJobObjectiveMetric": {"MetricName": "f1", "Value": 0.5},
}


def test_a_trial_is_logged_with_what_it_tried_and_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    late = {**TRIAL, "TrainingJobStatus": "Stopping"}
    failed = {**TRIAL, "TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: no model"}
    for summary in (late, failed):
        del summary["FinalHyperParameterTuningJobObjectiveMetric"]
    there = [TRIAL, late, failed]
    monkeypatch.setattr("data_science.runs.trials.summaries", lambda *_: there)
    [one, two, three] = tracking.trial_records(Searched(""))  # type: ignore[arg-type]
    assert (one.name, one.arn, one.status) == ("trial-1", TRIAL["TrainingJobArn"], "FINISHED")
    assert one.ended - one.started == 2_500
    assert one.started == 1_795_521_600_000
    assert one.parameters == {"depth": "3"}
    assert one.metrics == {"f1": 0.5, "seconds": 2.5}
    assert (two.status, two.metrics) == ("KILLED", {"seconds": 2.5})
    assert (three.status, three.tags) == ("FAILED", {"mlflow.note.content": "no model"})
    # They belong to the run that did the search.
    assert tracking.trial_records(Searched("arn:of:another")) == []  # type: ignore[arg-type]


class Searched:
    """Stands for a run whose only step is a search."""

    connection = None

    def __init__(self, reused_from: str) -> None:
        self.steps = [self]
        self.reused_from = reused_from
        self.tuning_job = "search"


def test_without_mlflow_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ProjectError, match="MLflow is not installed; run `uv sync`"):
        mlflow_store.check_installed()


def test_where_no_run_is_logged_there_is_nothing_to_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(local.HOME, str(tmp_path))
    nothing = r"^no run is logged yet; `ds run` logs its own, `ds track sync` those before$"
    with pytest.raises(ProjectError, match=nothing), serving("demo", 0):
        pass


@pytest.mark.parametrize("failure", [None, ProjectError("Train: no model")])
def test_how_the_run_ended_counts_and_not_whether_it_was_logged(
    failure: ProjectError | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def follow(*_: object) -> None:
        if failure is not None:
            raise failure

    def broken(*_: object) -> None:
        raise ValueError("unable to open\n database file")

    monkeypatch.setattr(following, "follow", follow)
    monkeypatch.setattr("data_science.runs.history.earlier_run", broken)
    try:
        track.follow_and_log(None, "arn/abc", parsed("mlflow"))  # type: ignore[arg-type]
    except ProjectError as error:
        assert error is failure
    else:
        assert failure is None
    told = capsys.readouterr()
    assert told.out == "log the run to MLflow … failed\n"
    assert told.err == (
        "the run is not in MLflow: unable to open database file; `ds track sync` logs it later\n"
    )
    monkeypatch.setattr("data_science.runs.history.earlier_run", pytest.fail)
    try:
        track.follow_and_log(None, "arn/abc", None)  # type: ignore[arg-type]
    except ProjectError as error:
        assert error is failure


def test_nothing_loads_mlflow_before_a_run_is_logged() -> None:
    code = (
        "import data_science.cli, data_science.runs.tracking, data_science.runs.mlflow_server, sys;"
        "sys.exit('mlflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
