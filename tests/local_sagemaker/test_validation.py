"""What a request must be: its JSON types, and the values that the service's model allows."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.serialization import check_types, read_body, trim_answer
from sagemaker_local.api.service_model import input_shape
from sagemaker_local.api.validation import check_values


def refusal(action, request):
    """Return code and message of what a request is refused with, or nothing."""
    try:
        check_types(input_shape(action), request)
        check_values(input_shape(action), request)
    except AwsError as error:
        return error.code, error.message
    return None


class TestBody:
    @pytest.mark.parametrize(
        ("body", "value"),
        [
            (b"", {}),
            (b'{"A": null}', {"A": None}),
            (b"[1]", [1]),
            ('{"A": "é"}'.encode(), {"A": "é"}),
            (rb'{"A": "\ud83d\ude00"}', {"A": "😀"}),
        ],
        ids=str,
    )
    def test_read(self, body, value):
        assert read_body(body) == value

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"{} {}",
            b"{'A': 1}",
            b'{"A": NaN}',
            b'{"A": -Infinity}',
            b'{"A": 1e999}',
            b'{"A": ' + b"9" * 5000 + b"}",
            b'{"A": "\xff"}',
            rb'{"A": "\ud83d"}',
            b"\x00",
        ],
        ids=lambda body: repr(body[:20]),
    )
    def test_no_json(self, body):
        with pytest.raises(AwsError) as refused:
            read_body(body)
        assert refused.value.code == "SerializationException"
        assert refused.value.message == "the request is not valid JSON in UTF-8"

    @pytest.mark.parametrize("opened", ["[", '{"A":'])
    @pytest.mark.parametrize("depth", [5000, 200_000])
    def test_nested_without_end(self, opened, depth):
        closed = {"[": "]", "{": "}"}[opened[0]]
        with pytest.raises(AwsError, match="nested too deep"):
            read_body((opened * depth + "1" + closed * depth).encode())


LIST = "Start of list found where not expected"
MAP = "Start of structure or map found where not expected."


class TestTypes:
    @pytest.mark.parametrize(
        ("action", "request_", "message"),
        [
            ("ListModels", [], LIST),
            ("ListModels", "x", "Expected null"),
            ("ListModels", None, "Expected null"),
            ("CreateProject", {"Tags": {}}, f"{MAP} (at 'tags')"),
            ("CreateProject", {"Tags": "x"}, "Expected list or null (at 'tags')"),
            ("CreateProject", {"Tags": [1]}, "Expected null (at 'tags.1.member')"),
            (
                "CreateTrainingJob",
                {"HyperParameters": 1},
                "Expected map or null (at 'hyperParameters')",
            ),
            (
                "CreateTrainingJob",
                {"HyperParameters": {"a": False}},
                "FALSE_VALUE can not be converted to a String (at 'hyperParameters.a.member')",
            ),
        ],
        ids=str,
    )
    def test_containers(self, action, request_, message):
        assert refusal(action, request_) == ("SerializationException", message)

    @pytest.mark.parametrize(
        ("action", "member", "value", "message"),
        [
            ("CreateProject", "ProjectName", 5, "NUMBER_VALUE can not be converted to a String"),
            ("CreateProject", "ProjectName", 0.5, "DECIMAL_VALUE can not be converted to a String"),
            ("CreateProject", "ProjectName", True, "TRUE_VALUE can not be converted to a String"),
            ("CreateProject", "ProjectName", [], LIST),
            ("CreateProject", "ProjectName", {}, MAP),
            ("ListModels", "MaxResults", "1", "STRING_VALUE can not be converted to an Integer"),
            ("ListModels", "MaxResults", True, "TRUE_VALUE can not be converted to an Integer"),
            ("ListModels", "MaxResults", 1.5, "DECIMAL_VALUE can not be converted to an Integer"),
            (
                "CreateModel",
                "EnableNetworkIsolation",
                1,
                "NUMBER_VALUE can not be converted to a Boolean",
            ),
        ],
    )
    def test_scalars(self, action, member, value, message):
        path = member[0].lower() + member[1:]
        expected = ("SerializationException", f"{message} (at '{path}')")
        assert refusal(action, {member: value}) == expected

    @pytest.mark.parametrize(
        ("action", "member", "least", "most"),
        [
            ("ListModels", "MaxResults", 1, 2**31 - 1),
            ("DescribePipeline", "PipelineVersionId", 1, 2**63 - 1),
            ("ListModels", "CreationTimeAfter", -62135596800, 253402300799),
        ],
    )
    def test_numbers_that_fit_no_type(self, action, member, least, most):
        for value in (most + 1, -most - 2, 10**400):
            code, message = refusal(action, {"PipelineName": "p", member: value})
            assert (code, "NUMBER_VALUE can not be converted" in message) == (
                "SerializationException",
                True,
            )
        for value in (least, most):
            refused = refusal(action, {"PipelineName": "p", member: value})
            assert refused is None or refused[0] == "ValidationException"

    def test_null_is_as_if_it_were_not_there(self):
        assert refusal("CreateProject", {"ProjectName": "x", "Tags": None}) is None
        assert refusal("CreateProject", {"ProjectName": None}) == (
            "ValidationException",
            "1 validation error detected: Value null at 'projectName' failed to satisfy "
            "constraint: Member must not be null",
        )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["Tags", "Key", "ProjectName"]), inner)
    ),
)
NULL = "Member must not be null"
NAME = "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}"
TEXT = r"Member must satisfy regular expression pattern: ([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"
MOST, LEAST = "less than or equal to", "greater than or equal to"
DASHES = "-" * 33


class TestValues:
    @pytest.mark.parametrize(
        ("action", "changes", "problems"),
        [
            ("CreateProject", {"ProjectName": None}, [("null", "projectName", NULL)]),
            ("CreateProject", {"ProjectName": "a b"}, [("'a b'", "projectName", NAME)]),
            ("CreateProject", {"ProjectName": "a\n"}, [("'a\n'", "projectName", NAME)]),
            (
                "CreateProject",
                {"ProjectName": DASHES},
                [
                    (f"'{DASHES}'", "projectName", f"Member must have length {MOST} 32"),
                    (f"'{DASHES}'", "projectName", NAME),
                ],
            ),
            (
                "CreateProject",
                {"Tags": [{"Key": "a", "Value": "b"}, {"Key": "k"}]},
                [("null", "tags.2.member.value", NULL)],
            ),
            ("CreateProject", {"Tags": [None]}, [("null", "tags.1.member", NULL)]),
            (
                "CreateProject",
                {"Tags": [{"Key": "k", "Value": "a\n"}]},
                [("'a\n'", "tags.1.member.value", TEXT)],
            ),
            (
                "ListModels",
                {"SortBy": "Colour"},
                [
                    (
                        "'Colour'",
                        "sortBy",
                        "Member must satisfy enum value set: [Name, CreationTime]",
                    )
                ],
            ),
            (
                "ListModels",
                {"MaxResults": 0},
                [("'0'", "maxResults", f"Member must have value {LEAST} 1")],
            ),
            (
                "DeleteTags",
                {"TagKeys": ["ok", ""]},
                [
                    (
                        "'[ok, ]'",
                        "tagKeys",
                        f"Member must satisfy constraint: [Member must have length {MOST} 128, "
                        f"Member must have length {LEAST} 1, {TEXT}]",
                    )
                ],
            ),
        ],
        ids=str,
    )
    def test_words_of_aws(self, action, changes, problems):
        valid = {
            "CreateProject": {"ProjectName": "x"},
            "ListModels": {},
            "DeleteTags": {"ResourceArn": "arn:aws:sagemaker:us-east-1:123456789012:model/m"},
        }
        count = f"{len(problems)} validation error{'s' * (len(problems) > 1)} detected: "
        told = [
            f"Value {value} at '{path}' failed to satisfy constraint: {constraint}"
            for value, path, constraint in problems
        ]
        asked = valid[action] | changes
        assert refusal(action, asked) == ("ValidationException", count + "; ".join(told))

    def test_unknown_members(self):
        assert refusal("CreateProject", {"ProjectName": "x", "Colour": "red"}) == (
            "ValidationException",
            "1 validation error detected: Unknown member 'colour'",
        )

    def test_maps(self):
        asked = {"HyperParameters": {"k" * 257: "v", "b": "v" * 2501}}
        _, message = refusal("CreateTrainingJob", asked)
        pattern = "Member must satisfy regular expression pattern: .*"
        for part, most in (("Map keys", 256), ("Map value", 2500)):
            assert (
                f"' at 'hyperParameters' failed to satisfy constraint: {part} must satisfy "
                f"constraint: [Member must have length {MOST} {most}, "
                f"Member must have length {LEAST} 0, {pattern}]" in message
            )

    def test_secrets_are_not_said_again(self):
        card = {"ModelCardContent": "x\n" * 5, "ModelCardStatus": "Draft"}
        _, message = refusal("CreateModelPackage", {"ModelCard": card})
        assert message == (
            "1 validation error detected: Value at 'modelCard.modelCardContent' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: .*"
        )

    @pytest.mark.parametrize(
        "description", ["naïve - 日本, 5 €", "", "tab\t", "two\nlines", "\x7f"]
    )
    def test_classes_of_characters_that_only_java_knows(self, description):
        asked = {"ProjectName": "x", "ProjectDescription": description}
        assert (refusal("CreateProject", asked) is None) == description.isprintable()

    def test_digits_of_an_account_are_ascii(self):
        asked = {"ResourceArn": "arn:aws:sagemaker:us-east-1:" + "٣" * 12 + ":model/m"}
        assert refusal("ListTags", asked)[0] == "ValidationException"

    @given(st.text(string.ascii_letters + string.digits + "-", min_size=1, max_size=40))
    def test_project_names(self, name):
        allowed = name[0] != "-" and name[-1] != "-" and sum(c != "-" for c in name) <= 32
        asked = refusal("CreateProject", {"ProjectName": name})
        assert (asked is None) == (allowed and len(name) <= 32)

    @given(JSON)
    def test_any_json_is_taken_or_refused(self, value):
        for action in ("CreateProject", "CreateTrainingJob", "CreateEndpoint"):
            refused = refusal(action, value)
            assert refused is None or refused[0] in (
                "SerializationException",
                "ValidationException",
            )


def test_answers_hold_what_their_shape_has():
    arn = "arn:aws:sagemaker:us-east-1:123456789012:project/x"
    answer = {"ProjectArn": arn, "ProjectId": "p-1", "_secret": 1, "ProjectName": "x"}
    assert trim_answer("CreateProject", answer) == {"ProjectArn": arn, "ProjectId": "p-1"}
    assert json.dumps(trim_answer("DeleteModel", {"a": 1})) == "{}"
