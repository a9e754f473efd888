"""Finds out why a run failed: the step that did, and what its job says."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from data_science.runs.execution import Step
from data_science.runs.logs import job_log
from project.aws import Connection


class Failure(NamedTuple):
    """Why a run failed.

    Attributes
    ----------
    step : name of the step that failed first.
    cause : why, in one line.
    printed : the lines that its job printed beside that.
    """

    step: str
    cause: str
    printed: list[str]


def failure(connection: Connection, steps: Sequence[Step]) -> Failure | None:
    """Return why a run failed; None when no step of it did.

    Parameters
    ----------
    steps : of the run, in the order of their start.
    """
    step = next((one for one in steps if one.status == "Failed"), None)
    if step is None:
        return None
    job = failed_job(connection, step)
    lines = [line for line in (job_log(connection, job) if job else []) if line.strip()]
    told = cause(connection, step, job) or [step.reason, *of_script(lines)][-1]
    return Failure(step.name, told, [line for line in lines if line != told])


def of_script(lines: list[str]) -> list[str]:
    """Return what a script that failed printed, without what its toolkit says of it afterwards.

    The toolkit of the XGBoost container writes over the line that the script left for SageMaker, so
    there the log alone tells why (sagemaker-containers 2.8.6, `_trainer.py`).

    Parameters
    ----------
    lines : of the job's log.
    """
    ends = (n for n, line in enumerate(lines) if re.search(r"ERROR\W+ExecuteUserScriptErr", line))
    return lines[: next(ends, len(lines))]


def failed_job(connection: Connection, step: Step) -> str:
    """Return the ARN of the job that made a step fail, of tuning the first trial that failed.

    Empty when no job did.
    """
    if not step.tuning_job:
        return step.job_arn
    failed = connection.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=step.tuning_job,
        StatusEquals="Failed",
        SortBy="CreationTime",
        SortOrder="Ascending",
        MaxResults=1,
    )
    return "".join(one["TrainingJobArn"] for one in failed["TrainingJobSummaries"])


def cause(connection: Connection, step: Step, job_arn: str) -> str:
    """Return why a step failed, in one line; empty when only its job's log can tell.

    A step script writes the line where SageMaker looks for it: see `steps/failure.py`.

    Parameters
    ----------
    job_arn : as `failed_job` returns it.
    """
    client, (kind, _, name) = connection.sagemaker, job_arn.rpartition(":")[2].partition("/")
    if kind == "processing-job":
        job = client.describe_processing_job(ProcessingJobName=name)
        reason = job.get("ExitMessage") or job.get("FailureReason", "")
    elif kind == "training-job":
        reason = client.describe_training_job(TrainingJobName=name).get("FailureReason", "")
    else:
        return step.reason
    return plain(reason)


def plain(reason: str) -> str:
    """Return a job's FailureReason or ExitMessage as one line, without what SageMaker adds.

    Empty when it says no more than that a script failed.
    """
    if re.search(r"exit code: 137|ExitCode (-9|137)\b|OutOfMemory", reason):
        return (
            "the job was killed, most likely for lack of memory; give it a larger instance type, "
            "or less data"
        )
    told = re.sub(r"^AlgorithmError: |, exit code: -?\d+$", "", " ".join(reason.split()))
    # What the training toolkit writes for a script that wrote nothing itself.
    return "" if told.startswith("ExecuteUserScriptError") else told
