"""Decides what a stage goes back to when a version fails, and how that is told."""

from collections.abc import Container
from dataclasses import dataclass

from ops.ledger import Record
from ops.serving import Serving
from ops.stage import Stage
from project.aws_errors import brief


@dataclass(frozen=True)
class Previous:
    """What a stage goes back to: an endpoint configuration and the version that it serves."""

    config: str
    version: int | None


def put_back_to(
    config: str, before: Serving | None, served: list[Record], approved: Container[int]
) -> Previous | None:
    """Return what a stage goes back to when an endpoint configuration fails; None: nothing.

    That is what served before. If that was never verified, because the promotion to it was
    killed, it is the newest one that was and is still approved.

    Parameters
    ----------
    config : the endpoint configuration that is about to serve.
    before : what the endpoint served when the command started.
    served : what served the stage and was verified, the newest first.
    approved : the versions that are approved now. What served a moment ago is put back whether it
        is among them or not: a command that fails changes nothing.
    """
    verified = [
        Previous(record.endpoint_config, record.version)
        for record in served
        if record.version in approved
    ]
    actual = None if before is None else Previous(before.config, before.version)
    if actual is not None and actual.config in [record.endpoint_config for record in served]:
        verified.insert(0, actual)
    elif actual is not None and before is not None and before.status != "Failed":
        verified.append(actual)
    return next((one for one in verified if one.config != config), None)


def not_serving(config: str, before: Serving | None, now: Serving | None) -> str:
    """Return why an endpoint does not serve a configuration after a switch; empty if it does.

    Parameters
    ----------
    config : the endpoint configuration that should serve.
    before, now : the endpoint before and after the switch.
    """
    if now is None:
        return "its endpoint was deleted meanwhile"
    if now.serves(config):
        return ""
    reason = f": {brief(now.failure)}" if now.failure else ""
    if now.status != "InService":
        return f"{now.endpoint} is {now.status}{reason}"
    if before is not None and now.config == before.config:
        return f"SageMaker rolled it back{reason}"
    return f"another promotion overtook it with {now.config}"


def serves_now(stage: Stage, before: Serving | None, now: Serving | None) -> str:
    """Return what a stage serves after a failure, for the last line of a command."""
    if now is None:
        return f"nothing serves {stage.name}"
    if now.status != "InService":
        return f"{now.endpoint} is {now.status}, look at it with `uv run ops status`"
    as_before = " as before" if before is not None and before.config == now.config else ""
    return f"version {now.version} serves {stage.name}{as_before}"
