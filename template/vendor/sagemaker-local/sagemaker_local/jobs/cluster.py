"""What a container is told about the cluster it is in: one host."""

import json

from sagemaker_local.jobs.running import Job


def write_resource_config(job: Job, folder: str = "config") -> None:
    """Write `resourceconfig.json`, which tells a container about the cluster it is in."""
    config = job.opt_ml / folder
    config.mkdir(parents=True, exist_ok=True)
    cluster = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}
    (config / "resourceconfig.json").write_text(json.dumps(cluster))
