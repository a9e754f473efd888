"""A rule for names is said in its own words."""

from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from project.names import RoleArn, TagKey, bucket_name, is_project_name, saying

BUCKET_RULE = (
    "must be a name that S3 allows, once it is filled in: 3 to 63 lower-case letters, digits, "
    "hyphens and single dots, no IP address, and none of the beginnings and ends that S3 reserves"
)
ROLE_RULE = "must be the ARN of a role, such as arn:aws:iam::{account}:role/training"


def refusal(kind: Any, value: object) -> str:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(value)
    return str(refused.value.errors()[0]["msg"]).removeprefix("Value error, ")


def test_a_rule_is_said_in_words() -> None:
    kind = Annotated[str, Field(pattern="^a+$"), saying("must be made of a")]
    assert TypeAdapter(kind).validate_python("aa") == "aa"
    assert refusal(kind, "b") == refusal(kind, 1) == "must be made of a"


def test_a_bucket_is_judged_by_what_it_becomes() -> None:
    # 40 + 1 + 12 + 1 + 9 = 63, and a region of one letter more is too much.
    template = "a" * 40 + "-{account}-{region}"
    assert bucket_name(template, "us-east-1") == template
    with pytest.raises(ValueError) as refused:
        bucket_name(template, "us-eastt-1")
    assert str(refused.value) == BUCKET_RULE


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (RoleArn, "arn:aws:iam::{account}:role/é", ROLE_RULE),
        (RoleArn, "arn:aws:iam::{account}:role/a ", ROLE_RULE),
        (RoleArn, "arn:aws:iam::1234567890123:role/a", ROLE_RULE),
        (
            RoleArn,
            "arn:aws:iam::{acount}:role/a",
            "must be a text in which only {account}, {region}, {partition} are filled in",
        ),
        (
            TagKey,
            "",
            "must be a tag's key: 1 to 128 letters, digits, spaces and _.:/=+-@, "
            "in quotes if it looks like a number",
        ),
    ],
)
def test_what_aws_does_not_take_is_refused_in_words(kind: Any, value: str, said: str) -> None:
    assert refusal(kind, value) == said


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("a", True),
        ("Churn-2--b", True),
        ("a" * 32, True),
        ("a" * 33, False),
        ("", False),
        ("-a", False),
        ("a-", False),
        ("a b", False),
        ("a\n", False),
    ],
)
def test_a_sagemaker_project_may_be_called_so(text: str, good: bool) -> None:
    assert is_project_name(text) == good
