"""The registry is read page by page, and no version is described that nobody asked for."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest
from botocore.exceptions import ClientError

from project import registry
from project.aws import Connection
from project.errors import ProjectError


def register(connection: Connection, *approvals: str) -> None:
    """Register versions of nothing, in these approval states."""
    registry.ensure_group(connection)
    container = {"Image": "image", "ModelDataUrl": f"{connection.prefix}/model.tar.gz"}
    for approval in approvals:
        connection.sagemaker.create_model_package(
            ModelPackageGroupName=connection.project.model_package_group,
            ModelApprovalStatus=approval,
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )


@contextmanager
def before_call(client: Any, name: str, act: Callable[..., None]) -> Iterator[None]:
    """Call a function each time before a client calls its service."""
    event = f"before-call.sagemaker.{name}"
    client.meta.events.register(event, act)
    try:
        yield
    finally:
        client.meta.events.unregister(event, act)


@contextmanager
def calls(client: Any) -> Iterator[Counter[str]]:
    """Count the calls to a service by their names."""
    counted: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        counted[model.name] += 1

    client.meta.events.register("before-call", count)
    try:
        yield counted
    finally:
        client.meta.events.unregister("before-call", count)


def test_a_group_is_created_once_and_keeps_the_tags(fresh: Connection) -> None:
    assert list(registry.summaries(fresh)) == []
    assert registry.newest(fresh) is None
    for _ in range(2):
        registry.ensure_group(fresh)
    group = fresh.project.model_package_group
    there = fresh.sagemaker.describe_model_package_group(ModelPackageGroupName=group)
    tags = {tag["Key"]: tag["Value"] for tag in fresh.tags}
    assert fresh.tags_of(there["ModelPackageGroupArn"]) == tags


def test_a_new_group_says_whose_it_is(fresh: Connection) -> None:
    registry.ensure_group(fresh)
    group = fresh.project.model_package_group
    there = fresh.sagemaker.describe_model_package_group(ModelPackageGroupName=group)
    assert there["ModelPackageGroupDescription"] == f"Models of {fresh.project.name}"
    tags = {tag["Key"]: tag["Value"] for tag in fresh.tags}
    assert fresh.tags_of(there["ModelPackageGroupArn"]) == tags


def test_a_group_that_somebody_else_made_gets_the_tags(fresh: Connection) -> None:
    group = fresh.project.model_package_group
    made = fresh.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    registry.ensure_group(fresh)
    tags = {tag["Key"]: tag["Value"] for tag in fresh.tags}
    assert fresh.tags_of(made["ModelPackageGroupArn"]) == tags


def test_a_group_that_is_made_meanwhile_is_no_fault(fresh: Connection) -> None:
    # With a client of its own: this one calls the function whenever it creates a group.
    other = fresh.session.create_client("sagemaker", region_name=fresh.region)
    group = fresh.project.model_package_group

    def create_first(**_: Any) -> None:
        other.create_model_package_group(ModelPackageGroupName=group)

    with before_call(fresh.sagemaker, "CreateModelPackageGroup", create_first):
        registry.ensure_group(fresh)
    assert other.describe_model_package_group(ModelPackageGroupName=group)


def test_a_group_that_is_refused_is_a_fault(fresh: Connection) -> None:
    # More tags than a resource may carry.
    tags = {f"key-{number}": "" for number in range(51)}
    project = fresh.project.model_copy(update={"tags": tags})
    with pytest.raises(ClientError, match="ValidationException"):
        registry.ensure_group(dataclasses.replace(fresh, project=project))


def test_a_group_is_found_among_many_whose_names_hold_its_own(fresh: Connection) -> None:
    registry.ensure_group(fresh)
    group = fresh.project.model_package_group
    for number in range(12):
        fresh.sagemaker.create_model_package_group(ModelPackageGroupName=f"{group}-{number}")
    registry.ensure_group(fresh)


def test_versions_come_newest_first_over_all_pages(fresh: Connection) -> None:
    register(fresh, "Approved", "Rejected", "Approved", "PendingManualApproval", "Approved")
    with calls(fresh.sagemaker) as counted:
        found = list(registry.summaries(fresh, page=2))
    assert [summary.number for summary in found] == [5, 4, 3, 2, 1]
    assert found[3].approval == "Rejected"
    newest = registry.version(fresh, 5)
    assert (found[0].arn, found[0].created) == (newest.arn, newest.created)
    assert (newest.number, newest.approval) == (5, "Approved")
    described = fresh.sagemaker.describe_model_package(ModelPackageName=newest.arn)
    assert newest.created == described["CreationTime"]
    assert newest.package["InferenceSpecification"] == described["InferenceSpecification"]
    assert counted == {"ListModelPackages": 3}
    approved = registry.summaries(fresh, "Approved", page=1)
    assert [summary.number for summary in approved] == [5, 3, 1]


def test_the_newest_version_costs_two_calls_however_many_there_are(fresh: Connection) -> None:
    register(fresh, *["Approved"] * 4, "Rejected")
    with calls(fresh.sagemaker) as counted:
        newest = registry.newest(fresh, "Approved")
    assert newest is not None and newest.number == 4
    assert counted == {"ListModelPackages": 1, "DescribeModelPackage": 1}


def test_no_more_pages_are_read_than_asked_for(fresh: Connection) -> None:
    register(fresh, *["Approved"] * 5)
    with calls(fresh.sagemaker) as counted:
        shown = list(islice(registry.summaries(fresh, page=2), 2))
    assert [summary.number for summary in shown] == [5, 4]
    assert counted == {"ListModelPackages": 1}


@pytest.mark.parametrize("number", [0, 7])
def test_a_version_that_is_not_there_is_named(fresh: Connection, number: int) -> None:
    register(fresh, "Approved")
    with pytest.raises(
        ProjectError, match=f"there is no version {number} .*; `uv run project status`"
    ):
        registry.version(fresh, number)


def test_a_decision_is_kept_with_its_reason_until_the_next_one(fresh: Connection) -> None:
    register(fresh, "PendingManualApproval", "Approved")
    decided = registry.set_approval(fresh, 1, "Approved", "better on the new data")
    assert (decided.number, decided.approval, decided.name) == (1, "Approved", "version 1")
    assert decided.package["ApprovalDescription"] == "better on the new data"
    again = registry.set_approval(fresh, 1, "Rejected", "")
    assert (again.approval, again.package["ModelApprovalStatus"]) == ("Rejected", "Rejected")
    assert not again.package.get("ApprovalDescription")
    assert registry.version(fresh, 2).approval == "Approved"
    with pytest.raises(ProjectError):
        registry.set_approval(fresh, 3, "Approved", "")
