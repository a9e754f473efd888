"""The steps in which a deployment moves traffic, by the request's DeploymentConfig.

Developer guide, "Deployment guardrails for updating models in production": traffic moves to the new
(green) fleet at once, as a canary and then the rest, or in equal steps; each step is followed by a
baking period; after the last one the old (blue) fleet stays for the termination wait. A rolling
deployment moves like a linear one; what it saves are instances, of which there are none here.
The bounds are the API reference's (TrafficRoutingConfig, RollingUpdatePolicy); that they are
checked when the request comes, and the words, are unconfirmed, as is that a variant of few
instances gets exactly its share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_local.api.errors import invalid

_SIZES = {
    "ALL_AT_ONCE": None,
    "CANARY": ("CanarySize", 0, 50),
    "LINEAR": ("LinearStepSize", 10, 50),
}
_BATCH = ("MaximumBatchSize", 5, 50)
_ROLLBACK = ("RollbackMaximumBatchSize", 0, 100)
_CLOSE = 1e-6


@dataclass(frozen=True)
class Step:
    """One shift of traffic.

    Attributes
    ----------
    percent : the share of the green fleet from now on.
    bake : how long it is watched then, in AWS seconds.
    """

    percent: float
    bake: int


@dataclass(frozen=True)
class Policy:
    """How a deployment moves traffic.

    Attributes
    ----------
    steps : one after the other; the last one is for all traffic.
    termination_wait : how long the blue fleet stays then, in AWS seconds.
    limit : how long all that may take, in AWS seconds; None for as long as it takes.
    alarms : names of the alarms that end it.
    """

    steps: tuple[Step, ...] = (Step(100, 0),)
    termination_wait: int = 0
    limit: int | None = None
    alarms: tuple[str, ...] = ()


AT_ONCE = Policy()


def read_policy(config: Mapping[str, Any] | None, variants: Sequence[Mapping[str, Any]]) -> Policy:
    """Return the policy that a request asks for.

    Parameters
    ----------
    config : its `DeploymentConfig`, None if it has none: all at once.
    variants : the production variants of the configuration that comes.

    Raises
    ------
    AwsError : AWS could not do it.
    """
    if config is None:
        return AT_ONCE
    alarms = tuple(
        one["AlarmName"] for one in config.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    )
    if "RollingUpdatePolicy" in config:
        if "BlueGreenUpdatePolicy" in config:
            raise invalid(
                "DeploymentConfig must have only one of BlueGreenUpdatePolicy and "
                "RollingUpdatePolicy."
            )
        return _rolling(config["RollingUpdatePolicy"], variants, alarms)
    if "BlueGreenUpdatePolicy" not in config:
        return Policy(alarms=alarms)
    policy = config["BlueGreenUpdatePolicy"]
    routing = policy["TrafficRoutingConfiguration"]
    bake = routing["WaitIntervalInSeconds"]
    rule = _SIZES[routing["Type"]]
    for other in _SIZES.values():
        if other is not None and other is not rule and other[0] in routing:
            raise invalid(
                f"{other[0]} must not be given for traffic routing type {routing['Type']}."
            )
    size = _percent(routing, rule, variants, routing["Type"]) if rule else 100
    shares = (size, 100.0) if routing["Type"] == "CANARY" else _equal(size)
    return Policy(
        tuple(Step(share, bake) for share in shares),
        policy.get("TerminationWaitInSeconds", 0),
        policy.get("MaximumExecutionTimeoutInSeconds"),
        alarms,
    )


def _rolling(
    policy: Mapping[str, Any], variants: Sequence[Mapping[str, Any]], alarms: tuple[str, ...]
) -> Policy:
    size = _percent(policy, _BATCH, variants, "rolling")
    if _ROLLBACK[0] in policy:
        _percent(policy, _ROLLBACK, variants, "rolling")
    bake = policy["WaitIntervalInSeconds"]
    return Policy(
        tuple(Step(share, bake) for share in _equal(size)),
        limit=policy.get("MaximumExecutionTimeoutInSeconds"),
        alarms=alarms,
    )


def _equal(size: float) -> tuple[float, ...]:
    """Return the shares of steps of one size; the last may be smaller."""
    shares: list[float] = []
    while (share := size * (len(shares) + 1)) < 100 - _CLOSE:
        shares.append(share)
    return (*shares, 100.0)


def _percent(
    given: Mapping[str, Any],
    rule: tuple[str, int, int],
    variants: Sequence[Mapping[str, Any]],
    kind: str,
) -> float:
    """Return the share that a CapacitySize is; of several variants the largest one."""
    member, least, most = rule
    if member not in given:
        raise invalid(f"{member} is required for traffic routing type {kind}.")
    value = given[member]["Value"]
    if given[member]["Type"] == "CAPACITY_PERCENT":
        shares = [float(value)]
    else:
        shares = [100 * value / variant.get("InitialInstanceCount", 1) for variant in variants]
    if min(shares) < least or max(shares) > most:
        bounds = f"between {least}% and {most}%" if least else f"at most {most}%"
        raise invalid(f"{member} must be {bounds} of the variant's total instance count.")
    return max(shares)
