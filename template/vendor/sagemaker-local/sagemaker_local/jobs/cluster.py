"""What a container is told about the cluster it is in: one host."""

import json
from typing import Any

from sagemaker_local.jobs.running import Job

_HERE = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}
_GROUP = "homogeneousCluster"


def write_resource_config(job: Job) -> None:
    """Write `resourceconfig.json`, which tells a processing container about its cluster."""
    config = job.opt_ml / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "resourceconfig.json").write_text(json.dumps(_HERE))


def training_cluster(instance_type: str) -> dict[str, Any]:
    """Return the content of a training container's `resourceconfig.json`."""
    group = {
        "instance_group_name": _GROUP,
        "instance_type": instance_type,
        "hosts": _HERE["hosts"],
    }
    return {
        **_HERE,
        "current_instance_type": instance_type,
        "current_group_name": _GROUP,
        "instance_groups": [group],
    }
