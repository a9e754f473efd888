"""Writes records of runs to MLflow: to a store of this machine, or to a SageMaker MLflow App."""

import fcntl
import importlib.util
import logging
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from project.errors import ProjectError
from project.local import HOME
from project.settings import ROOT

if TYPE_CHECKING:
    # Importing it takes three seconds.
    from mlflow import MlflowClient

VARIABLES = {
    # It would tell its makers how it is used ("Usage Tracking" in MLflow's documentation).
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    # It would ask a server that is not there for four minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    # Its jobs are about language models.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}
"""Environment variables that MLflow works with here."""

_MOST = 1000
"""Most runs that a search asks for."""


@dataclass(frozen=True)
class Record:
    """A run of the pipeline, or a trial of its search, as MLflow keeps a run.

    Attributes
    ----------
    arn : of the pipeline execution or the training job; the record is found again by it.
    name : what it is called.
    status : `FINISHED`, `FAILED` or `KILLED`.
    started, ended : in milliseconds since 1970.
    parameters, metrics, tags : by name.
    """

    arn: str
    name: str
    status: str
    started: int
    ended: int
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


ARN = "arn"
"""Tag of a record with its ARN."""


def check_installed() -> None:
    """Refuse to go on where MLflow is not installed.

    Raises
    ------
    ProjectError : says how to install it.
    """
    if importlib.util.find_spec("mlflow") is None:
        raise ProjectError(
            "data_science/settings.yaml says `tracking: mlflow`, and MLflow is not installed; "
            "run `uv sync`, or write `tracking: none`"
        )


def folder() -> Path:
    """Return the folder of this machine's store.

    A local SageMaker with a state folder of its own, as the tests and the demo have, has the store
    in there.
    """
    return Path(os.environ.get(HOME) or ROOT / "data").expanduser().absolute() / "mlflow"


def database() -> str:
    """Return the URI of this machine's store, as MLflow takes it."""
    return f"sqlite:///{folder() / 'mlflow.db'}"


class Store:
    """An experiment in MLflow, held by this process alone as far as this machine goes."""

    def __init__(self, client: "MlflowClient", experiment_id: str) -> None:
        self._client = client
        self._experiment_id = experiment_id

    def has(self, arn: str, ended: int) -> bool:
        """Say whether a record is complete, or was deleted in MLflow by a user.

        Parameters
        ----------
        arn, ended : of the record. One with another end is older: the run was retried.
        """
        with _in_one_line():
            found = self._found(f"tags.{ARN} = '{arn}'").get(arn)
        return found is not None and _settled(found, ended)

    def log(self, record: Record, trials: Sequence[Record], files: Path) -> None:
        """Write a record whole; one that is there already is brought up to date.

        Parameters
        ----------
        trials : what is shown below it.
        files : a folder, whose files become its artefacts.
        """
        with _in_one_line():
            there = self._found(f"tags.{ARN} = '{record.arn}'").get(record.arn)
            run_id = self._write(record, there, {})
            self._client.log_artifacts(run_id, str(files))
            parent = {"mlflow.parentRunId": run_id}
            below = self._found(f"tags.mlflow.parentRunId = '{run_id}'") if trials else {}
            for trial in trials:
                found = below.get(trial.arn)
                if found is None or not _settled(found, trial.ended):
                    self._end(self._write(trial, found, parent), trial)
            # Only now is it complete: what was interrupted is done again.
            self._end(run_id, record)

    def _found(self, condition: str) -> dict[str, Any]:
        """Return the runs of MLflow that fulfil a condition, by their ARN."""
        from mlflow.entities import ViewType

        found: dict[str, Any] = {}
        runs = self._client.search_runs([self._experiment_id], condition, ViewType.ALL, _MOST)
        for run in sorted(runs, key=lambda run: (run.info.lifecycle_stage, run.info.run_id)):
            if found.setdefault(run.data.tags.get(ARN, ""), run) is run or not _active(run):
                continue
            # Two machines logged it at the same time.
            self._client.delete_run(run.info.run_id)
        return found

    def _write(self, record: Record, there: Any, tags: Mapping[str, str]) -> str:
        from mlflow.entities import Metric, Param, RunTag

        tags = {**record.tags, **tags, ARN: record.arn}
        if there is None:
            there = self._client.create_run(
                self._experiment_id, start_time=record.started, tags=tags, run_name=record.name
            )
        run_id = str(there.info.run_id)
        # With the same time and step a metric is the same one, however often it is logged.
        self._client.log_batch(
            run_id,
            metrics=[Metric(key, value, record.ended, 0) for key, value in record.metrics.items()],
            params=[Param(key, str(value)) for key, value in record.parameters.items()],
            tags=[RunTag(key, value) for key, value in tags.items()],
        )
        return run_id

    def _end(self, run_id: str, record: Record) -> None:
        self._client.set_terminated(run_id, record.status, record.ended)


@contextmanager
def opened(uri: str | None, experiment: str) -> Iterator[Store]:
    """Open an experiment, which is made when it is not there.

    Parameters
    ----------
    uri : ARN of an MLflow App; None for this machine's store.
    experiment : its name.

    Raises
    ------
    ProjectError : MLflow cannot be used, in one line.
    """
    check_installed()
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with _in_one_line():
            store = _open(uri, experiment)
        yield store


def _open(uri: str | None, experiment: str) -> Store:
    os.environ.update(VARIABLES)
    # Each attempt that fails would be a line of its own.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    import mlflow

    # The plugin for Apps signs requests for the App that is named here.
    mlflow.set_tracking_uri(uri or database())
    client = mlflow.MlflowClient()
    # An App has its own place for artefacts.
    place = None if uri else (folder() / "artefacts").as_uri()
    found = client.get_experiment_by_name(experiment)
    if found is None:
        return Store(client, client.create_experiment(experiment, place))
    if place is not None and found.artifact_location != place:
        raise ProjectError(
            f"{folder()} was made in another place, {found.artifact_location}; delete it, and "
            "`ds track sync` logs the runs again"
        )
    return Store(client, found.experiment_id)


def _upgrade() -> str:
    return f"uv run mlflow db upgrade {shlex.quote(database())}"


def _active(run: Any) -> bool:
    return bool(run.info.lifecycle_stage == "active")


def _settled(run: Any, ended: int) -> bool:
    return not _active(run) or (run.info.status != "RUNNING" and run.info.end_time == ended)


@contextmanager
def _in_one_line() -> Iterator[None]:
    """Tell what MLflow cannot do in one line, wherever in it or below it that came up."""
    try:
        yield
    except ProjectError:
        raise
    except Exception as error:
        said = str(error).strip() or type(error).__name__
        # What it asks for when the project has got a newer MLflow.
        said = said.splitlines()[0].replace("mlflow db upgrade <database_uri>", _upgrade())
        raise ProjectError(f"MLflow: {said}") from error
