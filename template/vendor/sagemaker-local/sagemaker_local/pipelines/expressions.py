"""The expressions of a pipeline definition: Get, Std:Join and Std:JsonGet.

Their form is that of the pipeline definition JSON schema, version 2020-12-01
(aws-sagemaker-mlops/sagemaker-model-building-pipeline-definition-JSON-schema), and of what
`sagemaker.core.workflow` writes where the two differ.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from sagemaker_local.api.errors import unsupported
from sagemaker_local.pipelines.document import bad, check_type, members, plain, shown
from sagemaker_local.pipelines.paths import Path, PathError, parse_path, walk

PROPERTY_FILES = "PropertyFiles"


class ExpressionError(Exception):
    """An expression has no value."""


class Scope(Protocol):
    """What expressions are evaluated in."""

    def get(self, reference: "Get") -> Any:
        """Return what `{"Get": path}` stands for."""

    def property_file(self, step: str, name: str) -> Any:
        """Return the content of a property file of a step."""

    def s3_document(self, uri: str) -> Any:
        """Return the JSON document at an S3 URI."""


class Expression(ABC):
    """What stands in a definition for a value that is known later."""

    @abstractmethod
    def value(self, scope: Scope) -> Any:
        """Return the value; raises ExpressionError when it has none."""

    @abstractmethod
    def references(self) -> Iterator["Get"]:
        """Return every reference in it."""


@dataclass(frozen=True)
class Get(Expression):
    """A reference, such as `{"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}`.

    Attributes
    ----------
    text : the path as it is written.
    root : what kind of thing it refers to: `Parameters`, `Execution`, `Steps`, ….
    name : which one.
    path : what of it.
    """

    text: str
    root: str
    name: str
    path: Path

    @property
    def property_file(self) -> str | None:
        """The name of the property file that it refers to, which may have dots."""
        if self.root == "Steps" and self.path[:1] == (PROPERTY_FILES,):
            return self.text.split(".", 3)[3] if len(self.path) > 1 else ""
        return None

    def value(self, scope: Scope) -> Any:
        """Return what it refers to."""
        return scope.get(self)

    def references(self) -> Iterator["Get"]:
        """Return itself."""
        yield self


@dataclass(frozen=True)
class Join(Expression):
    """The texts of values with a text between each two: `Std:Join`."""

    on: str
    values: list[Any]

    def value(self, scope: Scope) -> str:
        """Return the whole text."""
        return self.on.join(as_text(resolve(value, scope)) for value in self.values)

    def references(self) -> Iterator[Get]:
        """Return every reference in it."""
        return references(self.values)


@dataclass(frozen=True)
class JsonGet(Expression):
    """A value in a property file, or in a JSON document in S3: `Std:JsonGet`."""

    file: Get | None
    uri: Any
    path: Path
    text: str

    def value(self, scope: Scope) -> Any:
        """Return what lies at the path in the document."""
        if self.file is not None:
            document = scope.property_file(self.file.name, self.file.property_file or "")
        else:
            document = scope.s3_document(as_text(resolve(self.uri, scope)))
        try:
            return walk(document, self.path)
        except PathError as error:
            raise ExpressionError(f"there is no {self.text} in the JSON: {error}") from None

    def references(self) -> Iterator[Get]:
        """Return every reference in it."""
        return references([self.file, self.uri])


def parse(value: Any, where: str) -> Any:
    """Return a value with each expression in it as an `Expression`.

    Parameters
    ----------
    value : JSON from a definition.
    where : what it is in, for messages.

    Raises
    ------
    AwsError : an expression is malformed, or a function that we do not have.
    """
    if isinstance(value, list):
        return [parse(member, where) for member in value]
    if not isinstance(value, dict):
        return value
    for name in value:
        if name == "Get" and len(value) == 1:
            return _parse_get(value[name], where)
        if name.startswith("Std:"):
            if len(value) > 1:
                raise bad(f"{shown(name)} stands beside other members in {where}")
            if name not in _FUNCTIONS:
                raise unsupported(f"the function {plain(name)} ({where})")
            return _FUNCTIONS[name](value[name], where)
    return {name: parse(member, where) for name, member in value.items()}


def references(value: Any) -> Iterator[Get]:
    """Return every reference in a parsed value."""
    if isinstance(value, Expression):
        yield from value.references()
    elif isinstance(value, dict):
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def resolve(value: Any, scope: Scope) -> Any:
    """Return a parsed value with each expression in it replaced by its value.

    Raises
    ------
    ExpressionError : one of them has none.
    """
    if isinstance(value, Expression):
        return value.value(scope)
    if isinstance(value, list):
        return [resolve(member, scope) for member in value]
    if isinstance(value, dict):
        return {name: resolve(member, scope) for name, member in value.items()}
    return value


def as_text(value: Any) -> str:
    """Return a value as `Std:Join` writes it.

    AWS writes integers in digits and truth as `true` and `false` (aws/sagemaker-python-sdk before
    version 3, tests/integ/sagemaker/workflow/test_pipeline_var_behaviors.py); how it writes very
    large and small floats is unconfirmed.

    Raises
    ------
    ExpressionError : it is a list or an object.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise ExpressionError(f"{shown(value)} is not a single value")


def _parse_get(text: Any, where: str) -> Get:
    check_type(text, str, f"Get in {where}")
    try:
        root, name, *path = parse_path(text)
    except (PathError, ValueError):
        raise bad(f"{where} has the reference {shown(text)}, which is no path") from None
    return Get(text, str(root), str(name), tuple(path))


def _parse_join(value: Any, where: str) -> Join:
    found = members(value, f"Std:Join in {where}", {"Values": list}, {"On": str})
    return Join(found["On"] or "", parse(found["Values"], where))


def _parse_json_get(value: Any, where: str) -> JsonGet:
    here = f"Std:JsonGet in {where}"
    found = members(value, here, {"Path": str}, {"PropertyFile": dict, "S3Uri": None})
    if (found["PropertyFile"] is None) == (found["S3Uri"] is None):
        raise bad(f"{here} needs either PropertyFile or S3Uri")
    file = parse(found["PropertyFile"], where)
    if file is not None and not (isinstance(file, Get) and file.property_file):
        raise bad(f"PropertyFile of {here} does not refer to a property file")
    text = found["Path"]
    try:
        path = parse_path(re.sub(r"^\$\.?", "", text))
    except PathError:
        path = ()
    if not path or "*" in path:
        raise unsupported(f"the JSON path {shown(text)} ({where})")
    return JsonGet(file, parse(found["S3Uri"], where), path, text)


_FUNCTIONS = {"Std:Join": _parse_join, "Std:JsonGet": _parse_json_get}
