"""The ForEach step: its body runs once for every item of a list.

All that is known of it is what the SDK says in `sagemaker.mlops.workflow.for_each_step` and the API
reference of `ForEachStepMetadata` and `PipelineExecutionStepIterationContext`. That no further step
starts once one has failed, that an empty list succeeds, and the words of failures are unconfirmed.
"""

import json
from collections import Counter
from typing import Any

from sagemaker_local.pipelines.document import Document, bad, check_type, members, shown
from sagemaker_local.pipelines.expressions import Expression, Get, as_text, parse
from sagemaker_local.pipelines.paths import PathError, walk
from sagemaker_local.pipelines.step import Arguments, StepType, step_type
from sagemaker_local.pipelines.step_run import (
    Child,
    StepFailedError,
    StepResult,
    StepRun,
    StepStoppedError,
)

_BODY = "ForEachBody"
_FORBIDDEN = ("Condition", "Fail", "ForEach")
_MOST_ITEMS, _MOST_AT_ONCE = 100, 50
_PICKS = {"MaxBy": max, "MinBy": min}


def _read(step: Document, where: str) -> Arguments:
    found = members(
        step["Arguments"],
        f"Arguments of {where}",
        {"IterableItems": None, "MaxConcurrency": int, _BODY: list},
        {"Selector": dict},
    )
    items, most = parse(found["IterableItems"], where), found["MaxConcurrency"]
    if not 1 <= most <= _MOST_AT_ONCE:
        raise bad(f"MaxConcurrency of {where} must be from 1 to {_MOST_AT_ONCE}, not {most}")
    if isinstance(items, list):
        if not 1 <= len(items) <= _MOST_ITEMS:
            raise bad(f"{where} must have from 1 to {_MOST_ITEMS} items, not {len(items)}")
        for item in items:
            if not isinstance(item, Expression | str | int | float):
                raise bad(f"an item of {where} is a single value, not {shown(item)}")
    elif not isinstance(items, Expression):
        raise bad(f"IterableItems of {where} is a list or a reference, not {shown(items)}")
    names = []
    for document in found[_BODY]:
        check_type(document, dict, f"a step of {_BODY} of {where}")
        if document.get("Type") in _FORBIDDEN:
            raise bad(f"{where} cannot repeat a step of the type {document['Type']}")
        names.append(document.get("Name"))
    if not names:
        raise bad(f"{_BODY} of {where} has no steps")
    own = {"IterableItems": items, "MaxConcurrency": most}
    if found["Selector"] is not None:
        own["Selector"] = _read_selector(found["Selector"], names, where)
    return Arguments(own, {_BODY: found[_BODY]})


def _read_selector(document: Document, names: list[Any], where: str) -> Document:
    here = f"Selector of {where}"
    found = members(document, here, {"Pick": str, "Field": None})
    if found["Pick"] not in _PICKS:
        raise bad(f"Pick of {here} must be MaxBy or MinBy, not {shown(found['Pick'])}")
    field = parse(found["Field"], where)
    told = isinstance(field, Get) and field.root == "IterationOutput" and field.path
    if not told or field.name not in names:
        raise bad(f"Field of {here} must be of the output of a step of {_BODY}")
    # It refers to every iteration, so nothing stands for it while the step begins.
    return {"Pick": found["Pick"], "Field": [field.name, *field.path]}


def _run(run: StepRun) -> StepResult:
    items = _items(run.arguments["IterableItems"])
    ended = run.repeat(items, run.arguments["MaxConcurrency"])
    counts = Counter(child.status for one in ended for child in one.values())
    total = counts.total()
    is_whole = counts["Succeeded"] == total
    status = "Failed" if counts["Failed"] else "Succeeded" if is_whole else "Stopped"
    told: Document = {"Status": status, "InputItemCount": len(items), "TotalStepCount": total}
    told |= {f"{name}StepCount": counts[name] for name in ("Succeeded", "Failed", "Stopped")}
    outputs = [{name: child.properties for name, child in one.items()} for one in ended]
    properties = told | {"IterationOutputs": outputs}
    if status == "Succeeded" and "Selector" in run.arguments:
        index, name = _select(ended, run.arguments["Selector"])
        told = told | {"Selector": {"StepName": name, "Index": index}}
        properties["Selected"] = outputs[index][name]
    metadata = {"ForEach": told}
    run.note(Metadata=metadata)
    if status == "Failed":
        failed = f"{counts['Failed']} of {total} steps failed"
        raise StepFailedError(f"ClientError: {failed}", properties)
    if status == "Stopped":
        raise StepStoppedError("ClientError: it was stopped", properties)
    return StepResult(metadata, properties)


def _items(value: Any) -> list[Any]:
    """Return the items; an object is its JSON text, so that it is a single value."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise _failure(f"{shown(value)} is no JSON list") from None
    if not isinstance(value, list):
        raise _failure(f"{shown(value)} is no JSON list")
    return [item if _is_single(item) else json.dumps(item) for item in value]


def _is_single(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _select(ended: list[dict[str, Child]], selector: Document) -> tuple[int, str]:
    name, *path = selector["Field"]
    values = []
    for index, one in enumerate(ended):
        try:
            text = as_text(walk(one[name].properties, path, by_name=True))
            values.append((float(text), index))
        except (PathError, ValueError) as error:
            raise _failure(f"{name} of item {index} cannot be compared: {error}") from None
    if not values:
        raise _failure("there is no item to select")
    best = _PICKS[selector["Pick"]](value for value, _ in values)
    return next(index for value, index in values if value == best), name


def _failure(why: str) -> StepFailedError:
    return StepFailedError(f"ClientError: {why}")


FOR_EACH = step_type(StepType(name="ForEach", run=_run, read=_read, repeats=_BODY))
