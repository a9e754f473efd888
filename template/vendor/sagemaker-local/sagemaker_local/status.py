"""What `sagemaker-local status` shows: running jobs and executions, and endpoints."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sagemaker_local.service import SageMaker

_RUNNING = ("InProgress", "Stopping", "Executing")


def status(sagemaker: "SageMaker") -> dict[str, Any]:
    """Return the server's address and what it is doing."""
    running = sagemaker.aws.running
    names = {
        "ProcessingJob": "ProcessingJobStatus",
        "TrainingJob": "TrainingJobStatus",
        "PipelineExecution": "PipelineExecutionStatus",
    }
    return {
        "url": running.url,
        "pid": running.pid,
        "started": running.started,
        "running": [
            {"kind": kind, "name": item.name, "status": item.body[member]}
            for kind, member in names.items()
            for item in sagemaker.store.resources(kind)
            if item.body[member] in _RUNNING
        ],
        "endpoints": [
            {
                "name": item.name,
                "region": item.region,
                "status": item.body["EndpointStatus"],
                "config": item.body["EndpointConfigName"],
                "pids": sagemaker.fleet.pids(item.arn),
            }
            for item in sagemaker.store.resources("Endpoint")
        ],
    }
