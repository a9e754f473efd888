"""Sets up in EventBridge who is told of a run that fails.

The event says no reason why. Source: "Events that Amazon SageMaker AI sends to Amazon EventBridge",
pipeline execution state change, in the SageMaker developer guide.
"""

import json
from typing import Any

from data_science.config.notices import Notices
from data_science.runs.rules import described_rule, off, put_rule, remove_rule
from project.aws import Connection
from project.errors import ProjectError


def set_up(connection: Connection, notices: Notices) -> list[str]:
    """Create the rule that is declared, bring it up to date, or remove it.

    Returns
    -------
    Who is told, in a line. Nothing is set up in the local SageMaker, whose rules reach no topic.

    Raises
    ------
    ProjectError : the topic is in another region, which no rule reaches, or EventBridge refuses it.
    """
    topic = notices.topic
    if topic is not None and topic.split(":")[3] != connection.region:
        raise ProjectError(
            f"data_science/settings.yaml: key `notices.topic`: {topic} is not in "
            f"{connection.region}, where the pipeline is; name a topic there"
        )
    if connection.target == "local":
        return ["notices are set up in AWS only"] if topic else []
    if topic is None:
        remove_rule(connection, _name(connection), must=False)
        return []
    put_rule(connection, _name(connection), rule(connection), target(connection, topic))
    return [_said(topic)]


def there(connection: Connection) -> list[str]:
    """Return who is told of a run that fails, in a line, as EventBridge has it."""
    if connection.target == "local":
        return []
    made = described_rule(connection, _name(connection), must=False)
    if made is None:
        return []
    targets = connection.events.list_targets_by_rule(Rule=made["Name"])["Targets"]
    return [f"{_said(one['Arn'])}{off(made)}" for one in targets]


def rule(connection: Connection) -> dict[str, str]:
    """Return when the rule acts, as PutRule takes it."""
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Building Pipeline Execution Status Change"],
        "detail": {
            "currentPipelineExecutionStatus": ["Failed", "CompletedWithFailures"],
            "pipelineArn": [connection.arn("sagemaker", f"pipeline/{connection.project.name}")],
        },
    }
    return {"EventPattern": json.dumps(pattern)}


def target(connection: Connection, arn: str) -> dict[str, Any]:
    """Return what the rule acts on, as PutTargets takes it: a line for people.

    Parameters
    ----------
    arn : of the topic.
    """
    line = (
        f"The pipeline {connection.project.name} failed at <ended>. "
        "Why: `uv run ds logs --aws --run <run>`. When that is mended: `uv run ds run --aws`, or "
        "`uv run ds retry --aws --run <run>` if the sources need no change."
    )
    paths = {"ended": "$.detail.executionEndTime", "run": "$.detail.pipelineExecutionArn"}
    transformer = {"InputPathsMap": paths, "InputTemplate": json.dumps(line)}
    return {"Arn": arn, "InputTransformer": transformer}


def _name(connection: Connection) -> str:
    return f"{connection.project.name}-failed"


def _said(topic: str) -> str:
    return f"tells of a run that fails: {topic}"
