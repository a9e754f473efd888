"""The PendingDeploymentSummary of DescribeEndpoint: what a deployment is doing."""

from collections.abc import Mapping
from typing import Any

from sagemaker_local.api.actions import now
from sagemaker_local.hosting.variants import VARIANTS, summaries
from sagemaker_local.storage.store import Body


def pending(name: str, config: Mapping[str, Any]) -> Body:
    """Return the summary of a deployment that begins.

    Parameters
    ----------
    name, config : the endpoint configuration that comes.
    """
    moment = now()
    shown: Body = {"EndpointConfigName": name, "StartTime": moment}
    status = [{"Status": "Creating", "StartTime": moment}]
    for member, variants in summaries(config).items():
        for variant in variants or []:
            variant |= {"CurrentWeight": 0.0, "CurrentInstanceCount": 0, "VariantStatus": status}
            shown.setdefault(member, []).append(variant)
    return shown


def moved(summary: Body, percent: float, status: str) -> Body:
    """Return the summary after a step.

    That the weight of a variant grows with the share of its fleet is unconfirmed.

    Parameters
    ----------
    summary : the one before.
    percent : the share of traffic that the new fleet has.
    status : what is done now, a VariantStatus.
    """
    shown = dict(summary)
    doing = [{"Status": status, "StartTime": now()}]
    for member in VARIANTS:
        for variant in shown.get(member, []):
            variant["CurrentWeight"] = variant["DesiredWeight"] * percent / 100
            variant["CurrentInstanceCount"] = variant.get("DesiredInstanceCount", 0)
            variant["VariantStatus"] = doing
    return shown
