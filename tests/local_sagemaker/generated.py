"""Strategies that draw requests from botocore's model of the service: valid ones, broken ones."""

import re
from functools import cache

from botocore.model import ListShape, MapShape, StringShape, StructureShape
from hypothesis import strategies as st

from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.validation import check_values

_DEEPEST = 5
_CLASSES = {r"\p{L}": "a-zé", r"\p{N}": "0-9", r"\p{Z}": " ", r"\p{Alnum}": "a-z0-9"}
_CLASSES |= {r"\p{M}": "", r"\p{S}": "+", r"\p{P}": "."}


def valid(shape, names=None, *, whole=False, depth=0):
    """Draw valid values of a shape.

    `names` maps the names of string shapes to what is drawn instead; with `whole`, each member is
    there, else what need not be there may be missing.
    """
    names = names or {}
    if isinstance(shape, StructureShape):
        members = {
            name: st.deferred(
                lambda member=member: valid(member, names, whole=whole, depth=depth + 1)
            )
            for name, member in shape.members.items()
        }
        required = {n: v for n, v in members.items() if whole or n in shape.required_members}
        optional = {n: v for n, v in members.items() if n not in required and depth < _DEEPEST}
        return st.fixed_dictionaries(required, optional=optional)
    if isinstance(shape, ListShape):
        least, most = _sizes(shape)
        inner = st.deferred(lambda: valid(shape.member, names, whole=whole, depth=depth + 1))
        return st.lists(inner, min_size=least, max_size=most)
    if isinstance(shape, MapShape):
        least, most = _sizes(shape)
        inner = st.deferred(lambda: valid(shape.value, names, whole=whole, depth=depth + 1))
        return st.dictionaries(_string(shape.key, {}), inner, min_size=least, max_size=most)
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.type_name in ("integer", "long", "timestamp"):
        return st.integers(*_bounds(shape))
    if shape.type_name in ("float", "double"):
        return st.integers(*_bounds(shape)).map(float)
    return _string(shape, names)


def _sizes(shape):
    least = max(1, int(shape.metadata.get("min", 0)))
    return least, max(least, min(2, int(shape.metadata.get("max", 2))))


def _bounds(shape):
    least = int(shape.metadata.get("min", 0))
    return least, int(shape.metadata.get("max", least + 10**9))


def _string(shape, names):
    if shape.name in names:
        return st.sampled_from(names[shape.name])
    if isinstance(shape, StringShape) and shape.enum:
        return st.sampled_from(shape.enum)
    return _text(shape)


@cache
def _text(shape):
    pattern = shape.metadata.get("pattern", "[ -~]*")
    for java, python in _CLASSES.items():
        pattern = pattern.replace(java, python)
    # What a look-ahead says, and a range of surrogates, is left to the filter.
    pattern = re.sub(r"^\(\?=[^)]*\)|\\uD800.*\\uDFFF", "", pattern)
    least = shape.metadata.get("min", 0)
    text = st.from_regex(re.compile(pattern.replace("${", "{"), re.ASCII), fullmatch=True)
    return text.map(lambda text: text.ljust(least, "0")).filter(lambda text: _holds(shape, text))


def _holds(shape, text):
    try:
        check_values(shape, text)
    except AwsError:
        return False
    return True


# What stands in the place of a value to break it: other types, other sizes, other characters.
_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**31, 2**63, -(2**63) - 1, 10**400, 0.5, 1e308]),
    st.text(max_size=20),
    st.sampled_from(["", "\x00", "a\nb", "é" * 300, "x" * 70_000, "../../etc/passwd", "arn:aws:x"]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    st.integers(1, 300).map(lambda depth: _nested(depth)),
)


def _nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@st.composite
def broken(draw, requests):
    """Draw a request of which one part is replaced, removed or added to."""
    request = draw(requests)
    holder, key = draw(st.sampled_from([(None, None), *_places(request)]))
    if holder is None:
        return draw(_ODD)
    value = holder[key]
    kind = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
    if kind == "add" and isinstance(value, dict):
        value[draw(st.text(max_size=8))] = draw(_ODD)
    elif kind == "add" and isinstance(value, list):
        value.extend(draw(st.sampled_from([[draw(_ODD)], value * 60])))
    elif kind == "remove":
        del holder[key]
    else:
        holder[key] = draw(_ODD)
    return request


def _places(value):
    for key, member in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(member, dict | list):
            yield from _places(member)
