"""Retry policies: after which faults of a step it is tried again, and when.

The rules are those of the developer guide, "Retry Policy for Pipeline Steps". Faults of the service
and throttling, which AWS retries without a policy too, are retried here only with one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_local.pipelines.document import bad, check_type, members, one_of, shown

THROTTLING, SERVICE_FAULT = "Step.THROTTLING", "Step.SERVICE_FAULT"
INTERNAL_ERROR, CAPACITY = "SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR"
RESOURCE_LIMIT = "SageMaker.RESOURCE_LIMIT"
_FAULTS = (THROTTLING, SERVICE_FAULT, INTERNAL_ERROR, CAPACITY, RESOURCE_LIMIT)
_OF_REFUSALS = {
    "InternalFailure": SERVICE_FAULT,
    "ThrottlingException": THROTTLING,
    "ResourceLimitExceeded": RESOURCE_LIMIT,
}
# How the FailureReason of a job begins.
_OF_JOBS = {
    "InternalServerError": INTERNAL_ERROR,
    "CapacityError": CAPACITY,
    "InsufficientCapacityError": CAPACITY,
}
# These try their jobs again by themselves.
_WITH_JOBS_OF_THEIR_OWN = ("HyperParameterTuningJob", "AutoMLJob")
_DEFAULT_ATTEMPTS = 5
_MOST = {"IntervalSeconds": 43200, "MaxAttempts": 20, "ExpireAfterMin": 14400}


@dataclass(frozen=True)
class RetryPolicy:
    """One retry policy.

    Attributes
    ----------
    faults : after which faults.
    interval : the seconds before the first retry.
    backoff : what each next interval is multiplied by.
    attempts : how many retries there may be; None for any number.
    seconds : how long after the step's start there may be one; None for ever.
    """

    faults: frozenset[str]
    interval: float
    backoff: float
    attempts: int | None
    seconds: float | None

    def pause(self, retries: int, elapsed: float) -> float | None:
        """Return the seconds to wait before the next retry, None if there is none.

        Parameters
        ----------
        retries : how many there were by this policy.
        elapsed : the seconds since the step was started.
        """
        if self.attempts is not None and retries >= self.attempts:
            return None
        if self.seconds is not None and elapsed >= self.seconds:
            return None
        return self.interval * float(self.backoff**retries)


def read_retry_policies(documents: Sequence[Any], where: str) -> list[RetryPolicy]:
    """Return the retry policies of a step.

    Raises
    ------
    AwsError : one is malformed, or out of bounds.
    """
    return [_read(document, f"a retry policy of {where}") for document in documents]


def policy_for(policies: Sequence[RetryPolicy], fault: str) -> RetryPolicy | None:
    """Return the first policy for a fault."""
    return next((policy for policy in policies if fault in policy.faults), None)


def fault_of_refusal(code: str) -> str:
    """Return the fault that an error of an action is, empty if it is none to retry."""
    return _OF_REFUSALS.get(code, "")


def fault_of_job(noun: str, reason: str) -> str:
    """Return the fault that a failure of a job is, empty if it is none to retry.

    Parameters
    ----------
    noun : of the job, such as `TrainingJob`.
    reason : its FailureReason.
    """
    fault = _OF_JOBS.get(reason.partition(":")[0], "")
    return "" if fault == INTERNAL_ERROR and noun in _WITH_JOBS_OF_THEIR_OWN else fault


def _read(document: Any, where: str) -> RetryPolicy:
    numbers = dict.fromkeys(_MOST, int)
    found = members(document, where, {"ExceptionType": None}, {**numbers, "BackoffRate": float})
    kinds = found["ExceptionType"]
    # The developer guide and the SDK have a list, the published JSON schema a text.
    kinds = [kinds] if isinstance(kinds, str) else kinds
    check_type(kinds, list, f"ExceptionType of {where}")
    for kind in kinds:
        check_type(kind, str, f"an ExceptionType of {where}")
        one_of(kind, _FAULTS, f"in {where} the exception type")
    _check_bounds(found, where)
    attempts, minutes = found["MaxAttempts"], found["ExpireAfterMin"]
    if attempts is None and minutes is None:
        attempts = _DEFAULT_ATTEMPTS
    return RetryPolicy(
        faults=frozenset(kinds),
        interval=1 if found["IntervalSeconds"] is None else found["IntervalSeconds"],
        backoff=2.0 if found["BackoffRate"] is None else found["BackoffRate"],
        attempts=attempts,
        seconds=None if minutes is None else minutes * 60,
    )


def _check_bounds(found: Mapping[str, Any], where: str) -> None:
    # That AWS refuses these is documented; its words are unconfirmed.
    if found["MaxAttempts"] is not None and found["ExpireAfterMin"] is not None:
        raise bad(f"{where} has both MaxAttempts and ExpireAfterMin")
    for name, most in {**_MOST, "BackoffRate": 1e6}.items():
        value = found[name]
        if value is not None and not 0 <= value <= most:
            raise bad(f"{name} of {where} must be between 0 and {most}, not {shown(value)}")
