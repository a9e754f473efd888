"""The Callback step: a message to a queue, and the wait for somebody to call back."""

import json
import logging
import re
from typing import Any

from sagemaker_local.pipelines.callbacks import Callbacks
from sagemaker_local.pipelines.document import Document, check_type
from sagemaker_local.pipelines.expressions import Expression, parse
from sagemaker_local.pipelines.output_parameters import (
    OUTPUT_PARAMETERS,
    output_values,
    read_output_parameters,
    shown_parameters,
)
from sagemaker_local.pipelines.step import Arguments, StepType, step_type
from sagemaker_local.pipelines.step_run import StepFailedError, StepResult, StepRun
from sagemaker_local.places import account_of, place_of
from sagemaker_local.storage.clients import Clients

_log = logging.getLogger(__name__)
_REGION = re.compile(r"https?://(?:sqs\.([a-z0-9-]+)|([a-z0-9-]+)\.queue)\.amazonaws\.com")


def _read(step: Document, where: str) -> Arguments:
    queue = parse(step["SqsQueueUrl"], where)
    if not isinstance(queue, Expression):
        check_type(queue, str, f"SqsQueueUrl of {where}")
    return Arguments(
        {
            "SqsQueueUrl": queue,
            "Arguments": parse(step["Arguments"] or {}, where),
            OUTPUT_PARAMETERS: read_output_parameters(step[OUTPUT_PARAMETERS] or [], where),
        }
    )


def _run(run: StepRun) -> StepResult:
    token = run.call.parts[Callbacks].open(run.call.region, run.execution, run.arn)
    shown = {"CallbackToken": token, "SqsQueueUrl": run.arguments["SqsQueueUrl"]}
    run.note(Metadata={"Callback": shown})
    _send(run, token, "Executing")
    run.note(_Sent=True)
    return _wait(run, token)


def _resume(run: StepRun) -> StepResult:
    noted = run.noted
    token = noted["Metadata"]["Callback"]["CallbackToken"]
    if "_Sent" not in noted:
        _send(run, token, "Executing")
        run.note(_Sent=True)
    return _wait(run, token)


def _wait(run: StepRun, token: str) -> StepResult:
    # A stop does not end the wait: whoever has the token is told, and has the last word (API
    # reference, StopPipelineExecution).
    run.on_stop(lambda: _tell_stop(run, token))
    answer = run.call.parts[Callbacks].wait(run.call.region, token)
    if "FailureReason" in answer:
        raise StepFailedError(answer["FailureReason"])
    values = output_values(run.arguments[OUTPUT_PARAMETERS], answer[OUTPUT_PARAMETERS])
    shown = {
        "CallbackToken": token,
        "SqsQueueUrl": run.arguments["SqsQueueUrl"],
        OUTPUT_PARAMETERS: shown_parameters(values),
    }
    return StepResult({"Callback": shown}, {OUTPUT_PARAMETERS: values})


def _tell_stop(run: StepRun, token: str) -> None:
    try:
        _send(run, token, "Stopping")
    except StepFailedError as error:
        _log.warning("%s: nobody was told of the stop: %s", run.arn, error)


def _send(run: StepRun, token: str, status: str) -> None:
    """Send a message; its form is in the developer guide, "Callback step"."""
    # Imported here: the start of the server need not wait for it.
    from botocore.exceptions import BotoCoreError, ClientError

    url = run.arguments["SqsQueueUrl"]
    message: dict[str, Any] = {
        "token": token,
        "pipelineExecutionArn": run.execution,
        "arguments": run.arguments["Arguments"],
        "status": status,
    }
    named = _REGION.match(url)
    region = run.call.region
    if named:
        region = place_of(account_of(region), named[1] or named[2])
    sqs = run.call.parts[Clients].client("sqs", region)
    try:
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message))
    except ClientError as error:
        raise _failure(error.response["Error"]["Message"]) from None
    except (BotoCoreError, ValueError) as error:
        raise _failure(str(error)) from None


def _failure(why: str) -> StepFailedError:
    # The form is that of a job that SageMaker refuses; for SQS it is unconfirmed.
    return StepFailedError(f"ClientError: Failed to invoke sqs:SendMessage. Error Details: {why}")


CALLBACK = step_type(
    StepType(
        name="Callback",
        run=_run,
        needed={"SqsQueueUrl": None},
        members={"Arguments": dict, OUTPUT_PARAMETERS: list},
        # As for Lambda steps: the schema has a CacheConfig, the key is unconfirmed.
        cache_key=("SqsQueueUrl", "Arguments", OUTPUT_PARAMETERS),
        read=_read,
        resume=_resume,
    )
)
