"""Builds pipeline definitions for the tests."""

import json

from kit import processing, without


def step(name, kind="Fail", *, after=(), **members):
    arguments = members.pop("Arguments", {"ErrorMessage": "no"} if kind == "Fail" else {})
    needed = {"DependsOn": list(after)} if after else {}
    return {"Name": name, "Type": kind, "Arguments": arguments, **needed, **members}


def job_step(local, name, script, **options):
    """Return a Processing step of a script."""
    members = {k: options.pop(k) for k in [*options] if k[0].isupper()}
    arguments = without(processing(local, f"step-{name}", script, **options), "ProcessingJobName")
    arguments |= members.pop("Arguments", {})
    return step(name, "Processing", Arguments=arguments, **members)


def condition(name, conditions, then=(), otherwise=(), **members):
    arguments = {"Conditions": conditions, "IfSteps": list(then), "ElseSteps": list(otherwise)}
    return step(name, "Condition", Arguments=arguments, **members)


def equals(left, right, kind="Equals"):
    return {"Type": kind, "LeftValue": left, "RightValue": right}


def definition(*steps, parameters=(), **members):
    shown = {"Version": "2020-12-01", "Metadata": {}, "Parameters": list(parameters), **members}
    return json.dumps(shown | {"Steps": list(steps)})


def parameter(name, kind="String", *default):
    return {"Name": name, "Type": kind, **({"DefaultValue": default[0]} if default else {})}
