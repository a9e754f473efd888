"""What `sagemaker-local status` shows: running jobs and executions, and endpoints."""

from typing import Any

from sagemaker_local.api.parts import Parts
from sagemaker_local.hosting.fleet import ENDPOINT, Fleet
from sagemaker_local.jobs.job import JOB_KINDS
from sagemaker_local.pipelines.resource_kinds import EXECUTION
from sagemaker_local.places import account_of, region_of
from sagemaker_local.processes.settings import Settings
from sagemaker_local.storage.clients import Clients
from sagemaker_local.storage.store import Store
from sagemaker_local.wire.own_code import OwnCode


def status(parts: Parts) -> dict[str, Any]:
    """Return the server's address and what it is doing."""
    running, store = parts[Clients].running, parts[Store]
    kinds = [*(kind.resource for kind in JOB_KINDS.values()), EXECUTION]
    return {
        "url": running.url,
        "pid": running.pid,
        "started": running.started,
        "outdated": parts[OwnCode].was_replaced,
        "clock": parts[Settings].clock,
        "in_images": parts[Settings].in_images,
        "running": [
            {"kind": kind.noun, "name": item.name, "status": item.body[kind.status]}
            for kind in kinds
            for item in store.at_work(kind.noun)
        ],
        "endpoints": [
            {
                "name": item.name,
                "account": account_of(item.region),
                "region": region_of(item.region),
                "status": item.body["EndpointStatus"],
                "config": item.body["EndpointConfigName"],
                "pids": parts[Fleet].pids(item.arn),
            }
            for item in store.resources(ENDPOINT.noun)
        ],
    }
