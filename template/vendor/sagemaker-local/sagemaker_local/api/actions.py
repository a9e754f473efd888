"""The table of SageMaker actions, and the call that each of them is given."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sagemaker_local.api.arns import make_arn
from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.idempotency import once
from sagemaker_local.api.parts import Parts
from sagemaker_local.api.serialization import check_types, trim_answer
from sagemaker_local.api.service_model import input_shape
from sagemaker_local.api.support import unsupported_parts
from sagemaker_local.api.validation import check_values
from sagemaker_local.storage.store import Body, Store


@dataclass(frozen=True)
class Call:
    """One validated request.

    Attributes
    ----------
    parts : the running parts of the service that the request came to.
    region : the place it is for, see `sagemaker_local.places`.
    request : its members.
    """

    parts: Parts
    region: str
    request: Body

    @property
    def store(self) -> Store:
        """The service's memory."""
        return self.parts[Store]

    def arn(self, path: str) -> str:
        """Return the ARN of `path`, such as `model/churn`, in this region."""
        return make_arn("sagemaker", self.region, path)

    def without(self, *members: str) -> "Call":
        """Return the same call with fewer members in its request."""
        rest = {name: value for name, value in self.request.items() if name not in members}
        return replace(self, request=rest)

    def perform(self, action: str, request: Mapping[str, Any]) -> Body:
        """Make another call to the service, checked like one that came over the wire."""
        return perform(self.parts, self.region, action, dict(request))


Handler = Callable[[Call], Mapping[str, Any] | None]
ACTIONS: dict[str, Handler] = {}


def action(name: str) -> Callable[[Handler], Handler]:
    """Register a function as the implementation of an action."""

    def register(handler: Handler) -> Handler:
        ACTIONS[name] = handler
        return handler

    return register


def perform(parts: Parts, region: str, name: str, request: Any) -> Body:
    """Do an action and return its answer.

    Parameters
    ----------
    parts : the running parts of the service.
    region : the region it is for.
    name : the action, as in `X-Amz-Target`.
    request : the decoded body of the request.

    Raises
    ------
    AwsError : the request is refused; for an action that we do not have the error is
        `UnknownOperationException`, which no client retries.
    """
    handler = ACTIONS.get(name)
    if handler is None:
        raise AwsError(
            "UnknownOperationException", f"the local SageMaker does not have the action {name}"
        )
    shape = input_shape(name)
    check_types(shape, request)
    check_values(shape, request)
    for refusal in unsupported_parts(shape, request, name):
        raise refusal
    members = _without_nulls(request)
    call = Call(parts, region, members)
    answer: Body = once(
        call.store, region, name, members, lambda: trim_answer(name, handler(call) or {})
    )
    return answer


def _without_nulls(value: Any) -> Any:
    """Return a request without the members that are null, which are none in AWS's protocol."""
    if isinstance(value, dict):
        return {
            name: _without_nulls(member) for name, member in value.items() if member is not None
        }
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def now() -> float:
    """Return the time as SageMaker's answers carry it: seconds since 1970, milliseconds kept."""
    return round(time.time(), 3)
