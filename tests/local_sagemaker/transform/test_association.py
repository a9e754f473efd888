"""Filters and joins of a transform job."""

import pytest

from sagemaker_local.api.errors import AwsError
from sagemaker_local.transform.association import read_association
from sagemaker_local.transform.records import RecordError


def association(kind="text/csv", *, accept=None, split="Line", assemble="Line", **processing):
    return read_association(
        {
            "TransformInput": {"ContentType": kind, "SplitType": split},
            "TransformOutput": {"Accept": accept or kind, "AssembleWith": assemble},
            "DataProcessing": processing,
        }
    )


def test_nothing_is_touched_by_default():
    found = association("image/png", split="None", assemble="None")
    assert found.for_the_model(b'"1", 2\n') == b'"1", 2\n'
    assert found.outputs([b"1\n", b"2\n"], b"whatever") == [b"whatever"]


def test_columns_are_left_out_and_joined():
    found = association(InputFilter="$[1:]", JoinSource="Input", OutputFilter="$[0,-1]")
    assert found.for_the_model(b"id-1,2,3\r\n") == b"2,3\n"
    assert found.outputs([b"id-1,2,3\n", b"id-2,4,5"], b"0.5\n0.25") == [b"id-1,0.5", b"id-2,0.25"]
    whole = association(JoinSource="Input")
    assert whole.outputs([b"1,2,3\n"], b"1\n") == [b"1,2,3,1"]


def test_quotes_are_those_of_csv():
    found = association(InputFilter="$[0:-1]")
    assert found.for_the_model(b'"a, b","say ""x""",3\n') == b'"a, b","say ""x"""\n'


def test_members_are_left_out_and_joined():
    found = association(
        "application/jsonlines",
        InputFilter="$.features",
        JoinSource="Input",
        OutputFilter="$['id','SageMakerOutput']",
    )
    record = b'{"id": 7, "features": [1, 2]}\n'
    assert found.for_the_model(record) == b"[1,2]\n"
    joined = b'{"id":7,"SageMakerOutput":{"label":1}}'
    assert found.outputs([record], b'{"label": 1}\n') == [joined]


@pytest.mark.parametrize(
    ("record", "joined"),
    [
        (b'{"key": 1}', b'{"key":1,"SageMakerOutput":{"label":1}}'),
        (b"[1, 2]", b'{"SageMakerInput":[1,2],"SageMakerOutput":{"label":1}}'),
        (b'{"SageMakerOutput": 0}', b'{"SageMakerOutput":{"label":1}}'),
        (
            '"ä\u2028b"'.encode(),
            '{"SageMakerInput":"ä\u2028b","SageMakerOutput":{"label":1}}'.encode(),
        ),
    ],
)
def test_joined_json_is_an_object(record, joined):
    for kind in ("application/json", "application/jsonlines"):
        found = association(kind, JoinSource="Input", split="None", assemble="None")
        assert found.outputs([record], b'{"label": 1}') == [joined]


def test_only_answers_are_filtered_without_a_join():
    found = association(
        "text/csv", accept="application/jsonlines; charset=utf-8", OutputFilter="$.score"
    )
    assert found.outputs([b"1,2\n", b"3,4\n"], b'{"score": 0.5}\n{"score": 1}\n') == [b"0.5", b"1"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"1\n2\n3\n", "2 records with 3"),
        (b"", "2 records with 0"),
        (b'"1', "no text/csv"),
        (b"\xff\xff\n1", "no text/csv"),
    ],
)
def test_answers_that_cannot_be_joined(answer, why):
    with pytest.raises(RecordError, match=why):
        association(JoinSource="Input").outputs([b"1\n", b"2\n"], answer)


def test_records_that_cannot_be_filtered():
    with pytest.raises(RecordError, match="not in the record"):
        association(InputFilter="$[3]").for_the_model(b"1,2\n")
    with pytest.raises(RecordError, match="no application/json"):
        association("application/json", InputFilter="$.a").for_the_model(b"{a}")


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"kind": "text/plain", "InputFilter": "$[0]"}, "TransformInput.ContentType to be one of"),
        ({"accept": "image/png", "OutputFilter": "$[0]"}, "TransformOutput.Accept to be one of"),
        ({"accept": "application/json", "JoinSource": "Input"}, "the same"),
        ({"split": "None", "InputFilter": "$[0]"}, "SplitType to be Line"),
        ({"assemble": "None", "JoinSource": "Input"}, "AssembleWith to be Line"),
        ({"InputFilter": "$.a"}, 'Invalid InputFilter: "$.a". columns'),
        ({"OutputFilter": "$[a_b]"}, 'Invalid OutputFilter: "$[a_b]". Unexpected "_" in JsonPath.'),
    ],
)
def test_refused(asked, why):
    with pytest.raises(AwsError) as caught:
        association(**asked)
    assert caught.value.code == "ValidationException"
    assert why in caught.value.message
