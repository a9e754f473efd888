"""Get, Std:Join and Std:JsonGet: read, and evaluated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.expressions import (
    ExpressionError,
    Get,
    as_text,
    parse,
    references,
    resolve,
)


class Scope:
    """References and documents from two tables."""

    def __init__(self, values=(), documents=()):
        self.values, self.documents = dict(values), dict(documents)

    def get(self, reference):
        return self.values[reference.text]

    def property_file(self, step, name):
        return self.documents[step, name]

    def s3_document(self, uri):
        return self.documents[uri]


def join(*values, on=""):
    return {"Std:Join": {"On": on, "Values": list(values)}}


def json_get(path, **source):
    file = {"PropertyFile": {"Get": "Steps.S.PropertyFiles.F"}}
    return {"Std:JsonGet": {"Path": path, **(source or file)}}


P = {"Get": "Parameters.P"}


def test_reference_has_parts():
    reference = parse({"Get": "Steps.S.A[0]['b.c']"}, "here")
    assert reference == Get("Steps.S.A[0]['b.c']", "Steps", "S", ("A", 0, "b.c"))
    assert reference.property_file is None
    assert parse(P, "here") == Get("Parameters.P", "Parameters", "P", ())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Steps.S.PropertyFiles.Report", "Report"),
        ("Steps.S.PropertyFiles.report.json", "report.json"),
        ("Steps.S.PropertyFiles", ""),
        ("Parameters.S.PropertyFiles.F", None),
        ("Steps.S.Other.PropertyFiles", None),
    ],
)
def test_reference_to_a_property_file(text, name):
    assert parse({"Get": text}, "here").property_file == name


@pytest.mark.parametrize("name", ["Step", "S", "ps", "Steps", "s"])
def test_steps_may_have_names_that_are_part_of_the_path(name):
    reference = parse({"Get": f"Steps.{name}.Outputs"}, "here")
    assert (reference.name, reference.path) == (name, ("Outputs",))


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"Get": 5}, "Get in here must be text, not 5"),
        ({"Get": None}, "Get in here must be text, not null"),
        ({"Get": ["a"]}, "must be text"),
        ({"Get": "Parameters"}, 'the reference "Parameters", which is no path'),
        ({"Get": ""}, "no path"),
        ({"Get": "a..b"}, "no path"),
        ({"Std:Join": []}, "Std:Join in here must be an object"),
        ({"Std:Join": {"On": ","}}, "Std:Join in here has no Values"),
        ({"Std:Join": {"Values": "abc"}}, "Values of Std:Join in here must be a list"),
        ({"Std:Join": {"On": 1, "Values": []}}, "On of Std:Join in here must be text"),
        ({"Std:Join": {"Values": [], "Of": 1}}, "does not support Of in Std:Join in here"),
        ({"Std:Join": {"Values": []}, "a": 1}, '"Std:Join" stands beside other members'),
        ({"Std:Sum": []}, "does not support the function Std:Sum (here)"),
        ({"Std:JsonGet": {"Path": "a"}}, "needs either PropertyFile or S3Uri"),
        (json_get("a", PropertyFile=P, S3Uri="s3://b/k"), "needs either"),
        (json_get("a", PropertyFile=P), "does not refer to a property file"),
        (json_get("a", PropertyFile={"a": 1}), "does not refer to a property file"),
        (json_get("a", PropertyFile={"Get": "Steps.S.PropertyFiles"}), "does not refer to"),
        (json_get("a", PropertyFile="F"), "must be an object"),
        (json_get(P, S3Uri="s3://b/k"), "Path of Std:JsonGet in here must be text"),
        (json_get("a[*].b"), "the JSON path"),
        (json_get("a.*"), "the JSON path"),
        (json_get("$..a"), "the JSON path"),
        (json_get("$"), "the JSON path"),
        (json_get(""), "the JSON path"),
    ],
    ids=str,
)
def test_what_is_malformed_is_refused(document, told):
    with pytest.raises(AwsError) as caught:
        parse({"deep": [document]}, "here")
    assert told in caught.value.message


@pytest.mark.parametrize(
    ("document", "value"),
    [
        ({"a": [1, "x", None, True, {"b": 0.5}]}, {"a": [1, "x", None, True, {"b": 0.5}]}),
        # An object that only looks like one is a value as any other.
        ({"Get": "x", "Put": "y"}, {"Get": "x", "Put": "y"}),
        ({"a": [P]}, {"a": [7]}),
        (join(), ""),
        (join("a"), "a"),
        (join("a", "b", P, on="/"), "a/b/7"),
        ({"Std:Join": {"Values": ["a", "b"]}}, "ab"),
        (join("a", join("b", P, on="+"), on="-"), "a-b+7"),
        (join(1, 0.5, True, False, 10**20, on=" "), "1 0.5 true false 100000000000000000000"),
        (join(json_get("list[1]['a.b']"), "x", on=" "), "9 x"),
        (json_get("metrics.acc.value"), 0.9),
        (json_get("$.metrics.acc.value"), 0.9),
        (json_get("list[0]", S3Uri=join("s3://", "b", "/k")), "first"),
        (json_get("flag"), False),
    ],
    ids=str,
)
def test_values(document, value):
    report = {"metrics": {"acc": {"value": 0.9}}, "list": ["-", {"a.b": 9}], "flag": False}
    scope = Scope({"Parameters.P": 7}, {("S", "F"): report, "s3://b/k": {"list": ["first"]}})
    assert resolve(parse(document, "here"), scope) == value


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (json_get("metrics.acc"), "there is no metrics.acc in the JSON: 'metrics' is missing"),
        (json_get("a['train'].b"), "'train' is missing"),
        (join({"Get": "Steps.S.List"}), "[1, 2] is not a single value"),
        (join(None), "null is not a single value"),
    ],
    ids=str,
)
def test_what_has_no_value(document, told):
    documents = {("S", "F"): {"a": [{"OutputName": "train", "b": 1}]}}
    with pytest.raises(ExpressionError) as caught:
        resolve(parse(document, "here"), Scope({"Steps.S.List": [1, 2]}, documents))
    assert told in str(caught.value)


def test_references_are_found_wherever_they_stand():
    document = {
        "a": [P, join("x", {"Get": "Steps.A.X"}), {"Get": "no", "b": {"Get": "Steps.B.X"}}],
        "c": json_get("v", S3Uri=join({"Get": "Steps.C.X"})),
        "d": json_get("v"),
    }
    found = [reference.text for reference in references(parse(document, "here"))]
    expected = ["Parameters.P", "Steps.A.X", "Steps.B.X", "Steps.C.X", "Steps.S.PropertyFiles.F"]
    assert found == expected


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text().filter(lambda k: k != "Get" and ":" not in k), inner, max_size=3
        )
    ),
)


@given(PLAIN)
def test_values_without_expressions_stay_as_they_are(value):
    parsed = parse(value, "here")
    assert not list(references(parsed))
    assert resolve(parsed, Scope()) == value


@given(st.text(), st.lists(st.text() | st.integers()))
def test_join_is_pythons_join(on, values):
    assert resolve(parse(join(*values, on=on), "here"), Scope()) == on.join(map(str, values))


@pytest.mark.parametrize(
    ("value", "text"),
    [("", ""), ("a", "a"), (True, "true"), (3, "3"), (-0.25, "-0.25"), (1.0, "1.0")],
)
def test_as_text(value, text):
    assert as_text(value) == text
