"""What AWS allows names, ARNs and tags to be, each rule with the words that say it."""

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)


def saying(rule: str) -> WrapValidator:
    """Say a rule in words when a value breaks it, instead of a pattern.

    Parameters
    ----------
    rule : completes "the value …", such as "must be a number".
    """

    def check(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        try:
            return validate(value)
        except ValidationError:
            raise ValueError(rule) from None

    return WrapValidator(check)


Name = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", min_length=3, max_length=32),
    saying(
        "must be 3 to 32 lower-case letters, digits and single hyphens, starting with a letter "
        "and not ending with a hyphen"
    ),
]
"""A project's name, as the template asks for it: a SageMaker Project's is no longer either."""
ProjectId = Annotated[
    str,
    Field(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", max_length=20),
    saying("must be the id of a SageMaker Project, which `uv run project link` writes, or null"),
]


def is_project_name(text: str) -> bool:
    """Return whether a SageMaker Project may be called so (SageMaker API reference)."""
    return re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}", text) is not None


GroupName = Annotated[
    str,
    Field(
        pattern=r"^(arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:model-package-group/)?"
        r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$"
    ),
    saying(
        "must be up to 63 letters, digits and hyphens, with no hyphen at either end, or the ARN of "
        "a model package group of that name"
    ),
]
"""A model package group's name (SageMaker API reference, as of the id), or its ARN."""
QueueName = Annotated[
    str,
    Field(pattern=r"^(https?://\S+|[a-zA-Z0-9_-]{1,80})$"),
    saying("must be up to 80 letters, digits, hyphens and underscores, or a queue's address"),
]
"""An SQS queue's name (SQS API reference, CreateQueue; no FIFO), or its URL."""
AccountId = Annotated[
    str,
    Field(pattern=r"^[0-9]{12}$"),
    saying("must be the number of an AWS account, 12 digits in quotes"),
]
Region = Annotated[
    str,
    Field(pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9]$"),
    saying("must be the code of an AWS region, such as us-east-1"),
]

# The rules for tags are those of the SageMaker API reference. Of the 50 that a resource may
# carry, the project's own two and those of a stage take four.
_TAG = r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$"
_TAG_RULE = "letters, digits, spaces and _.:/=+-@, in quotes if it looks like a number"
TagKey = Annotated[
    str,
    Field(pattern=_TAG, min_length=1, max_length=128),
    saying(f"must be a tag's key: 1 to 128 {_TAG_RULE}"),
]
TagValue = Annotated[
    str,
    Field(pattern=_TAG, max_length=256),
    saying(f"must be a tag's value: up to 256 {_TAG_RULE}"),
]
MOST_TAGS = 46

PLACEHOLDERS = ("account", "region", "partition")


def _known_placeholders(text: str) -> str:
    for name in re.findall(r"{(.*?)}", text):
        if name not in PLACEHOLDERS:
            known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
            raise ValueError(f"must be a text in which only {known} are filled in")
    return text


def _filled(template: str, region: str) -> str:
    """Return a text with what it may become; the shortest partition stands for all."""
    values = {"account": "0" * 12, "region": region, "partition": "aws"}
    for name in PLACEHOLDERS:
        template = template.replace(f"{{{name}}}", values[name])
    return template


def _role_arn(text: str) -> str:
    # SageMaker API reference: RoleArn.
    if not re.fullmatch(
        r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+", _filled(text, ""), re.ASCII
    ):
        raise ValueError("must be the ARN of a role, such as arn:aws:iam::{account}:role/training")
    return text


Template = Annotated[str, AfterValidator(_known_placeholders)]
"""A text in which `project.aws.Connection` fills in the placeholders."""
RoleArn = Annotated[Template, AfterValidator(_role_arn)]

# "General purpose bucket naming rules" in the S3 user guide.
_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
_IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_BEGINNINGS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def bucket_name(template: str, region: str) -> str:
    """Return a template of a bucket's name as it is, if S3 allows what it becomes in a region.

    Raises
    ------
    ValueError : it does not.
    """
    name = _filled(template, region)
    if (
        not _BUCKET.fullmatch(name)
        or _IP_ADDRESS.fullmatch(name)
        or name.startswith(_RESERVED_BEGINNINGS)
        or name.endswith(_RESERVED_ENDS)
    ):
        raise ValueError(
            "must be a name that S3 allows, once it is filled in: 3 to 63 lower-case letters, "
            "digits, hyphens and single dots, no IP address, and none of the beginnings and ends "
            "that S3 reserves"
        )
    return template
