"""Gathers what there is to say of runs: parameters, metrics, durations, instances."""

from collections.abc import Iterator, Sequence
from typing import Any

from data_science.runs import execution, trials
from data_science.runs.history import EarlierRun
from data_science.runs.parameters import CHAMPION, CHAMPION_NAME, PROVENANCE
from data_science.runs.step_cache import all_steps
from data_science.runs.versions import metrics_in
from project import s3
from project.aws import Connection
from project.errors import ProjectError


def described(run: EarlierRun) -> dict[str, Any]:
    """Return a run's state, start, duration in seconds and parameters, for a list of runs.

    Hyperparameters that the run searched for are among the parameters, as the best trial had them.
    """
    return {
        "run": run.id,
        "status": run.status,
        "started": run.started.isoformat(timespec="seconds"),
        "seconds": round(run.seconds, 1),
        "parameters": {**run.values, **_searched(run)},
    }


def _searched(run: EarlierRun) -> dict[str, str]:
    # To read the steps of each run of a list would take its time.
    if all(step["Type"] != "Tuning" for step in all_steps(run.definition["Steps"])):
        return {}
    return trials.chosen(run.connection, run.steps)


def in_words(parameters: dict[str, Any]) -> str:
    """Return parameters for a line, without what is long and what changes nothing."""
    hidden = {"InputDataUrl", "InputDataVersion", CHAMPION, CHAMPION_NAME, *PROVENANCE}
    shown = {name: value for name, value in parameters.items() if name not in hidden}
    return ", ".join(f"{name} {value}" for name, value in shown.items())


def lines(runs: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[Any]]]:
    """Yield what the runs have in each respect, with the respect's name.

    Parameters
    ----------
    runs : as `compared` returns them.
    """
    for name in ("status", "started", "seconds", "version"):
        yield name, [run[name] for run in runs]
    for part in ("parameters", "metrics"):
        for name in dict.fromkeys(name for run in runs for name in run[part]):
            yield name, [run[part].get(name) for run in runs]
    for name in dict.fromkeys(name for run in runs for name in run["steps"]):
        steps = [run["steps"].get(name) for run in runs]
        yield f"{name}: seconds", [step and took(step) for step in steps]
        if any(step and step["instance"] for step in steps):
            yield f"{name}: instance", [step and step["instance"] for step in steps]


def took(step: dict[str, Any]) -> str:
    """Return the seconds that a step took, as a text."""
    return "cached" if step["cached"] else f"{step['seconds']:.1f}"


def compared(run: EarlierRun) -> dict[str, Any]:
    """Return what `described` does, and a run's metrics, steps and registered version.

    Returns
    -------
    `metrics` by their names, empty when it was not evaluated; `steps` by their names, each with
    `status`, `seconds`, `cached` and `instance` (type and number, empty when no job was run);
    `version`, None when none was registered.
    """
    return {
        **described(run),
        "version": execution.registered_version(run.steps),
        "metrics": _metrics(run),
        "steps": {
            step.name: {
                "status": step.status,
                "seconds": round(step.seconds, 1),
                "cached": bool(step.reused_from),
                "instance": _instance(run.connection, step),
            }
            for step in run.steps
        },
    }


def _metrics(run: EarlierRun) -> dict[str, float]:
    """Return what the evaluation's property file holds; empty when it is not there."""
    uri = evaluation_uri(run)
    try:
        return metrics_in(s3.read_json(run.connection, uri), uri) if uri else {}
    except ProjectError:
        # Somebody deleted it; the rest can be compared all the same.
        return {}


def evaluation_uri(run: EarlierRun) -> str:
    """Return the S3 URI of the evaluation's property file; empty when the run has none yet."""
    for step in all_steps(run.definition["Steps"]):
        for file in step.get("PropertyFiles", []):
            if file["PropertyFileName"] != "Evaluation":
                continue
            done = next((one for one in run.steps if one.name == step["Name"]), None)
            if done is None or done.status != "Succeeded" or not done.job_arn:
                continue
            job = run.connection.sagemaker.describe_processing_job(
                ProcessingJobName=done.job_arn.rpartition("/")[2]
            )
            for output in job["ProcessingOutputConfig"]["Outputs"]:
                if output["OutputName"] == file["OutputName"]:
                    return f"{output['S3Output']['S3Uri'].rstrip('/')}/{file['FilePath']}"
    return ""


def _instance(connection: Connection, step: execution.Step) -> str:
    kind, _, name = step.job_arn.rpartition(":")[2].partition("/")
    if kind == "processing-job":
        job = connection.sagemaker.describe_processing_job(ProcessingJobName=name)
        resources = job["ProcessingResources"]["ClusterConfig"]
    elif kind == "training-job":
        resources = connection.sagemaker.describe_training_job(TrainingJobName=name)[
            "ResourceConfig"
        ]
    else:
        return ""
    return f"{resources['InstanceCount']} x {resources['InstanceType']}"
