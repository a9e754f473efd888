"""Callbacks: what Callback steps wait for, and the actions that send it."""

import secrets
import string
import threading
from typing import Any

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.support import declare
from sagemaker_local.storage.store import Body, Resource, Store

_KIND = "Callback"
_ALPHABET = string.ascii_letters + string.digits
_TOKEN = 10

_TOKENS = "CallbackToken ClientRequestToken "
declare("SendPipelineExecutionStepSuccess", acted=_TOKENS + "OutputParameters")
declare("SendPipelineExecutionStepFailure", acted=_TOKENS + "FailureReason")
declare("OutputParameter", acted="Name Value")


class Callbacks:
    """All callbacks that are waited for.

    Parameters
    ----------
    store : remembers them, so that they can come after a restart.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._arrived = threading.Condition()

    def open(self, region: str, execution: str, step: str) -> str:
        """Return the token of a new callback.

        Parameters
        ----------
        region : where it is to be sent.
        execution, step : the ARNs of who waits for it.
        """
        token = "".join(secrets.choice(_ALPHABET) for _ in range(_TOKEN))
        body = {"PipelineExecutionArn": execution, "_Step": step, "CreationTime": now()}
        self._store.create(Resource(_KIND, region, token, f"{step}/callback/{token}", body))
        return token

    def answer(self, region: str, token: str, answer: Body) -> str:
        """Record what was sent, for who waits; returns the ARN of the execution.

        Raises
        ------
        AwsError : nobody waits for it. The codes are of the API reference, the words unconfirmed.
        """
        with self._store.transaction():
            found = self._store.get(_KIND, region, token)
            step = self._store.by_arn(found.body["_Step"]) if found else None
            if found is None or step is None:
                raise AwsError("ResourceNotFound", f"Callback token {token} does not exist.")
            if "_Answer" in found.body or step.body["StepStatus"] != "Executing":
                raise AwsError("ConflictException", f"Callback token {token} was used already.")
            self._store.change(found.arn, {"_Answer": answer})
        self._store.after_commit(self._tell)
        arn: str = found.body["PipelineExecutionArn"]
        return arn

    def wait(self, region: str, token: str) -> Any:
        """Return what is sent with a token, when it has come."""
        with self._arrived:
            while True:
                found = self._store.get(_KIND, region, token)
                if found and "_Answer" in found.body:
                    return found.body["_Answer"]
                self._arrived.wait()

    def _tell(self) -> None:
        with self._arrived:
            self._arrived.notify_all()


@action("SendPipelineExecutionStepSuccess")
def send_success(call: Call) -> Body:
    """End a Callback step well."""
    given = call.request.get("OutputParameters", [])
    answer = {"OutputParameters": {one["Name"]: one["Value"] for one in given}}
    return _answer(call, answer)


@action("SendPipelineExecutionStepFailure")
def send_failure(call: Call) -> Body:
    """End a Callback step badly."""
    return _answer(call, {"FailureReason": call.request.get("FailureReason", "")})


def _answer(call: Call, answer: Body) -> Body:
    arn = call.parts[Callbacks].answer(call.region, call.request["CallbackToken"], answer)
    return {"PipelineExecutionArn": arn}
