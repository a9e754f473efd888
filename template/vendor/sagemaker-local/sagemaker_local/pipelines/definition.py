"""Reads a pipeline definition document and refuses one that could not run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sagemaker_local.api.errors import AwsError, invalid, unsupported
from sagemaker_local.pipelines.caching import parse_duration
from sagemaker_local.pipelines.expressions import ExpressionError, references, tokens
from sagemaker_local.pipelines.step import Step, StepType
from sagemaker_local.pipelines.steps import STEP_TYPES

# Limits of the service, from the developer guide's quotas of Pipelines.
MAX_PARAMETERS, MAX_STEPS = 200, 50

_STEP_MEMBERS = {
    "Name",
    "Type",
    "Arguments",
    "DependsOn",
    "DisplayName",
    "Description",
    "CacheConfig",
    "PropertyFiles",
    "RetryPolicies",
}
_TOP_MEMBERS = {"Version", "Metadata", "Parameters", "PipelineExperimentConfig", "Steps"}
_EXECUTION = {
    "PipelineName",
    "PipelineArn",
    "PipelineExecutionArn",
    "PipelineExecutionId",
    "StartDateTime",
    "CurrentDateTime",
}
_TYPES: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
}


@dataclass(frozen=True)
class Definition:
    """A definition that passed every check: its parameters and all steps, nested ones too."""

    parameters: dict[str, dict[str, Any]]
    steps: dict[str, Step]


def read_definition(text: str) -> Definition:
    """Return what a definition document says.

    Parameters
    ----------
    text : the document, schema version 2020-12-01.

    Raises
    ------
    AwsError : it is malformed, refers to what is not there, or uses what we do not have.
    """
    try:
        return _read(text)
    except (LookupError, TypeError, ValueError, AttributeError, ExpressionError) as error:
        raise _bad(f"{type(error).__name__}: {error}") from None


def parameter_values(definition: Definition, given: dict[str, str]) -> dict[str, Any]:
    """Return the value of every parameter of an execution.

    Parameters
    ----------
    definition : declares the parameters.
    given : the values that were given at start, as text.

    Raises
    ------
    AwsError : a parameter is unknown, has no value, or one of the wrong type.
    """
    unknown = sorted(set(given) - set(definition.parameters))
    if unknown:
        raise invalid(f"Unknown pipeline parameters: {', '.join(unknown)}")
    values = {}
    for name, parameter in definition.parameters.items():
        if name in given:
            values[name] = _convert(name, parameter["Type"], given[name])
        elif "DefaultValue" in parameter:
            values[name] = parameter["DefaultValue"]
        else:
            raise invalid(f"Pipeline parameter {name} has no value and no default")
        if parameter.get("EnumValues") and values[name] not in parameter["EnumValues"]:
            raise invalid(f"Pipeline parameter {name} must be one of {parameter['EnumValues']}")
    return values


def _read(text: str) -> Definition:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _bad(f"it is not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("Version") != "2020-12-01":
        raise _bad("Version must be 2020-12-01")
    _known(document, _TOP_MEMBERS, "the definition")
    parameters = _read_parameters(document.get("Parameters", []))
    steps: dict[str, Step] = {}
    for step in _flatten(document["Steps"], None, ""):
        if step.name in steps:
            raise _bad(f"the step name {step.name} is used twice")
        steps[step.name] = step
    if not steps:
        raise _bad("it has no steps")
    if len(steps) > MAX_STEPS:
        raise AwsError("ResourceLimitExceeded", f"a pipeline has at most {MAX_STEPS} steps")
    for step in steps.values():
        _check_references(step, steps, parameters)
    try:
        TopologicalSorter({step.name: step.requires for step in steps.values()}).prepare()
    except CycleError as error:
        raise _bad(f"steps wait for each other: {' -> '.join(error.args[1])}") from None
    return Definition(parameters, steps)


def _read_parameters(documents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    parameters: dict[str, dict[str, Any]] = {}
    for parameter in documents:
        name, kind = parameter["Name"], parameter["Type"]
        _known(parameter, {"Name", "Type", "DefaultValue", "EnumValues"}, f"parameter {name}")
        if name in parameters:
            raise _bad(f"the parameter name {name} is used twice")
        if kind not in _TYPES:
            raise _bad(f"parameter {name} has the unknown type {kind}")
        default = parameter.get("DefaultValue")
        wrong = isinstance(default, bool) != (kind == "Boolean")
        if default is not None and (wrong or not isinstance(default, _TYPES[kind])):
            raise _bad(f"the default of parameter {name} is not of type {kind}")
        parameters[name] = parameter
    if len(parameters) > MAX_PARAMETERS:
        raise AwsError(
            "ResourceLimitExceeded", f"a pipeline has at most {MAX_PARAMETERS} parameters"
        )
    return parameters


def _flatten(documents: list[dict[str, Any]], condition: str | None, branch: str) -> Iterator[Step]:
    for document in documents:
        name, kind = document["Name"], document["Type"]
        if kind not in STEP_TYPES:
            raise unsupported(f"the step type {kind} (step {name})")
        step_type = STEP_TYPES[kind]
        _known(document, _STEP_MEMBERS, f"step {name}")
        arguments = dict(document["Arguments"])
        branches = step_type.branches(arguments)
        step_type.check(name, arguments)
        _check_cache(document, name, step_type)
        own = {path for path in references(arguments)}
        requires = {str(tokens(path)[1]) for path in own if path.startswith("Steps.")}
        requires |= set(document.get("DependsOn", []))
        if condition is not None:
            requires.add(condition)
        yield Step(name, step_type, document, arguments, frozenset(requires), condition, branch)
        for steps, outcome in branches:
            yield from _flatten(steps, name, outcome)


def _check_cache(document: dict[str, Any], name: str, step_type: StepType) -> None:
    cache = document.get("CacheConfig")
    if cache is None:
        return
    if not step_type.cache_key:
        raise unsupported(f"CacheConfig on a {step_type.name} step (step {name})")
    if "ExpireAfter" in cache and parse_duration(cache["ExpireAfter"]) is None:
        raise _bad(f"ExpireAfter of step {name} is no ISO 8601 duration: {cache['ExpireAfter']!r}")


def _check_references(
    step: Step, steps: dict[str, Step], parameters: dict[str, dict[str, Any]]
) -> None:
    for required in step.requires - set(steps):
        raise _bad(f"step {step.name} refers to the unknown step {required}")
    for path in references(step.arguments):
        root, *rest = tokens(path)
        if root == "Parameters" and (len(rest) != 1 or rest[0] not in parameters):
            raise _bad(f"step {step.name} refers to the unknown parameter {path}")
        if root == "Execution" and (len(rest) != 1 or rest[0] not in _EXECUTION):
            raise _bad(f"step {step.name} refers to the unknown variable {path}")
        if root not in ("Parameters", "Execution", "Steps"):
            raise _bad(f"step {step.name} refers to the unknown {path}")
        if root == "Steps" and rest[1:2] == ["PropertyFiles"]:
            source = steps[str(rest[0])].document.get("PropertyFiles", [])
            if rest[2] not in [file["PropertyFileName"] for file in source]:
                raise _bad(f"step {step.name} refers to the unknown property file {path}")


def _known(document: dict[str, Any], members: set[str], where: str) -> None:
    for name in sorted(set(document) - members):
        # The SDK writes null for what is not used.
        if document[name] is not None:
            raise unsupported(f"{name} in {where}")


def _convert(name: str, kind: str, text: str) -> Any:
    try:
        if kind == "Boolean":
            return {"true": True, "false": False}[text.lower()]
        return {"String": str, "Integer": int, "Float": float}[kind](text)
    except (ValueError, KeyError):
        raise invalid(f"Pipeline parameter {name} must be of type {kind}, not {text!r}") from None


def _bad(message: str) -> AwsError:
    return invalid(f"Unable to parse pipeline definition: {message}")
