"""What AWS was seen to answer is understood, and nothing else is taken for it."""

from functools import partial

import pytest
from botocore.exceptions import ClientError

from project.aws_errors import already_exists, brief, found, is_in_progress, is_not_found

ARN = "arn:aws:sagemaker:us-east-1:123456789012"
# Where each was seen stands in `project/aws_errors.py`.
NOT_FOUND = [
    ("ValidationException", f'Could not find endpoint "{ARN}:endpoint/a".'),
    ("ValidationException", f'Could not find endpoint configuration "{ARN}:endpoint-config/a".'),
    ("ValidationException", f'Could not find model "{ARN}:model/a".'),
    ("ValidationException", "Could not find requested job with name: a"),
    ("ValidationException", "Requested resource not found."),
    ("ValidationException", f"ModelPackage {ARN}:model-package/a/1 does not exist."),
    ("ValidationException", f"ModelPackageGroup {ARN}:model-package-group/a does not exist."),
    ("ValidationException", "Project a does not exist."),
    ("ResourceNotFound", f"Pipeline '{ARN}:pipeline/a' does not exist."),
    ("ResourceNotFoundException", "The specified log group does not exist."),
    ("NoSuchKey", "The specified key does not exist."),
    ("NoSuchBucket", "The specified bucket does not exist"),
    ("404", "Not Found"),
]
EXISTING = [
    ("ValidationException", f'Cannot create already existing model "{ARN}:model/a".'),
    ("ValidationException", f'Cannot create already existing endpoint "{ARN}:endpoint/a".'),
    (
        "ValidationException",
        f'Cannot create already existing endpoint configuration "{ARN}:endpoint-config/a".',
    ),
    ("ValidationException", f"Model Package Group already exists: {ARN}:model-package-group/a"),
    (
        "ValidationException",
        "Pipeline names must be unique within an AWS account and region. "
        f"Pipeline with name (a) already exists: {ARN}:pipeline/a",
    ),
    ("ResourceInUse", "Project a already exists"),
    ("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded"),
]
IN_PROGRESS = [("ValidationException", f'Cannot update in-progress endpoint "{ARN}:endpoint/a".')]
OTHERS = [
    ("ValidationException", "1 validation error detected: Value 'a' at 'endpointName' failed"),
    ("ValidationException", "Could not access model data at s3://bucket/model.tar.gz."),
    ("AccessDeniedException", "User: a is not authorized: the policy does not exist"),
    ("ThrottlingException", "Rate exceeded"),
    ("ExpiredTokenException", "The security token included in the request is expired"),
    ("403", "Forbidden"),
]


def refusal(answer: tuple[str, str]) -> ClientError:
    code, message = answer
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


@pytest.mark.parametrize("answer", NOT_FOUND + EXISTING + IN_PROGRESS + OTHERS)
def test_an_answer_means_one_thing(answer: tuple[str, str]) -> None:
    error = refusal(answer)
    assert is_not_found(error) == (answer in NOT_FOUND)
    assert already_exists(error) == (answer in EXISTING)
    assert is_in_progress(error) == (answer in IN_PROGRESS)


def test_what_is_not_there_is_none_and_another_refusal_stays_one() -> None:
    def call(*answers: tuple[str, str]) -> dict[str, str]:
        for answer in answers:
            raise refusal(answer)
        return {"a": "b"}

    assert found(call) == {"a": "b"}
    assert found(partial(call, NOT_FOUND[0])) is None
    for answer in OTHERS:
        with pytest.raises(ClientError):
            found(partial(call, answer))


def test_what_aws_says_is_one_line_that_can_be_read() -> None:
    types = [f"ml.m5.{size}xlarge" for size in range(400)]
    shown = brief(f"Member must satisfy\nenum value set: [{', '.join(types)}]; see the reference")

    # Of the list 120 characters: the bracket, and eight times 13 with a comma and a space each.
    assert shown == (
        f"Member must satisfy enum value set: [{', '.join(types[:8])}, …]; see the reference"
    )
    assert brief("a [short, list] stays") == "a [short, list] stays"
    assert brief("x" * 500) == "x" * 500
    assert brief("x" * 501) == "x" * 499 + "…"
    assert brief(f"[{'x' * 200}]") == f"[{'x' * 119} …]"
