"""The doctor names what is wrong, and how it is mended, and changes nothing."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from project import registry
from project.aws import Connection
from project.doctor import account, endpoints, quotas, resources, roles
from project.doctor.examination import examination
from project.doctor.finding import Finding, examine, ok

STATEMENT: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "sagemaker.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
TRUST = {"Version": "2012-10-17", "Statement": [STATEMENT]}


def states(found: Iterator[Finding]) -> list[tuple[str, str]]:
    return [(one.what, one.state) for one in found]


def test_a_new_project_is_well(connection: Connection) -> None:
    found = {one.what: one for one in examination("local")}
    assert {one.state for one in found.values()} == {"ok"}
    assert found["project link"].seen.endswith(connection.project_id)


def test_a_place_that_cannot_be_reached_is_one_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    last = list(examination("aws"))[-1]
    assert (last.what, last.state) == ("connection", "wrong")
    assert last.todo == "open another shell for AWS; then look again"


def test_another_projects_registry_and_a_link_to_nothing_are_wrong(fresh: Connection) -> None:
    [none] = resources.registry(fresh)
    assert none.seen == f"there is no group {fresh.project.name}-models yet; the first run makes it"
    registry.ensure_group(fresh)
    assert states(resources.registry(fresh)) == [("registry", "ok")]
    other = dataclasses.replace(fresh, project_id="p-other")
    [group] = resources.registry(other)
    assert group.state == "wrong"
    assert group.seen.endswith(f"carries the project id {fresh.project_id}")
    [link] = resources.link(other)
    assert link.seen == "no SageMaker Project has the id p-other"


def test_a_bucket_that_is_not_there_is_wrong(fresh: Connection) -> None:
    aws = dataclasses.replace(fresh, target="aws")
    assert states(resources.bucket(aws)) == [("bucket", "wrong")]
    assert states(resources.bucket(fresh)) == [("bucket", "ok")]
    assert fresh.s3
    assert states(resources.bucket(fresh)) == [("bucket", "ok")]
    assert states(resources.bucket(aws)) == [("bucket", "ok"), ("bucket's versions", "unknown")]


def test_a_role_is_looked_for_and_at_whom_it_trusts(fresh: Connection) -> None:
    iam = fresh.client("iam")
    arn = fresh.endpoint_role
    name = arn.rpartition("/")[2]
    assert states(roles.role(fresh, "role", arn, ())) == [("role", "wrong")]
    foreign = json.loads(json.dumps(TRUST).replace("sagemaker", "lambda"))
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(foreign))
    [untrusted] = roles.role(fresh, "role", arn, ())
    assert untrusted.seen == f"{arn} does not let SageMaker take it on"
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(TRUST))
    assert states(roles.role(fresh, "role", arn, ())) == [("role", "ok")]


@pytest.mark.parametrize(
    ("statement", "trusted"),
    [
        ([STATEMENT], True),
        (STATEMENT, True),
        ([{**STATEMENT, "Effect": "Deny"}], False),
        ([{**STATEMENT, "Action": ["sts:TagSession"]}], False),
        ([{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}], False),
        (
            [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": ["a.amazonaws.com", "sagemaker.amazonaws.com"]},
                    "Action": ["sts:TagSession", "sts:AssumeRole"],
                }
            ],
            True,
        ),
    ],
)
def test_whom_a_policy_trusts(statement: Any, trusted: bool) -> None:
    assert roles.trusts({"Statement": statement}, roles.SAGEMAKER) is trusted


def test_what_may_not_be_looked_at_is_unknown() -> None:
    def refused(code: str) -> Iterator[Finding]:
        yield ok("a", "b")
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetRole")

    def signed_out() -> Iterator[Finding]:
        raise NoCredentialsError
        yield

    denied = list(examine("role", lambda: refused("AccessDenied")))
    assert [one.state for one in denied] == ["ok", "unknown"]
    assert denied[1].todo == "allow the caller GetRole"
    assert states(examine("role", lambda: refused("ExpiredToken"))) == [
        ("a", "ok"),
        ("role", "wrong"),
    ]
    assert states(examine("role", signed_out)) == [("role", "wrong")]


def test_instances_are_read_from_the_files_of_both_halves(tmp_path: Path) -> None:
    stages = tmp_path / "ops" / "stages"
    stages.mkdir(parents=True)
    (stages / "a.yaml").write_text("instance_type: ml.a.large\ninstance_count: 2\n")
    (stages / "b.yaml").write_text("variants: [{instance_type: ml.b.large}]\n")
    settings = tmp_path / "data_science" / "settings.yaml"
    settings.parent.mkdir()
    settings.write_text("instances: {processing: ml.c.large, training: ml.a.large, more: [ml.x]}\n")
    assert quotas.named_instances(tmp_path) == {
        "ml.a.large for endpoint usage",
        "ml.b.large for endpoint usage",
        "ml.c.large for processing job usage",
        "ml.a.large for training job usage",
    }


def test_an_endpoint_that_cannot_be_changed_says_why(fresh: Connection) -> None:
    assert list(endpoints.endpoints(fresh)) == []
    client, name = fresh.sagemaker, f"{fresh.project.name}-staging"
    container = {
        "Image": f"{fresh.account}.dkr.ecr.{fresh.region}.amazonaws.com/mine:1",
        "ModelDataUrl": f"{fresh.prefix}/none/model.tar.gz",
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
    }
    role = f"arn:aws:iam::{fresh.account}:role/{name}"
    client.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=role)
    assert fresh.s3
    aws = dataclasses.replace(fresh, target="aws")
    assert list(endpoints._model(aws, name)) == [
        f"its artefact {fresh.prefix}/none/model.tar.gz is gone",
        f"its role {role} is gone",
        f"its image {container['Image']} is gone",
    ]
    assert list(endpoints._model(fresh, f"{name}-2")) == [f"its model {name}-2 is gone"]


def test_a_clock_that_is_wrong_is_told(monkeypatch: pytest.MonkeyPatch, fresh: Connection) -> None:
    assert ("clock", "ok") in states(account.caller(fresh))
    monkeypatch.setattr(account, "MOST_SKEW", -1)
    assert ("clock", "wrong") in states(account.caller(fresh))


def test_other_versions_of_the_software_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "version", lambda name: "2.9.1")
    monkeypatch.setattr(account, "LOWEST_PYTHON", (9, 9))
    assert states(account.software()) == [("Python", "wrong"), ("SageMaker Python SDK", "wrong")]
