"""Says which steps SageMaker will take from its cache, and why it will run the others.

A step is taken from the cache when a step of that name has succeeded with the same arguments within
the time that its cache is kept. Source: "Default cache key attributes by pipeline step type" in the
SageMaker developer guide.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from data_science.runs.history import EarlierRun

KEYS: dict[str, tuple[str, ...]] = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ),
    "Tuning": (
        "HyperParameterTuningJobConfig",
        "TrainingJobDefinition.AlgorithmSpecification",
        "TrainingJobDefinition.HyperParameterRanges",
        "TrainingJobDefinition.InputDataConfig",
        "TrainingJobDefinition.StaticHyperParameters",
        "TrainingJobDefinition.TuningObjective",
        "TrainingJobDefinitions",
    ),
}
"""The arguments that SageMaker compares, by the type of step."""

_JOIN = "Std:Join"
"""The function of a definition that makes one text of several values."""

_ARGUMENTS = "AppSpecification.ContainerArguments"
"""Where the words stand that a script of a processing step is called with."""

_CHAMPION = "champion-name"
"""The option that tells the script what to call the champion."""

_NAMED = 3
"""How many differences are named; more are counted."""


class Verdict(NamedTuple):
    """What becomes of a step.

    Attributes
    ----------
    reused_from : id of the run whose result is taken; empty when the step runs.
    reason : why it runs, in a line; empty when it does not.
    chosen_by : the condition in whose branch it stands; empty when it stands in none.
    """

    step: str
    reused_from: str
    reason: str
    chosen_by: str = ""


class _Made(NamedTuple):
    """What a step makes: the same when it comes from the same run of the step."""

    step: str
    run: str
    """ARN of the run that made it; empty when it will be made anew."""
    what: str

    def __str__(self) -> str:
        return f"{self.what} of {self.step} in run {self.run.rpartition('/')[2]}"


@dataclass(frozen=True)
class _Plan:
    """What a run works with."""

    values: Mapping[str, Any]
    made_by: Mapping[str, str]
    """ARN of the run that made what a step leaves behind, by the step."""
    arn: str


def explain(
    definition: Mapping[str, Any],
    values: Mapping[str, Any],
    earlier: Sequence[EarlierRun],
    now: datetime,
) -> list[Verdict]:
    """Return what becomes of each step of a run that would be started now.

    Parameters
    ----------
    definition : the pipeline definition.
    values : of its parameters.
    earlier : runs of the pipeline, the newest first.
    now : with its time zone.
    """
    made_by: dict[str, str] = {}
    verdicts = []
    chosen_by = {
        inner["Name"]: step["Name"]
        for step in all_steps(definition["Steps"])
        for inner in _chosen(step)
    }
    for step in all_steps(definition["Steps"]):
        verdict = _explain(step, _Plan(values, made_by, ""), earlier, now)
        if verdict.reused_from:
            made_by[step["Name"]] = next(
                one.arn for one in earlier if one.id == verdict.reused_from
            )
        verdicts.append(verdict._replace(chosen_by=chosen_by.get(verdict.step, "")))
    return verdicts


def all_steps(steps: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the steps of a definition, those in the branches of conditions after these."""
    for step in steps:
        yield step
        yield from all_steps(_chosen(step))


def _chosen(step: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the steps in the branches of a condition; none of any other step."""
    if step["Type"] != "Condition":
        return []
    branches = step["Arguments"]
    return [*branches.get("IfSteps", []), *branches.get("ElseSteps", [])]


def _explain(
    step: Mapping[str, Any], plan: _Plan, earlier: Sequence[EarlierRun], now: datetime
) -> Verdict:
    name = step["Name"]
    if step["Type"] not in KEYS:
        return Verdict(name, "", f"a {step['Type']} step is never cached")
    cache = step.get("CacheConfig", {})
    if not cache.get("Enabled"):
        return Verdict(name, "", "its cache is off: `cache_days` in data_science/settings.yaml")
    wanted = _resolved(_key(step), plan)
    closest: list[str] = []
    for run in earlier:
        done = next(
            (one for one in run.steps if one.name == name and one.status == "Succeeded"), None
        )
        then = next((one for one in all_steps(run.definition["Steps"]) if one["Name"] == name), {})
        if done is None or not then:
            continue
        made_by = {one.name: one.reused_from or run.arn for one in run.steps}
        had = _resolved(_key(then), _Plan(run.values, made_by, run.arn))
        if then["Type"] == step["Type"]:
            differences = list(dict.fromkeys(_differences(wanted, had)))
        else:
            differences = [f"it is a {step['Type']} step, and was a {then['Type']} step"]
        if not differences:
            if done.reused_from:
                # What counts is when it was made; that run comes later.
                continue
            kept = _kept(cache.get("ExpireAfter", ""))
            if kept is None or done.ended is None or now - done.ended <= kept:
                return Verdict(name, run.id, "")
            differences = [f"what it made is older than {kept.days} days"]
        differences[0] = f"since run {run.id}: {differences[0]}"
        if not closest or len(differences) < len(closest):
            closest = differences
    if len(closest) > _NAMED:
        closest = [*closest[:_NAMED], f"and {len(closest) - _NAMED} more differences"]
    return Verdict(name, "", "; ".join(closest) or "it has not succeeded in any of the newest runs")


def _key(step: Mapping[str, Any]) -> dict[str, Any]:
    key = {}
    for path in KEYS[step["Type"]]:
        value = step["Arguments"]
        for name in path.split("."):
            value = value.get(name, {})
        key[path] = _by_name(value)
    return key


def _by_name(value: Any) -> Any:
    """Return inputs and channels by their names, so that a difference can be named."""
    if isinstance(value, list):
        for name in ("InputName", "ChannelName"):
            if value and all(isinstance(one, dict) and name in one for one in value):
                return {one[name]: one for one in value}
    return value


def _resolved(value: Any, plan: _Plan) -> Any:
    """Return arguments with values in place of parameters, and `_Made` in place of outputs."""
    if isinstance(value, list):
        return [_resolved(one, plan) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Get"}:
        kind, _, rest = value["Get"].partition(".")
        if kind == "Parameters":
            return plan.values.get(rest, "")
        if kind == "Steps":
            step, _, what = rest.partition(".")
            return _Made(step, plan.made_by.get(step, ""), what)
        return _Made("this run", plan.arn, rest)
    return {name: _resolved(one, plan) for name, one in value.items()}


def _differences(new: Any, old: Any, path: str = "") -> Iterator[str]:
    """Yield what differs between arguments, each in a few words."""
    if isinstance(new, _Made) and not new.run:
        yield f"{path} is made anew by {new.step}"
    elif isinstance(new, dict) and isinstance(old, dict):
        if set(new) == set(old) == {_JOIN}:
            yield from _differences(new[_JOIN]["Values"], old[_JOIN]["Values"], path)
            return
        for name in sorted(set(new) | set(old)):
            yield from _differences(new.get(name), old.get(name), f"{path}.{name}".strip("."))
    elif path == _ARGUMENTS and new != old and (named := _by_option(new)) and _by_option(old):
        found = list(_differences(named, _by_option(old)))
        yield from found or ["the order of its arguments has changed"]
    elif isinstance(new, list) and isinstance(old, list) and len(new) == len(old):
        for one, other in zip(new, old, strict=True):
            yield from _differences(one, other, path)
    elif new != old:
        if "sourcedir.tar.gz" in str(new) or path.startswith("ProcessingInputs.code."):
            yield "its code has changed"
        elif old is not None and path in ("ProcessingInputs.champion.S3Input.S3Uri", _CHAMPION):
            # Where nothing is approved, a script stands for the champion: see `pipeline.py`.
            scripts = str(new).endswith(".py") and str(old).endswith(".py")
            yield "its code has changed" if scripts else "it compares with another champion"
        elif _is_short(new) and _is_short(old):
            yield f"{path} is {_shown(new)}, and was {_shown(old)}"
        elif makers := list(_makers_anew(new)):
            yield f"{path} is made anew by {makers[0]}"
        elif old is None:
            yield f"{path} is new"
        else:
            yield f"{path} is gone" if new is None else f"{path} has changed"


def _by_option(words: Any) -> dict[str, Any]:
    """Return the values that a script is called with, by its options; nothing without options.

    An option that stands there for several names, as `--threshold f1=0.9`, is told by both.
    """
    if not isinstance(words, list) or len(words) % 2:
        return {}
    if not all(str(one).startswith("--") for one in words[::2]):
        return {}
    named: dict[str, list[Any]] = {}
    for option, value in zip(words[::2], words[1::2], strict=True):
        name, said = str(option).removeprefix("--"), value
        joined = value.get(_JOIN, {}) if isinstance(value, dict) else {}
        if joined.get("On") == "=" and len(joined["Values"]) == 2:
            name, said = f"{name} {joined['Values'][0]}", joined["Values"][1]
        named.setdefault(name, []).append(said)
    return {name: found[0] if len(found) == 1 else found for name, found in named.items()}


def _makers_anew(value: Any) -> Iterator[str]:
    """Yield the steps that will make parts of a value anew."""
    if isinstance(value, _Made):
        if not value.run:
            yield value.step
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _makers_anew(one)


def _is_short(value: Any) -> bool:
    return isinstance(value, _Made) or not isinstance(value, list | dict)


def _shown(value: Any) -> str:
    text = "not there" if value is None else str(value)
    return text if len(text) <= 100 else f"{text[:97]}…"


def _kept(duration: str) -> timedelta | None:
    # The pipeline writes it in whole days, see `pipeline/jobs.py`.
    digits = duration.removeprefix("P").removesuffix("D")
    return timedelta(days=int(digits)) if digits.isdigit() else None
