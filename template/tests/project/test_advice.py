"""Of an error of AWS it is said what a user can do, where a user can do something."""

import botocore.exceptions as errors
import pytest

from project.advice import advice

SIGN_IN = "sign in to AWS, such as with `aws sso login` or by a profile in AWS_PROFILE"
ASK = "ask an administrator of the account for that permission"
NETWORK = "look at the network, and at `region` in project.yaml"


@pytest.mark.parametrize(
    ("code", "todo"),
    [
        ("AccessDenied", ASK),
        ("AccessDeniedException", ASK),
        ("403", ASK),
        ("ExpiredToken", SIGN_IN),
        ("UnrecognizedClientException", SIGN_IN),
        ("ThrottlingException", "run the same command again in a while"),
        ("NoSuchBucket", "let an administrator make the bucket that project.yaml names"),
        ("ResourceLimitExceeded", "ask for a higher quota, or choose another instance type"),
        ("ValidationException", ""),
        ("ResourceInUse", ""),
    ],
)
def test_of_an_answer_its_code_decides(code: str, todo: str) -> None:
    assert advice(errors.ClientError({"Error": {"Code": code, "Message": "a"}}, "Do")) == todo


@pytest.mark.parametrize(
    ("error", "todo"),
    [
        (errors.NoCredentialsError(), SIGN_IN),
        (errors.ProfileNotFound(profile="a"), SIGN_IN),
        (errors.SSOTokenLoadError(error_msg="a"), SIGN_IN),
        (errors.EndpointConnectionError(endpoint_url="a"), NETWORK),
        (errors.ConnectTimeoutError(endpoint_url="a"), NETWORK),
        (errors.ReadTimeoutError(endpoint_url="a"), NETWORK),
        (errors.ConnectionClosedError(endpoint_url="a"), NETWORK),
        (errors.ParamValidationError(report="a"), ""),
        (KeyError("a"), ""),
    ],
)
def test_of_what_came_up_on_the_way_its_kind_decides(error: Exception, todo: str) -> None:
    assert advice(error) == todo
