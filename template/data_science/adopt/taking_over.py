"""Writes down in the project what was found in a table, each file whole or not at all."""

import json
import os
from collections.abc import Mapping
from typing import Any

import yaml

from data_science.adopt.page import page
from data_science.adopt.plan import Plan
from data_science.adopt.profile import Profile
from data_science.adopt.yaml_file import changed
from project.errors import ProjectError
from project.settings import ROOT

FOLDER = "data/adopted"
"""Where the table and the report on it lie; git ignores all data."""

SCHEMA = "data_science/steps/schema.json"
SETTINGS = "data_science/settings.yaml"
PROJECT = "project.yaml"


def current_settings() -> dict[str, Any]:
    """Return the values of `settings.yaml` as they stand, whether they fit or not.

    Raises
    ------
    ProjectError : it is missing, or no YAML mapping.
    """
    try:
        document = yaml.safe_load(_text(SETTINGS))
    except yaml.YAMLError as error:
        raise ProjectError(f"{SETTINGS} is not valid YAML; correct it first: {error}") from None
    if not isinstance(document, dict):
        raise ProjectError(f"{SETTINGS} holds no keys; restore it first")
    return document


def current_quality() -> dict[str, Any]:
    """Return the quality rule of `settings.yaml` as it stands; empty if there is none."""
    return _part(current_settings(), "quality")


def current_target() -> str | None:
    """Return the target that `schema.json` names; None if it names none."""
    try:
        return str(json.loads(_text(SCHEMA))["target"])
    except (ProjectError, ValueError, KeyError, TypeError):
        return None


def report_only(name: str, found: Profile) -> dict[str, str]:
    """Return the files to write, by their path, when no target is known yet."""
    return {f"{FOLDER}/{name}.html": page(name, found, None)}


def files(name: str, found: Profile, plan: Plan, problem_type: str) -> dict[str, str]:
    """Return the files to write, by their path, in the order that they are written in.

    The settings come after what they name, so that a command that is cut off leaves the old ones.

    Parameters
    ----------
    name : of the table, without an ending.
    found, plan : what it holds, and how it becomes the project's.
    problem_type : of the project as it stands.

    Raises
    ------
    ProjectError : a file of the project cannot be changed, and what to write into it.
    """
    data = f"{FOLDER}/{name}.csv"
    written = {
        data: plan.table.to_csv(index=False, lineterminator="\n"),
        f"{FOLDER}/{name}.html": page(name, found, plan),
        SCHEMA: _schema_text(plan.schema),
    }
    current = current_settings()
    values: dict[tuple[str, ...], Any] = {("data", "input"): data}
    if not _stands(current, data, plan):
        values |= {
            key: value for key, value in plan.settings.items() if _differs(current, *key, value)
        }
    written[SETTINGS] = _changed(SETTINGS, values)
    if plan.problem_type != problem_type:
        written[PROJECT] = _changed(PROJECT, {("problem_type",): plan.problem_type})
    return {path: text for path, text in written.items() if _differs_from_file(path, text)}


def write(written: Mapping[str, str]) -> None:
    """Write files of the project, each whole or not at all."""
    for path, text in written.items():
        target = ROOT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            unfinished.write_text(text, encoding="utf-8", newline="")
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)


def _stands(current: Mapping[str, Any], data: str, plan: Plan) -> bool:
    """Return whether this table is the project's already, whose rule a team may have changed."""
    quality = _part(current, "quality")
    fits = quality.get("metric") == plan.settings["quality", "metric"]
    fits = fits and quality.get("positive") == plan.settings["quality", "positive"]
    same_data = _part(current, "data").get("input") == data
    return bool(fits and same_data and current_target() == plan.schema["target"])


def _part(current: Mapping[str, Any], key: str) -> dict[str, Any]:
    part = current.get(key)
    return part if isinstance(part, dict) else {}


def _differs(current: Mapping[str, Any], part: str, key: str, value: Any) -> bool:
    defaults = {"split": "stratified", "split_by": None, "positive": None}
    return bool(_part(current, part).get(key, defaults.get(key)) != value)


def _schema_text(schema: Mapping[str, Any]) -> str:
    lines = [
        f"    {json.dumps(name, ensure_ascii=False)}: {json.dumps(kind, ensure_ascii=False)}"
        for name, kind in schema["columns"].items()
    ]
    target = json.dumps(schema["target"], ensure_ascii=False)
    columns = ",\n".join(lines)
    return f'{{\n  "target": {target},\n  "columns": {{\n{columns}\n  }}\n}}\n'


def _changed(path: str, values: Mapping[tuple[str, ...], Any]) -> str:
    try:
        return changed(_text(path), values)
    except (ValueError, yaml.YAMLError) as error:
        wanted = ", ".join(f"{'.'.join(key)}: {value}" for key, value in values.items())
        raise ProjectError(f"{path} cannot be changed ({error}); write into it: {wanted}") from None


def _text(path: str) -> str:
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ProjectError(f"{path} is missing; restore it first") from None
    except UnicodeDecodeError:
        raise ProjectError(f"{path} is no UTF-8 text; restore it first") from None


def _differs_from_file(path: str, text: str) -> bool:
    file = ROOT / path
    return not file.is_file() or file.read_bytes() != text.encode()
