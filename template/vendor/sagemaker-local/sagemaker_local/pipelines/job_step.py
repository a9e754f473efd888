"""How a step that starts a job runs: create it, wait for it, return what Describe says of it."""

from sagemaker_local.jobs.job import Jobs
from sagemaker_local.pipelines.retry_policies import fault_of_job
from sagemaker_local.pipelines.step_run import (
    StepFailedError,
    StepResult,
    StepRun,
    StepStoppedError,
)


def run_job(run: StepRun, shown_as: str = "") -> StepResult:
    """Run the step's job to its end.

    Parameters
    ----------
    run : the step.
    shown_as : what the job is called in the step's metadata, where that is not its noun.

    Raises
    ------
    StepFailedError : the job failed, or its action refused it.
    StepStoppedError : it was stopped, or ran out of time.
    """
    noun, name = run.job, run.job_name
    arn = run.perform(f"Create{noun}", run.arguments | {f"{noun}Name": name})[f"{noun}Arn"]
    metadata = {shown_as or noun: {"Arn": arn}}
    run.note(Metadata=metadata)
    run.on_stop(lambda: run.perform(f"Stop{noun}", {f"{noun}Name": name}))
    run.call.parts[Jobs].wait(arn)
    described = run.perform(f"Describe{noun}", {f"{noun}Name": name})
    status = described[f"{noun}Status"]
    if status == "Completed":
        return StepResult(metadata, described)
    if status == "Stopped":
        raise StepStoppedError(f"ClientError: {name} was stopped", described)
    reason = described["FailureReason"]
    raise StepFailedError(_as_of_a_step(reason), described, fault_of_job(noun, reason))


def _as_of_a_step(reason: str) -> str:
    """Return what a step says of a job that failed for a reason.

    The SDK's own test of `@step` expects `ClientError: AlgorithmError: …` of AWS, and users report
    `ClientError: ClientError: Data download failed: …`. What it says of other faults of a job is
    unconfirmed.
    """
    ours = reason.startswith(("AlgorithmError", "ClientError"))
    return f"ClientError: {reason}" if ours else reason
