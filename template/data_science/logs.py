"""Reads what a job printed, from CloudWatch Logs."""

from project.aws import Connection

_GROUPS = {
    "processing-job": "/aws/sagemaker/ProcessingJobs",
    "training-job": "/aws/sagemaker/TrainingJobs",
}
"""Log group by the kind of job that an ARN names, as the SageMaker developer guide lists them."""


def job_log(connection: Connection, job_arn: str) -> list[str]:
    """Return the lines of a job's log, the oldest first; none when it printed nothing.

    Parameters
    ----------
    job_arn : ARN of a processing or training job.
    """
    kind, _, name = job_arn.rpartition(":")[2].partition("/")
    group, client = _GROUPS[kind], connection.logs
    try:
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=group, logStreamNamePrefix=f"{name}/"
        )
        events = [event for page in pages for event in page["events"]]
    except client.exceptions.ResourceNotFoundException:
        return []
    return [event["message"] for event in sorted(events, key=lambda event: event["timestamp"])]
