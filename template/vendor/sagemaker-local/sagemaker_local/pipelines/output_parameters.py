"""The output parameters of Lambda and Callback steps: what a definition declares, and their values.

What AWS does with a value of another type than the declared, or with one that is missing, is
unconfirmed: here the step fails.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sagemaker_local.pipelines.document import Document, bad, members, one_of, shown
from sagemaker_local.pipelines.step_run import StepFailedError

OUTPUT_PARAMETERS = "OutputParameters"
# The bounds of `OutputParameterList` and of a value in it.
_MOST, _LONGEST = 50, 1024
_PYTHON: dict[str, tuple[type, ...]] = {
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
}


def read_output_parameters(documents: Sequence[Any], where: str) -> list[Document]:
    """Return the output parameters that a step declares, each with OutputName and OutputType.

    Raises
    ------
    AwsError : they are malformed, or too many.
    """
    found: list[Document] = []
    for document in documents:
        one = members(document, f"an output of {where}", {"OutputName": str}, {"OutputType": str})
        name, kind = one["OutputName"], one["OutputType"] or "String"
        one_of(kind, ("String", *_PYTHON), f"for output {shown(name)} of {where} the type")
        if name in [other["OutputName"] for other in found]:
            raise bad(f"{where} has two outputs {shown(name)}")
        found.append({"OutputName": name, "OutputType": kind})
    if len(found) > _MOST:
        raise bad(f"{where} has more than {_MOST} outputs")
    return found


def output_values(declared: Sequence[Document], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a step's output parameters, of those that it declares.

    A nested value is a text of JSON (developer guide, "Lambda step" and "Callback step").

    Parameters
    ----------
    declared : what `read_output_parameters` returned.
    given : what a function returned, or a callback sent.

    Raises
    ------
    StepFailedError : one is missing, of another type, or too long.
    """
    return {
        one["OutputName"]: _value(one["OutputName"], one["OutputType"], given) for one in declared
    }


def shown_parameters(values: Mapping[str, Any]) -> list[Document]:
    """Return output parameters as the metadata of a step have them: with texts as values."""
    return [{"Name": name, "Value": _text(value)} for name, value in values.items()]


def _value(name: str, kind: str, given: Mapping[str, Any]) -> Any:
    if name not in given:
        raise StepFailedError(f"ClientError: the output parameter {shown(name)} is missing")
    value = given[name]
    if kind == "String":
        value = _text(value)
    elif isinstance(value, str):
        # A callback has texts only.
        value = _parsed(value)
    is_truth = isinstance(value, bool)
    if kind != "String" and (
        not isinstance(value, _PYTHON[kind]) or is_truth != (kind == "Boolean")
    ):
        told = (
            f"the output parameter {shown(name)} must be of type {kind}, not {shown(given[name])}"
        )
        raise StepFailedError(f"ClientError: {told}")
    if len(_text(value)) > _LONGEST:
        told = f"the output parameter {shown(name)} has more than {_LONGEST} characters"
        raise StepFailedError(f"ClientError: {told}")
    return value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text.lower() if text in ("True", "False") else text)
    except ValueError:
        return text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
