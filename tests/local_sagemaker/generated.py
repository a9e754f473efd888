"""Strategies that draw requests from botocore's model of the service: valid ones, broken ones."""

import os
import re
from functools import cache

from botocore.model import ListShape, MapShape, StringShape, StructureShape
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st

from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.support import VALUES, members_of
from sagemaker_local.api.validation import check_values

_DEEPEST = 5
_CLASSES = {r"\p{L}": "a-zé", r"\p{N}": "0-9", r"\p{Z}": " ", r"\p{Alnum}": "a-z0-9"}
_CLASSES |= {r"\p{M}": "", r"\p{S}": "+", r"\p{P}": "."}


def always_the_same(variable, few):
    """Let a test draw as many examples as a variable says or a few; GENERATED_SEED says which."""
    chosen = settings(
        max_examples=int(os.environ.get(variable, few)),
        phases=[Phase.generate, Phase.shrink],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    number = int(os.environ.get("GENERATED_SEED", "1"))
    return lambda test: chosen(seed(number)(test))


class Valid:
    """Draws valid values of shapes.

    `names` maps the names of string shapes to what is drawn instead. With `whole`, each member is
    there, else what need not be there may be missing. With `supported`, only what the support
    matrix does not refuse is drawn.
    """

    def __init__(self, names=None, *, whole=False, supported=False):
        self._names = names or {}
        self._whole = whole
        self._supported = supported

    def of(self, shape, action="", *, kept=False, depth=0):
        """Return the strategy of a shape, which is the input of `action` if that is given.

        What is below a member that the support matrix calls `kept` is drawn as it comes.
        """
        if isinstance(shape, StructureShape):
            return self._structure(shape, action, kept, depth)
        if isinstance(shape, ListShape | MapShape):
            part = shape.member if isinstance(shape, ListShape) else shape.value
            inner = st.deferred(lambda: self.of(part, kept=kept, depth=depth + 1))
            least = max(1, int(shape.metadata.get("min", 0)))
            most = max(least, min(2, int(shape.metadata.get("max", 2))))
            if isinstance(shape, ListShape):
                return st.lists(inner, min_size=least, max_size=most)
            return st.dictionaries(
                self._string(shape.key, kept), inner, min_size=least, max_size=most
            )
        if shape.type_name == "boolean":
            return st.booleans()
        if isinstance(shape, StringShape):
            return self._string(shape, kept)
        least = int(shape.metadata.get("min", 0))
        numbers = st.integers(least, int(shape.metadata.get("max", least + 10**9)))
        return numbers.map(float) if shape.type_name in ("float", "double") else numbers

    def _structure(self, shape, action, kept, depth):
        declared = members_of(shape, action)
        required, optional = {}, {}
        for name, member in shape.members.items():
            choice = st.deferred(
                lambda member=member, name=name: self.of(
                    member, kept=kept or name in declared.kept, depth=depth + 1
                )
            )
            if self._supported and not kept and name in declared.only:
                choice = st.sampled_from(declared.only[name])
            if self._whole or name in shape.required_members:
                required[name] = choice
            elif depth < _DEEPEST and not (
                self._supported and not kept and name in declared.refused
            ):
                optional[name] = choice
        return st.fixed_dictionaries(required, optional=optional)

    def _string(self, shape, kept):
        if shape.name in self._names:
            return st.sampled_from(self._names[shape.name])
        if self._supported and not kept and shape.name in VALUES:
            return st.sampled_from(sorted(VALUES[shape.name].supported))
        return st.sampled_from(shape.enum) if shape.enum else _text(shape)


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
    places = list(_places(request))
    if not places or draw(st.integers(0, 20)) == 20:
        return draw(_ODD)
    holder, key = draw(st.sampled_from(places))
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
