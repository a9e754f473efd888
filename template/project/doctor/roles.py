"""Looks at the roles: whether they are there, whom they trust, and what they may do."""

from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from project.aws import Connection
from project.aws_errors import found
from project.doctor.finding import Finding, ok, unknown, wrong
from project.doctor.resources import ADMINISTRATOR

SAGEMAKER = "sagemaker.amazonaws.com"
_LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_IMAGE = ("ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
PIPELINE = (
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
    "sagemaker:CreateProcessingJob",
    "sagemaker:CreateTrainingJob",
    "sagemaker:CreateModelPackage",
    "sagemaker:AddTags",
    *_LOGS,
    *_IMAGE,
)
ENDPOINT = ("s3:GetObject", "cloudwatch:PutMetricData", *_LOGS, *_IMAGE)


def roles(connection: Connection) -> Iterator[Finding]:
    """Look at the two roles that `project.yaml` names."""
    yield from role(connection, "pipeline role", connection.pipeline_role, PIPELINE)
    yield from role(connection, "endpoint role", connection.endpoint_role, ENDPOINT)


def role(connection: Connection, what: str, arn: str, actions: Iterable[str]) -> Iterator[Finding]:
    """Look at one role.

    Parameters
    ----------
    what : how findings call it.
    arn : the role.
    actions : what it has to be allowed, on the project's bucket or on all resources.
    """
    iam = connection.client("iam")
    name = arn.rpartition("/")[2]
    answer = found(lambda: iam.get_role(RoleName=name))
    if answer is None:
        yield wrong(what, f"there is no role {arn}", ADMINISTRATOR)
        return
    if answer["Role"]["Arn"] != arn:
        yield wrong(
            what,
            f"{arn} is not there, {answer['Role']['Arn']} is",
            "correct `roles` in project.yaml",
        )
        return
    if not trusts(answer["Role"]["AssumeRolePolicyDocument"], SAGEMAKER):
        yield wrong(
            what,
            f"{arn} does not let SageMaker take it on",
            f"let its trust policy allow sts:AssumeRole to the service {SAGEMAKER}",
        )
        return
    yield from _rights(connection, what, arn, actions)


def trusts(policy: Any, service: str) -> bool:
    """Say whether a trust policy lets a service take the role on.

    Conditions are not weighed: they may name what only a real call has.
    """
    statements = policy["Statement"]
    for one in statements if isinstance(statements, list) else [statements]:
        services = one.get("Principal", {})
        services = services.get("Service", []) if isinstance(services, dict) else []
        named = services if isinstance(services, list) else [services]
        actions = one.get("Action", [])
        taken = actions if isinstance(actions, list) else [actions]
        if one["Effect"] == "Allow" and service in named and "sts:AssumeRole" in taken:
            return True
    return False


def _rights(
    connection: Connection, what: str, arn: str, actions: Iterable[str]
) -> Iterator[Finding]:
    bucket = f"arn:{connection.partition}:s3:::{connection.bucket}"
    objects = [name for name in actions if name in ("s3:GetObject", "s3:PutObject")]
    asked = [
        (objects, f"{bucket}/{connection.project.name}/example"),
        ([name for name in actions if name == "s3:ListBucket"], bucket),
        ([name for name in actions if not name.startswith("s3:")], "*"),
    ]
    denied: list[str] = []
    try:
        for names, resource in asked:
            if names:
                denied += _denied(connection, arn, names, resource)
    except ClientError as error:
        yield unknown(
            what,
            f"{arn} is there; what it may do cannot be seen ({error.response['Error']['Code']})",
            "allow the caller iam:SimulatePrincipalPolicy",
        )
        return
    if denied:
        yield wrong(what, f"{arn} may not {', '.join(denied)}", "let its policies allow that")
    else:
        yield ok(what, arn)


def _denied(connection: Connection, arn: str, actions: list[str], resource: str) -> list[str]:
    answer = connection.client("iam").simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=actions, ResourceArns=[resource]
    )
    return [
        result["EvalActionName"]
        for result in answer["EvaluationResults"]
        if result["EvalDecision"] != "allowed"
    ]
