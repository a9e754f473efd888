"""Paths into properties and JSON documents."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.pipelines.paths import PathError, parse_path, walk


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", ("a",)),
        ("a.b.c", ("a", "b", "c")),
        ("Steps.S.Outcome", ("Steps", "S", "Outcome")),
        ("a[0].b", ("a", 0, "b")),
        ("a[0][12]", ("a", 0, 12)),
        ("[3].b", (3, "b")),
        ("a['b.c'].d", ("a", "b.c", "d")),
        ('a["b]"]', ("a", "b]")),
        ("a['']", ("a", "")),
        ("a['0']", ("a", "0")),
        ("a-b_c d.ü", ("a-b_c d", "ü")),
        ("0.1", ("0", "1")),
    ],
)
def test_parse(text, path):
    assert parse_path(text) == path


NONE = [
    ".",
    ".a",
    "a.",
    "a..b",
    "a.[0]",
    "a[",
    "a[]",
    "a[x]",
    "a]",
    "a[-1]",
    "a['b]",
    "a[0]b",
    "a['b'",
    "a[1.5]",
    "[?(@.x)]",
]


@pytest.mark.parametrize("text", [*NONE, "", "a[" + "9" * 5000 + "]"])
def test_what_is_no_path(text):
    with pytest.raises(PathError, match="is not a path"):
        parse_path(text)


NAMES = st.text(st.characters(exclude_characters=".[]", exclude_categories=["Cs"]), min_size=1)
QUOTED = st.text(st.characters(exclude_characters="'", exclude_categories=["Cs"]))
KEYS = st.one_of(NAMES.map(lambda name: (f".{name}", name)), QUOTED.map(lambda q: (f"['{q}']", q)))
NUMBERS = st.integers(0, 999_999_999).map(lambda number: (f"[{number}]", number))


@given(NAMES, st.lists(st.one_of(KEYS, NUMBERS)))
def test_what_is_written_is_read(first, rest):
    text = first + "".join(written for written, _ in rest)
    assert parse_path(text) == (first, *[token for _, token in rest])


@given(st.text(max_size=20))
def test_any_text_is_a_path_or_refused(text):
    with contextlib.suppress(PathError):
        assert parse_path(text)


OUTPUTS = [
    {"OutputName": "train", "Uri": "s3://t"},
    {"OutputName": "test", "Uri": "s3://v"},
    "no object",
]
VALUE = {"Outputs": OUTPUTS, "list": [[1, 2], {"x.y": False}], "zero": 0, "null": None, "": "e"}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ((), VALUE),
        (("zero",), 0),
        (("",), "e"),
        (("list", 0, 1), 2),
        (("list", 1, "x.y"), False),
        (("Outputs", 1, "Uri"), "s3://v"),
    ],
)
@pytest.mark.parametrize("by_name", [True, False])
def test_walk(path, found, by_name):
    assert walk(VALUE, path, by_name=by_name) == found


@pytest.mark.parametrize(
    "key", ["OutputName", "InputName", "ChannelName", "MetricName", "Key"], ids=str
)
def test_walk_finds_items_of_lists_by_their_name(key):
    items = [{key: "a", "v": 1}, {key: "b", "v": 2}, {key: "b", "v": 3}]
    assert walk({"list": items}, ("list", "b", "v"), by_name=True) == 2
    with pytest.raises(PathError):
        walk({"list": items}, ("list", "b", "v"))


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        (("nope",), "'nope'"),
        (("null",), "'null'"),
        (("zero", "more"), "'more'"),
        (("list", 2), "2 is missing"),
        (("list", "x"), "'x'"),
        (("Outputs", "other"), "'other'"),
        (("Outputs", "no object"), "'no object'"),
        (("zero", 0), "0 is missing"),
        ((0,), "0 is missing"),
    ],
)
def test_walk_says_what_is_missing(path, missing):
    with pytest.raises(PathError, match=missing):
        walk(VALUE, path, by_name=True)
