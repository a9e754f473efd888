"""The Fail step: ends the execution with a message."""

from typing import Any

from sagemaker_local.pipelines.step import StepType
from sagemaker_local.pipelines.step_run import StepFailedError, StepRun


def _run(run: StepRun) -> dict[str, Any]:
    message = run.arguments.get("ErrorMessage", "")
    run.note(Metadata={"Fail": {"ErrorMessage": message}})
    raise StepFailedError(message)


STEP_TYPE = StepType(name="Fail", run=_run)
