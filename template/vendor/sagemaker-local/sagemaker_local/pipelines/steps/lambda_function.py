"""The Lambda step: a Lambda function that is called, and what it returns."""

import json
import queue
import threading
import uuid
from typing import Any

from sagemaker_local.api.errors import AwsError
from sagemaker_local.functions.functions import Functions
from sagemaker_local.functions.invocation import Answer
from sagemaker_local.pipelines.document import Document, check_type, shown
from sagemaker_local.pipelines.expressions import Expression, parse
from sagemaker_local.pipelines.output_parameters import (
    OUTPUT_PARAMETERS,
    output_values,
    read_output_parameters,
    shown_parameters,
)
from sagemaker_local.pipelines.step import Arguments, StepType, step_type
from sagemaker_local.pipelines.step_run import (
    StepFailedError,
    StepResult,
    StepRun,
    StepTimedOutError,
)
from sagemaker_local.places import place_of_arn
from sagemaker_local.processes.settings import Settings

# Developer guide, "Lambda step", "Timeout and stopping behavior".
_MOST_SECONDS = 600.0


def _read(step: Document, where: str) -> Arguments:
    function = parse(step["FunctionArn"], where)
    if not isinstance(function, Expression):
        check_type(function, str, f"FunctionArn of {where}")
    return Arguments(
        {
            "FunctionArn": function,
            "Arguments": parse(step["Arguments"] or {}, where),
            OUTPUT_PARAMETERS: read_output_parameters(step[OUTPUT_PARAMETERS] or [], where),
        }
    )


def _run(run: StepRun) -> StepResult:
    arn = run.arguments["FunctionArn"]
    run.note(Metadata={"Lambda": {"Arn": arn}})
    returned = _returned(_answer(run, arn))
    declared = run.arguments[OUTPUT_PARAMETERS]
    if declared and not isinstance(returned, dict):
        raise _failure(f"the function returned {shown(returned)}, and not an object of its outputs")
    values = output_values(declared, returned if declared else {})
    return StepResult(
        metadata={"Lambda": {"Arn": arn, OUTPUT_PARAMETERS: shown_parameters(values)}},
        properties={OUTPUT_PARAMETERS: values},
    )


def _answer(run: StepRun, arn: str) -> Answer:
    """Return what the function answers.

    It cannot be stopped, and goes on when the step has waited long enough (developer guide).
    """
    functions = run.call.parts[Functions]
    # A name stands for a function of the pipeline's own region.
    region = place_of_arn(arn) if arn.startswith("arn:") else run.call.region
    event = json.dumps(run.arguments["Arguments"]).encode()
    answers: queue.Queue[Answer | Exception] = queue.Queue()

    def invoke() -> None:
        try:
            configuration = functions.configuration(region, arn)
            answers.put(functions.invoke(region, configuration, event, str(uuid.uuid4())))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=invoke, name=run.arn, daemon=True).start()
    try:
        answer = answers.get(timeout=run.call.parts[Settings].scaled(_MOST_SECONDS))
    except queue.Empty:
        raise StepTimedOutError(_words("the function did not end within 10 minutes")) from None
    if isinstance(answer, AwsError):
        raise _failure(answer.message)
    if isinstance(answer, Exception):
        raise answer
    return answer


def _returned(answer: Answer) -> Any:
    if not answer.failed:
        try:
            return json.loads(answer.payload)
        except ValueError:
            raise _failure("the function returned what is not JSON") from None
    told = json.loads(answer.payload)
    words = _words(f"{told['errorType']}: {told['errorMessage']}")
    raise StepTimedOutError(words) if answer.timed_out else StepFailedError(words)


def _failure(why: str) -> StepFailedError:
    return StepFailedError(_words(why))


def _words(why: str) -> str:
    # The form is that of a job that SageMaker refuses; for Lambda it is unconfirmed.
    return f"ClientError: Failed to invoke lambda:Invoke. Error Details: {why}"


LAMBDA = step_type(
    StepType(
        name="Lambda",
        run=_run,
        needed={"FunctionArn": None},
        members={"Arguments": dict, OUTPUT_PARAMETERS: list},
        # That it has a CacheConfig is in the published JSON schema; what AWS compares is
        # unconfirmed.
        cache_key=("FunctionArn", "Arguments", OUTPUT_PARAMETERS),
        read=_read,
    )
)
