"""Removes what the project created in its account, found by the tags that carry its id."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from project import registry, s3
from project.aws import Connection
from project.aws_errors import brief, found, is_in_progress, is_not_found
from project.errors import ProjectError
from project.tags import PROJECT_ID, STAGE

LONGEST_WAIT = 1800.0
"""Seconds to wait for endpoints to be gone; how long one takes at most is unconfirmed."""
POLL = 2.0
MOST_OBJECTS = 1000
"""Objects that one `DeleteObjects` takes (S3 API reference)."""


@dataclass(frozen=True)
class Resource:
    """Something of the project's in its account.

    Attributes
    ----------
    kind : a key of `KINDS`.
    name : its name; of objects in S3 the URI that they begin with.
    arn : its ARN; empty for objects in S3.
    stage : the stage that it serves; empty when it serves none.
    """

    kind: str
    name: str
    arn: str
    stage: str


def find(connection: Connection, stage: str | None, data: bool) -> list[Resource]:
    """Return what would be removed, in the order in which it can be.

    Parameters
    ----------
    connection : where to look.
    stage : only what serves this stage.
    data : also what cannot be made anew: the registered versions, and the objects in S3.
    """
    there = [*_tagged(connection), *_alarms(connection), *_rules(connection)]
    if data and stage is None and owns_bucket(connection):
        there.append(Resource("objects", f"{connection.prefix}/", "", ""))
    wanted = [kind for kind in KINDS if data or kind not in DATA]
    return sorted(
        (one for one in there if one.kind in wanted and (stage is None or one.stage == stage)),
        key=lambda one: (wanted.index(one.kind), one.name),
    )


def owns_bucket(connection: Connection) -> bool:
    """Say whether the bucket carries the project's id: in another's only its owner deletes."""
    answer = found(lambda: connection.s3.get_bucket_tagging(Bucket=connection.bucket))
    tags = {tag["Key"]: tag["Value"] for tag in (answer or {"TagSet": []})["TagSet"]}
    return tags.get(PROJECT_ID) == connection.project_id


def remove(connection: Connection, resources: list[Resource]) -> Iterator[tuple[Resource, str]]:
    """Remove resources; yield each with what went wrong, empty when it is gone.

    What goes wrong with one keeps none of the others. Removing again goes on with what is left.
    """
    for kind, delete in KINDS.items():
        ours = [one for one in resources if one.kind == kind]
        for one in ours:
            yield one, _removed(connection, one, delete)
        if kind == "endpoint" and ours:
            # A configuration must not be deleted while an endpoint uses it (`DeleteEndpointConfig`
            # in the SageMaker API reference).
            _wait_until_gone(connection, ours)


def _removed(
    connection: Connection, one: Resource, delete: Callable[[Connection, Resource], None]
) -> str:
    try:
        delete(connection, one)
    except ClientError as error:
        if is_not_found(error):
            return ""
        if is_in_progress(error):
            return "it is being changed; run the same command again once it is not"
        return brief(error)
    except ProjectError as error:
        return str(error)
    return ""


def _tagged(connection: Connection) -> Iterator[Resource]:
    """Yield the resources of SageMaker with the project's id, as the tagging service knows them."""
    pages = (
        connection.client("resourcegroupstaggingapi")
        .get_paginator("get_resources")
        .paginate(
            TagFilters=[{"Key": PROJECT_ID, "Values": [connection.project_id]}],
            ResourceTypeFilters=["sagemaker"],
        )
    )
    kinds = {kind.replace(" ", "-"): kind for kind in KINDS} | {"endpoint-config": CONFIG}
    for page in pages:
        for item in page["ResourceTagMappingList"]:
            kind, _, name = item["ResourceARN"].split(":", 5)[5].partition("/")
            tags = {tag["Key"]: tag["Value"] for tag in item["Tags"]}
            if kind in kinds:
                yield Resource(kinds[kind], name, item["ResourceARN"], tags.get(STAGE, ""))


def _alarms(connection: Connection) -> Iterator[Resource]:
    client = connection.client("cloudwatch")
    pages = client.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=connection.project.name
    )
    for page in pages:
        for alarm in page["MetricAlarms"]:
            yield from _ours(connection, client, "alarm", alarm["AlarmName"], alarm["AlarmArn"])


def _rules(connection: Connection) -> Iterator[Resource]:
    client = connection.client("events")
    pages = client.get_paginator("list_rules").paginate(NamePrefix=connection.project.name)
    for page in pages:
        for rule in page["Rules"]:
            yield from _ours(connection, client, "rule", rule["Name"], rule["Arn"])


def _ours(
    connection: Connection, client: Any, kind: str, name: str, arn: str
) -> Iterator[Resource]:
    answer = found(lambda: client.list_tags_for_resource(ResourceARN=arn)) or {"Tags": []}
    tags = {tag["Key"]: tag["Value"] for tag in answer["Tags"]}
    if tags.get(PROJECT_ID) == connection.project_id:
        yield Resource(kind, name, arn, tags.get(STAGE, ""))


def _still_ours(connection: Connection, one: Resource) -> None:
    """Refuse to delete what carries another id by now: the tagging service may be behind.

    Raises
    ------
    ProjectError : it does.
    """
    if connection.tags_of(one.arn).get(PROJECT_ID) != connection.project_id:
        raise ProjectError(
            f"{one.name} does not carry the project's id {connection.project_id} any more; "
            "run the same command again, it will leave that alone"
        )


def _delete_endpoint(connection: Connection, one: Resource) -> None:
    _still_ours(connection, one)
    connection.sagemaker.delete_endpoint(EndpointName=one.name)


def _delete_config(connection: Connection, one: Resource) -> None:
    _still_ours(connection, one)
    connection.sagemaker.delete_endpoint_config(EndpointConfigName=one.name)


def _delete_model(connection: Connection, one: Resource) -> None:
    _still_ours(connection, one)
    connection.sagemaker.delete_model(ModelName=one.name)


def _delete_pipeline(connection: Connection, one: Resource) -> None:
    _still_ours(connection, one)
    connection.sagemaker.delete_pipeline(PipelineName=one.name)


def _delete_group(connection: Connection, one: Resource) -> None:
    _still_ours(connection, one)
    for version in list(registry.summaries(connection)):
        connection.sagemaker.delete_model_package(ModelPackageName=version.arn)
    connection.sagemaker.delete_model_package_group(ModelPackageGroupName=one.name)


def _delete_alarm(connection: Connection, one: Resource) -> None:
    connection.client("cloudwatch").delete_alarms(AlarmNames=[one.name])


def _delete_rule(connection: Connection, one: Resource) -> None:
    client = connection.client("events")
    targets = [item["Id"] for item in client.list_targets_by_rule(Rule=one.name)["Targets"]]
    if targets:
        client.remove_targets(Rule=one.name, Ids=targets)
    client.delete_rule(Name=one.name)


def _delete_objects(connection: Connection, one: Resource) -> None:
    bucket, prefix = s3.split_uri(one.name)
    client = connection.s3
    pages = client.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": MOST_OBJECTS}
    )
    for page in pages:
        keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
        if keys:
            client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})


def _wait_until_gone(connection: Connection, endpoints: list[Resource]) -> None:
    """Wait until endpoints that are being deleted are gone.

    Raises
    ------
    ProjectError : one is still there after half an hour.
    """
    client = connection.sagemaker
    deadline = time.monotonic() + LONGEST_WAIT
    for one in endpoints:
        look = partial(client.describe_endpoint, EndpointName=one.name)
        while (there := found(look)) is not None and there["EndpointStatus"] == "Deleting":
            if time.monotonic() > deadline:
                raise ProjectError(
                    f"the endpoint {one.name} is still being deleted after "
                    f"{LONGEST_WAIT / 60:.0f} minutes; run the same command again later"
                )
            time.sleep(POLL)


CONFIG = "endpoint configuration"
KINDS: dict[str, Callable[[Connection, Resource], None]] = {
    "rule": _delete_rule,
    "endpoint": _delete_endpoint,
    "alarm": _delete_alarm,
    CONFIG: _delete_config,
    "model": _delete_model,
    "pipeline": _delete_pipeline,
    "model package group": _delete_group,
    "objects": _delete_objects,
}
"""What is removed, in this order: what starts something first, what something needs last."""
DATA = ("model package group", "objects")
"""What nobody can make anew, which stays unless it is asked for."""
