"""Selective execution: only some steps run, what they need comes from another execution.

The rules are those of the developer guide, "Selective execution of pipeline steps", and of the API
reference, `SelectiveExecutionConfig`. Where no source of the words of a refusal is given, they are
unconfirmed.
"""

from collections.abc import Iterable, Mapping

from sagemaker_local.api.actions import Call, now
from sagemaker_local.api.errors import invalid
from sagemaker_local.api.resources import find
from sagemaker_local.pipelines.before import Before, ended_before, steps_of
from sagemaker_local.pipelines.definition import Definition
from sagemaker_local.pipelines.document import Document
from sagemaker_local.pipelines.iterations import is_repeated
from sagemaker_local.pipelines.resource_kinds import ACTIVE, EXECUTION, STEP
from sagemaker_local.pipelines.schedule import TRIGGERS
from sagemaker_local.pipelines.step import Step
from sagemaker_local.storage.store import Resource

_COPIED = ("StepName", "StepDisplayName", "StepDescription", "StepStatus", "Metadata")
_KEPT = ("FailureReason", "_Properties", "_Branch")


def select(call: Call, definition: Definition, pipeline: str) -> dict[str, Resource]:
    """Return the records, in the source, of the steps that the selected ones need.

    Parameters
    ----------
    call : StartPipelineExecution.
    definition : what is started.
    pipeline : its name.

    Raises
    ------
    AwsError : the selection cannot run.
    """
    config = call.request["SelectiveExecutionConfig"]
    chosen = selected_steps(definition, config)
    needed = {
        name: trigger
        for step in chosen.values()
        for name, trigger in step.requires.items()
        if name not in chosen
    }
    source = config.get("SourcePipelineExecutionArn")
    if source is None:
        if needed:
            # AWS's text (aws/sagemaker-python-sdk, issue 4444).
            raise invalid(
                f"Invalid SourcePipelineExecutionArn: null. The selected steps [{_list(chosen)}] "
                f"have dependencies on [{_list(needed)}]"
            )
        return {}
    execution = find(call, EXECUTION, source)
    if not execution.name.startswith(f"{pipeline}/"):
        raise invalid(f"Invalid SourcePipelineExecutionArn: {source} is of another pipeline")
    if execution.body["PipelineExecutionStatus"] in ACTIVE:
        raise invalid(f"Invalid SourcePipelineExecutionArn: {source} still runs")
    records = steps_of(call.store, execution)
    for name, trigger in needed.items():
        status = records[name].body["StepStatus"] if name in records else "not started"
        if status not in TRIGGERS[trigger]:
            raise invalid(
                f"Invalid SourcePipelineExecutionArn: {source}. The selected steps "
                f"[{_list(chosen)}] have dependencies on [{name}], which is {status} there"
            )
    return {name: records[name] for name in needed}


def selected_steps(definition: Definition, config: Document) -> dict[str, Step]:
    """Return the steps that a `SelectiveExecutionConfig` names.

    Raises
    ------
    AwsError : one is not there, or a step between two of them is not selected.
    """
    names = [item["StepName"] for item in config["SelectedSteps"]]
    steps = definition.steps
    unknown = [name for name in names if name not in steps or is_repeated(steps[name], steps)]
    if unknown:
        raise invalid(f"Invalid SelectedSteps: [{_list(unknown)}] are no steps of the pipeline")
    chosen = {name: step for name, step in steps.items() if name in names}
    for between in steps.keys() - chosen.keys():
        is_after = _ancestors(steps, [between]) & chosen.keys()
        is_before = any(between in _ancestors(steps, [name]) for name in chosen)
        if is_after and is_before:
            raise invalid(
                f"Invalid SelectedSteps: {between} lies between selected steps and is not selected"
            )
    return chosen


def selected_of(execution: Resource, definition: Definition) -> Mapping[str, Step]:
    """Return the steps that an execution may run: those that were selected, or all."""
    config = execution.body.get("SelectiveExecutionConfig")
    return selected_steps(definition, config) if config else definition.steps


def adopt(
    call: Call, execution: Resource, definition: Definition, found: Mapping[str, Resource]
) -> Before:
    """Record steps of the source as those of a new execution; return what is done before it runs.

    Parameters
    ----------
    call : StartPipelineExecution.
    execution : the new one.
    definition : what it runs.
    found : what `select` returned.
    """
    config = call.request["SelectiveExecutionConfig"]
    source = {"SourcePipelineExecutionArn": config.get("SourcePipelineExecutionArn")}
    time = now()
    for name, item in found.items():
        body = {member: item.body.get(member) for member in (*_COPIED, *_KEPT)} | {
            "SelectiveExecutionResult": source,
            "StartTime": time,
            "EndTime": time,
            "CreationTime": time,
            "_Execution": execution.arn,
        }
        record = Resource(
            STEP.noun,
            call.region,
            f"{execution.name}/{name}",
            f"{execution.arn}/step/{name}",
            {member: value for member, value in body.items() if value is not None},
        )
        call.store.create(record)
    done = ended_before(definition, steps_of(call.store, execution))
    return Before(selected_of(execution, definition), done.ended, done.properties)


def _ancestors(steps: Mapping[str, Step], names: Iterable[str]) -> set[str]:
    """Return all steps that some steps wait for, directly or not."""
    found: set[str] = set()
    left = list(names)
    while left:
        for name in steps[left.pop()].requires:
            if name not in found:
                found.add(name)
                left.append(name)
    return found


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
