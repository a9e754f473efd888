"""Sets up in EventBridge what starts the pipeline by itself: a schedule, new data.

Both are rules, since their targets may take a parameter of the pipeline from the event. Source:
"Event bus targets in Amazon EventBridge", dynamic path parameters, in the EventBridge user guide.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from data_science.config.triggers import Triggers
from data_science.runs.inputs import INPUT_VERSION
from data_science.runs.rules import described_rule, off, put_rule, remove_rule
from project import s3
from project.aws import Connection


def set_up(connection: Connection, triggers: Triggers, parameters: Mapping[str, str]) -> list[str]:
    """Create the rules that are declared, bring them up to date, and remove the others.

    Parameters
    ----------
    triggers : what is declared.
    parameters : values that each run is started with.

    Returns
    -------
    What starts the pipeline now, or what is left to do for it, in a line each. Nothing is set up
    in the local SageMaker, where no rule starts a pipeline.
    """
    if connection.target == "local":
        return ["triggers are set up in AWS only"] if triggers.declared else []
    lines = []
    for kind, (rule, version) in _rules(triggers).items():
        name = f"{connection.project.name}-{kind}"
        if not rule:
            remove_rule(connection, name, must=triggers.declared)
            continue
        values = {**parameters, INPUT_VERSION: version}
        put_rule(connection, name, rule, _target(connection, triggers, values))
        lines.append(f"starts by itself: {said(rule)}")
    if triggers.new_data is not None:
        lines += _unheard(connection, s3.split_uri(triggers.new_data)[0])
    return lines


def there(connection: Connection) -> list[str]:
    """Return what starts the pipeline by itself, a line each, as EventBridge has it."""
    if connection.target == "local":
        return []
    lines = []
    for kind in _rules(Triggers()):
        rule = described_rule(connection, f"{connection.project.name}-{kind}", must=False)
        if rule is not None:
            lines.append(f"starts by itself: {said(rule)}{off(rule)}")
    return lines


def said(rule: Mapping[str, Any]) -> str:
    """Return in words when a rule acts."""
    if rule.get("ScheduleExpression"):
        return f"{rule['ScheduleExpression']} in UTC"
    detail = json.loads(rule["EventPattern"])["detail"]
    [bucket], [key] = detail["bucket"]["name"], detail["object"]["key"]
    return f"when there is a new object under s3://{bucket}/{key['prefix']}"


def _rules(triggers: Triggers) -> dict[str, tuple[dict[str, str], str]]:
    """Return the rules by the ends of their names, and where the event says what is new."""
    schedule, new_data = {}, {}
    if triggers.schedule is not None:
        schedule = {"ScheduleExpression": triggers.schedule}
    if triggers.new_data is not None:
        bucket, prefix = s3.split_uri(triggers.new_data)
        pattern = {
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": prefix}]}},
        }
        new_data = {"EventPattern": json.dumps(pattern)}
    return {"schedule": (schedule, "$.time"), "new-data": (new_data, "$.detail.object.etag")}


def _target(
    connection: Connection, triggers: Triggers, parameters: Mapping[str, str]
) -> dict[str, Any]:
    values = [{"Name": name, "Value": value} for name, value in sorted(parameters.items())]
    return {
        "Arn": connection.arn("sagemaker", f"pipeline/{connection.project.name}"),
        "RoleArn": triggers.role,
        "SageMakerPipelineParameters": {"PipelineParameterList": values},
    }


def _unheard(connection: Connection, bucket: str) -> Iterator[str]:
    """Yield what to do when a bucket tells EventBridge of nothing."""
    client = connection.s3
    try:
        heard = client.get_bucket_notification_configuration(Bucket=bucket)
    except client.exceptions.ClientError:
        # The bucket may be another team's.
        yield f"whether the bucket {bucket} sends events to Amazon EventBridge cannot be seen"
        return
    if "EventBridgeConfiguration" not in heard:
        yield (
            f"the bucket {bucket} sends no events yet: turn on Amazon EventBridge among its "
            "properties, or no new object starts a run"
        )
