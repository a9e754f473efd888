"""Goes through a deployment's steps, and stops where something is wrong."""

import time
from collections.abc import Callable

from sagemaker_local.hosting.guardrails.policy import Policy

_LOOK_SECONDS = 0.1


def shift(
    policy: Policy,
    clocked: Callable[[float], float],
    move: Callable[[float, str], None],
    trouble: Callable[[], str],
) -> str:
    """Move all traffic to the green fleet; returns why not, empty if it is there.

    Parameters
    ----------
    policy : the steps.
    clocked : returns how long a time of AWS's takes here, in seconds.
    move : is told the share, in percent, and what is done: a VariantStatus.
    trouble : returns why the deployment must end, empty as long as it need not.
    """
    elapsed = 0

    def watch(wait: int) -> str:
        nonlocal elapsed
        most = wait if policy.limit is None else min(wait, policy.limit - elapsed)
        reason = _watch(clocked(most), trouble)
        elapsed += most
        if not reason and most < wait:
            # Only the time limit is in the reference; that it rolls back is unconfirmed.
            return f"The deployment did not end within {policy.limit} seconds"
        return reason

    # An alarm that is in ALARM before traffic moves ends the deployment: unconfirmed.
    if reason := trouble():
        return reason
    for step in policy.steps:
        move(step.percent, "ActivatingTraffic")
        if step.bake:
            move(step.percent, "Baking")
        if reason := watch(step.bake):
            return reason
    return watch(policy.termination_wait)


def _watch(seconds: float, trouble: Callable[[], str]) -> str:
    deadline = time.monotonic() + seconds
    while not (reason := trouble()):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        time.sleep(min(left, _LOOK_SECONDS))
    return reason
