"""`NextToken`, and who can read it."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.page_token import read_token, write_token

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, JSON)
def test_what_was_written_is_read(asked, position):
    assert read_token(asked, write_token(asked, position)) == position


@pytest.mark.parametrize(
    "token",
    [
        "",
        "bogus",
        "é",
        base64.urlsafe_b64encode(b"[1]").decode(),
        base64.urlsafe_b64encode(b"5").decode(),
        base64.urlsafe_b64encode(b"[" * 5000).decode(),
        base64.urlsafe_b64encode(json.dumps([3, "0" * 16]).encode()).decode(),
        write_token(["Model", "eu-west-1"], 3),
        write_token(["Endpoint", "us-east-1"], 3),
        write_token(["Model", "us-east-1"], 3)[:-4],
    ],
)
def test_others_are_refused(token):
    with pytest.raises(AwsError, match="Invalid NextToken") as refused:
        read_token(["Model", "us-east-1"], token)
    assert refused.value.code == "ValidationException"
