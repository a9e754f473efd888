"""How a step that starts a job runs: create it, wait for it, return what Describe says of it."""

from typing import Any

from sagemaker_local.jobs.job import Jobs
from sagemaker_local.pipelines.step_run import StepFailedError, StepRun, StepStoppedError


def run_job(run: StepRun) -> dict[str, Any]:
    """Run the step's job and return the members to record."""
    noun = run.job
    name = run.resource_name(run.arguments.get(f"{noun}Name", "pipelines"))
    arn = run.perform(f"Create{noun}", run.arguments | {f"{noun}Name": name})[f"{noun}Arn"]
    run.note(Metadata={noun: {"Arn": arn}})
    was_stopped = run.on_stop(lambda: run.perform(f"Stop{noun}", {f"{noun}Name": name}))
    run.call.parts[Jobs].wait(arn)
    described = run.perform(f"Describe{noun}", {f"{noun}Name": name})
    status = described[f"{noun}Status"]
    if status == "Completed":
        return {"_Properties": described}
    if status == "Stopped" and was_stopped():
        raise StepStoppedError
    raise StepFailedError(described.get("FailureReason", f"ClientError: {name} was stopped"))
