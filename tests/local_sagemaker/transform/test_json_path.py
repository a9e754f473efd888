"""The JSONPath of batch transform's filters."""

import pytest

from sagemaker_local.transform.json_path import JsonPathError, parse_json_path

ROW = ["a", "b", "c", "d"]
RECORD = {"id": 7, "features": [1, 2, 3], "SageMakerOutput": {"label": 1, "score": 0.5}}


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("$", ROW),
        ("$[0]", "a"),
        ("$[-1]", "d"),
        ("$[0,-1]", ["a", "d"]),
        ("$[0, 2]", ["a", "c"]),
        ("$[1:]", ["b", "c", "d"]),
        ("$[0:-1]", ["a", "b", "c"]),
        ("$[:2]", ["a", "b"]),
        ("$[1:3]", ["b", "c"]),
        ("$[2:9]", ["c", "d"]),
        ("$[*]", ROW),
    ],
)
def test_columns(path, taken):
    assert parse_json_path(path, "text/csv").of(ROW) == taken


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("$.features", [1, 2, 3]),
        ("$['features']", [1, 2, 3]),
        ("$['id','SageMakerOutput']", {"id": 7, "SageMakerOutput": {"label": 1, "score": 0.5}}),
        ("$.SageMakerOutput.['label','score']", {"label": 1, "score": 0.5}),
        ("$.SageMakerOutput.*", [1, 0.5]),
        ("$.features[0:2]", [1, 2]),
        ("$.features[-1]", 3),
    ],
)
def test_members(path, taken):
    assert parse_json_path(path, "application/jsonlines").of(RECORD) == taken


def test_the_rest_of_a_path_is_followed_in_each_of_several_values():
    path = parse_json_path("$.rows[*].x", "application/json")
    assert path.of({"rows": [{"x": 1}, {"x": 2}]}) == [1, 2]


@pytest.mark.parametrize(
    ("path", "kind", "value"),
    [
        ("$[4]", "text/csv", ROW),
        ("$[0,-5]", "text/csv", ROW),
        ("$.nothing", "application/json", RECORD),
        ("$.id.more", "application/json", RECORD),
        ("$[0]", "application/json", RECORD),
        ("$.id[0:1]", "application/json", RECORD),
    ],
)
def test_what_is_not_there(path, kind, value):
    with pytest.raises(JsonPathError, match="is not in the record"):
        parse_json_path(path, kind).of(value)


@pytest.mark.parametrize(
    ("path", "kind", "why"),
    [
        ("features", "application/json", "must begin with"),
        ("", "application/json", "must begin with"),
        ("$.a..b", "application/json", "no operator"),
        ("$[", "application/json", "no operator"),
        ("$['a", "application/json", "no operator"),
        ("$.a_b", "application/jsonlines", 'Unexpected "_" in JsonPath. Supported operators for'),
        ("$[?(@.a)]", "application/json", 'Unexpected "?"'),
        (
            "$[0:2,246:]",
            "text/csv",
            r"single range filters .* Format \[0:2,246:\] is not supported",
        ),
        ("$.a", "text/csv", "numbers"),
        ("$['a','b']", "text/csv", "numbers"),
    ],
)
def test_refused(path, kind, why):
    with pytest.raises(JsonPathError, match=why):
        parse_json_path(path, kind)
