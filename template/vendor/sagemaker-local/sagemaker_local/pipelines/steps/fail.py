"""The Fail step: ends the execution with a message."""

from sagemaker_local.pipelines.document import Document, members
from sagemaker_local.pipelines.expressions import parse
from sagemaker_local.pipelines.step import Arguments, StepType, step_type
from sagemaker_local.pipelines.step_run import StepFailedError, StepResult, StepRun


def _read(step: Document, where: str) -> Arguments:
    found = members(step["Arguments"], f"Arguments of {where}", {}, {"ErrorMessage": None})
    return Arguments(parse(found, where))


def _run(run: StepRun) -> StepResult:
    message = run.arguments["ErrorMessage"] or ""
    run.note(Metadata={"Fail": {"ErrorMessage": message}})
    raise StepFailedError(message)


FAIL = step_type(StepType(name="Fail", run=_run, succeeds=False, read=_read))
