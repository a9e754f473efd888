"""Reads what a job printed, from CloudWatch Logs."""

from typing import Any

from project.aws import Connection
from project.aws_errors import is_not_found

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
    pages = client.get_paginator("describe_log_streams").paginate(
        logGroupName=group, logStreamNamePrefix=f"{name}/"
    )
    try:
        streams = [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
    except client.exceptions.ClientError as error:
        if not is_not_found(error):
            raise
        return []
    events: list[dict[str, Any]] = []
    for stream in streams:
        events += _events(client, group, stream)
    return [event["message"] for event in sorted(events, key=lambda event: event["timestamp"])]


def _events(client: Any, group: str, stream: str) -> list[dict[str, Any]]:
    # The API has no end of pages: it gives the same token again when there is nothing more.
    request = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}
    page = client.get_log_events(**request)
    events: list[dict[str, Any]] = list(page["events"])
    token = None
    while page["nextForwardToken"] != token:
        token = page["nextForwardToken"]
        page = client.get_log_events(**request, nextToken=token)
        events += page["events"]
    return events
