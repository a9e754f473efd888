"""Reads a pipeline definition document and refuses one that could not run."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sagemaker_local.api.errors import AwsError, unsupported
from sagemaker_local.pipelines.arguments import check_arguments
from sagemaker_local.pipelines.document import (
    Document,
    bad,
    check_type,
    members,
    one_of,
    plain,
    read_json,
    shown,
)
from sagemaker_local.pipelines.duration import parse_duration
from sagemaker_local.pipelines.expressions import Get, parse, references
from sagemaker_local.pipelines.iterations import is_repeated
from sagemaker_local.pipelines.output_parameters import OUTPUT_PARAMETERS
from sagemaker_local.pipelines.parameters import Parameter, read_parameters
from sagemaker_local.pipelines.paths import Path, PathError, walk
from sagemaker_local.pipelines.retry_policies import read_retry_policies
from sagemaker_local.pipelines.schedule import COMPLETED, TRIGGERS
from sagemaker_local.pipelines.step import PropertyFile, Step, StepType
from sagemaker_local.pipelines.steps import STEP_TYPES

# The quota of Pipelines, from the AWS General Reference.
MAX_STEPS = 50

# What a definition cannot say otherwise than by the image that AWS runs for it.
_CHECKS = {"QualityCheck": "Model Monitor", "ClarifyCheck": "Clarify"}
_STEP_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VARIABLES = {
    "PipelineName",
    "PipelineArn",
    "PipelineExecutionArn",
    "PipelineExecutionId",
    "StartDateTime",
    "CurrentDateTime",
}
# The SDK's ExecutionVariables: the name of the job that the step itself launches, of these jobs.
JOB_NAMES = {"ProcessingJobName", "TrainingJobName"}


@dataclass(frozen=True)
class Definition:
    """A definition that passed every check.

    Attributes
    ----------
    parameters : what it declares.
    experiment : `PipelineExperimentConfig`, with its expressions.
    steps : all steps by name, those in branches too.
    """

    parameters: Mapping[str, Parameter]
    experiment: Document
    steps: Mapping[str, Step]


def read_definition(text: str) -> Definition:
    """Return what a definition document says.

    Parameters
    ----------
    text : the document, schema version 2020-12-01.

    Raises
    ------
    AwsError : it is malformed, refers to what is not there, or uses what we do not have.
    """
    found = members(
        read_json(text),
        "the definition",
        {"Steps": list},
        {"Version": str, "Metadata": dict, "Parameters": list, "PipelineExperimentConfig": dict},
    )
    if found["Version"] not in (None, "2020-12-01"):
        raise bad(f"Version must be 2020-12-01, not {shown(found['Version'])}")
    parameters = read_parameters(found["Parameters"] or [])
    experiment = _read_experiment(found["PipelineExperimentConfig"])
    steps: dict[str, Step] = {}
    for step in _read_steps(found["Steps"], "the definition", ("", "")):
        if step.name in steps:
            raise bad(f"the step name {step.name} is used twice")
        steps[step.name] = step
    if not steps:
        raise bad("it has no steps")
    if len(steps) > MAX_STEPS:
        raise AwsError("ResourceLimitExceeded", f"a pipeline has at most {MAX_STEPS} steps")
    definition = Definition(parameters, experiment, steps)
    _check_references(definition)
    return definition


def _read_experiment(document: Document | None) -> Document:
    if document is None:
        return {}
    where = "PipelineExperimentConfig"
    found = members(document, where, {}, {"ExperimentName": None, "TrialName": None})
    experiment: Document = parse({k: v for k, v in found.items() if v is not None}, where)
    return experiment


def _read_steps(documents: Sequence[Any], where: str, inside: tuple[str, str]) -> Iterator[Step]:
    for document in documents:
        check_type(document, dict, f"a step of {where}")
        name = document.get("Name")
        check_type(name, str, f"the Name of a step of {where}")
        if not _STEP_NAME.fullmatch(name):
            raise bad(f"{shown(name)} is no name of a step")
        here = f"step {name}"
        kind = document.get("Type")
        check_type(kind, str, f"the Type of {here}")
        if kind in _CHECKS:
            raise unsupported(
                f"{here}, which has the step type {kind} and runs an image of {_CHECKS[kind]}'s "
                "own: a Processing step that writes a report and a Condition step on its property "
                "file can check the same, here and in AWS"
            )
        step_type = STEP_TYPES[one_of(kind, STEP_TYPES, f"{here}, which has the step type")]
        yield from _read_step(document, here, step_type, inside)


def _read_step(
    document: Document, where: str, step_type: StepType, inside: tuple[str, str]
) -> Iterator[Step]:
    found = members(
        document,
        where,
        {"Name": str, "Type": str, **step_type.needed},
        {"DependsOn": list, "DisplayName": str, "Description": str, "CacheConfig": dict}
        | dict(step_type.members),
    )
    arguments = step_type.read(found, where)
    requires = {
        reference.name: COMPLETED
        for reference in references(arguments.own)
        if reference.root == "Steps"
    }
    if inside[0]:
        requires[inside[0]] = COMPLETED
    # What is written counts more than what follows from a reference: a step that runs when
    # another failed may refer to it.
    requires |= _read_dependencies(found["DependsOn"] or [], where)
    cached, expires = _read_cache(found["CacheConfig"], where, step_type)
    branches = {
        branch: list(_read_steps(steps, where, (found["Name"], branch)))
        for branch, steps in arguments.branches.items()
    }
    requires = _outside(branches.get(step_type.repeats, [])) | requires
    yield Step(
        name=found["Name"],
        type=step_type,
        members=found,
        arguments=arguments.own,
        property_files=_read_property_files(found, arguments.own, where),
        requires=requires,
        inside=inside,
        cached=cached,
        expires=expires,
        retry_policies=read_retry_policies(found.get("RetryPolicies") or [], where),
    )
    for steps in branches.values():
        yield from steps


def _outside(body: Sequence[Step]) -> dict[str, str]:
    """Return what the steps that a step repeats wait for outside: it waits for them all."""
    inside = {step.name for step in body} | {step.inside[0] for step in body}
    return {
        name: trigger
        for step in body
        for name, trigger in step.requires.items()
        if name not in inside
    }


def _read_dependencies(documents: Sequence[Any], where: str) -> dict[str, str]:
    requires: dict[str, str] = {}
    for document in documents:
        name, trigger = document, COMPLETED
        if isinstance(document, dict):
            found = members(document, f"DependsOn of {where}", {"Step": str, "Trigger": str})
            name = found["Step"]
            trigger = one_of(found["Trigger"], TRIGGERS, f"in {where} the trigger")
        check_type(name, str, f"an entry of DependsOn of {where}")
        if requires.setdefault(name, trigger) != trigger:
            raise bad(f"{where} depends on {name} with two triggers")
    return requires


def _read_property_files(
    step: Document, arguments: Document, where: str
) -> dict[str, PropertyFile]:
    files: dict[str, PropertyFile] = {}
    texts = {"PropertyFileName": str, "OutputName": str, "FilePath": str}
    for document in step.get("PropertyFiles") or []:
        found = members(document, f"a property file of {where}", texts)
        name, output = found["PropertyFileName"], found["OutputName"]
        try:
            walk(arguments, ("ProcessingOutputConfig", "Outputs", output), by_name=True)
        except PathError:
            raise bad(f"{where} has no output {shown(output)} for its property file") from None
        files[name] = PropertyFile(output, found["FilePath"])
    return files


def _read_cache(
    document: Document | None, where: str, step_type: StepType
) -> tuple[bool, float | None]:
    if document is None:
        return False, None
    if not step_type.cache_key:
        raise unsupported(f"CacheConfig on a {step_type.name} step ({where})")
    here = f"CacheConfig of {where}"
    found = members(document, here, {}, {"Enabled": bool, "ExpireAfter": str})
    try:
        expires = None if found["ExpireAfter"] is None else parse_duration(found["ExpireAfter"])
    except ValueError:
        told = f"{shown(found['ExpireAfter'])}, no duration such as 30d, T16m or P30DT5H"
        raise bad(f"ExpireAfter of {where} is {told}") from None
    return bool(found["Enabled"]), expires


def _check_references(definition: Definition) -> None:
    steps = definition.steps
    for reference in references(definition.experiment):
        if reference.root in ("Steps", "PipelineExperimentConfig"):
            raise bad(f"PipelineExperimentConfig cannot refer to {reference.text}")
        _check_reference(reference, "PipelineExperimentConfig", definition)
    for step in steps.values():
        for name in sorted(step.requires.keys() - steps.keys()):
            raise bad(f"step {step.name} refers to the unknown step {plain(name)}")
    try:
        TopologicalSorter({step.name: step.requires for step in steps.values()}).prepare()
    except CycleError as error:
        raise bad(f"steps wait for each other: {' -> '.join(error.args[1])}") from None
    for step in steps.values():
        where, action = f"step {step.name}", step.type.request_of
        _check_repeated(definition, step)
        for name, trigger in step.requires.items():
            if trigger == COMPLETED and not steps[name].type.succeeds:
                # AWS's text (aws/sagemaker-python-sdk before version 3, test_fail_steps.py).
                raise bad(f"{step.name} can not depends on {name}")
        for reference in references(step.arguments):
            _check_reference(reference, where, definition, step)
        if action:
            check_arguments(action, step.arguments, where, definition.parameters)


def _check_repeated(definition: Definition, step: Step) -> None:
    """Refuse a step that waits for one of another's iterations, or is called like one."""
    for name in step.requires:
        needed = definition.steps[name]
        if needed.inside != step.inside and is_repeated(needed, definition.steps):
            raise bad(f"step {step.name} refers to {name}, which {needed.inside[0]} repeats")
    body, _, number = step.name.rpartition("-")
    other = definition.steps.get(body)
    if number.isdecimal() and other and is_repeated(other, definition.steps):
        raise bad(f"the step {step.name} is called like one of the iterations of {body}")


def _check_reference(
    reference: Get, where: str, definition: Definition, step: Step | None = None
) -> None:
    job = step.type.job if step else ""
    items = {"CurrentItem"} if step and is_repeated(step, definition.steps) else set[str]()
    known: dict[str, Any] = {
        "Parameters": definition.parameters,
        "Execution": _VARIABLES | ({f"{job}Name"} & JOB_NAMES),
        "PipelineExperimentConfig": definition.experiment,
        "Steps": definition.steps,
        "ForEach": items,
    }
    here = f"{where} refers to the unknown {plain(reference.text)}"
    if reference.name not in known.get(reference.root, ()):
        raise bad(here)
    # Of a step there is always a property to name, of an item there may be, of others is nothing.
    if reference.root != "ForEach" and (reference.root == "Steps") != bool(reference.path):
        raise bad(here)
    outputs = _output_names(definition, reference)
    if outputs is not None and reference.path[:2] not in outputs:
        # That AWS refuses it when the pipeline is created is unconfirmed.
        raise bad(here)
    file = reference.property_file
    if file is not None and file not in definition.steps[reference.name].property_files:
        raise bad(f"{where} refers to the unknown property file {plain(reference.text)}")


def _output_names(definition: Definition, reference: Get) -> list[Path] | None:
    """Return the paths of the outputs that a step declares; None if its type declares none."""
    step = definition.steps.get(reference.name) if reference.root == "Steps" else None
    if step is None or OUTPUT_PARAMETERS not in step.type.members:
        return None
    return [(OUTPUT_PARAMETERS, one["OutputName"]) for one in step.arguments[OUTPUT_PARAMETERS]]
