"""What the documentation says is there is there: links, commands, actions."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer

from projects import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEMPLATE = ROOT / "template"
IN_A_PROJECT = [*sorted(TEMPLATE.glob("*.md.jinja")), *sorted(TEMPLATE.glob("*/README.md*"))]
REFERENCE = ROOT / "docs" / "reference"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
        assert link.startswith("https://") or (page.parent / link).exists(), link


@pytest.mark.parametrize(
    "page", PAGES + IN_A_PROJECT, ids=lambda page: page.relative_to(ROOT).as_posix()
)
def test_commands_need_nothing_but_git_and_uv(page: Path) -> None:
    """Of uv there may be no more than the program of that name: no `uvx`, nothing activated."""
    text = page.read_text("utf-8")
    assert "uvx" not in text
    for block in re.findall(r"^```\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            of_a_project = re.match(
                r"(?:\$ )?(ds|ops|project|demo|sagemaker-local|copier) \w", line
            )
            assert not of_a_project, f"`uv run` is missing: {line}"


def callbacks(app: typer.Typer, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the function of each command by its name, that of a group's with the group's."""
    for command in app.registered_commands:
        callback: Any = command.callback
        yield before + (command.name or callback.__name__.replace("_", "-")), callback
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from callbacks(group.typer_instance, f"{before}{group.name} ")


@pytest.mark.parametrize("name", ["ds", "ops", "project"])
def test_the_reference_lists_every_command(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "template"))
    module = {"ds": "data_science.cli"}.get(name, f"{name}.cli")
    app = importlib.import_module(module).app
    there = dict(callbacks(app))
    text = (REFERENCE / "commands.md").read_text("utf-8")
    rows = dict(re.findall(rf"^\| `{name} ([a-z -]+?)((?: [^a-z `].*?)?)` \|", text, re.MULTILINE))
    assert rows.keys() == there.keys()
    told = {command for command, options in rows.items() if "--json" in options}
    have = {name for name, function in there.items() if "as_json" in function.__annotations__}
    assert told == have


def test_the_reference_lists_every_action_of_the_local_sagemaker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "template" / "vendor" / "sagemaker-local"))
    importlib.import_module("sagemaker_local.wire.server")
    from sagemaker_local.api.actions import ACTIONS

    text = (REFERENCE / "local-sagemaker.md").read_text("utf-8")
    actions = text.partition("## Actions")[2].partition(", and InvokeEndpoint")[0]
    assert set(re.findall(r"\w+", actions)) == set(ACTIONS)


@pytest.mark.parametrize(
    ("what", "module", "table"),
    [
        ("Step types", "sagemaker_local.pipelines.steps", "STEP_TYPES"),
        ("Conditions", "sagemaker_local.pipelines.conditions", "CONDITIONS"),
    ],
)
def test_the_reference_lists_all_that_a_definition_may_hold(
    what: str, module: str, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "template" / "vendor" / "sagemaker-local"))
    known = getattr(importlib.import_module(module), table)
    text = (REFERENCE / "local-sagemaker.md").read_text("utf-8")
    listed = re.search(rf"^{what}: (.*)\.$", text, re.MULTILINE)
    assert listed and set(listed[1].split(", ")) == set(known)


def test_the_metric_of_the_guide_is_one_function_with_one_line_above_it() -> None:
    guide = (ROOT / "docs" / "how-to" / "judge-a-model.md").read_text("utf-8")
    [code] = re.findall(r"^```\n(@.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    path = ROOT / "template" / "data_science" / "steps" / "metrics.py"
    names: dict[str, Any] = {}
    exec(compile(path.read_text("utf-8") + code, path, "exec"), names)
    metric = names["METRICS"]["balanced"]
    assert (metric.problem_type, metric.less_is_better) == ("classification", False)
    judged = SimpleNamespace(confusion=np.array([[3, 1], [0, 2]]))
    assert metric.compute(judged) == (0.75 + 1) / 2


@pytest.mark.parametrize("problem_type", ["regression", "classification"])
def test_the_cell_of_the_guide_tells_shapley_values(problem_type: str) -> None:
    pytest.importorskip("shap", reason="it needs Python 3.12")
    guide = (ROOT / "docs" / "how-to" / "judge-a-model.md").read_text("utf-8")
    [code] = re.findall(r"^```python\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)

    def answer(rows: pd.DataFrame) -> np.ndarray:
        return 0.1 + 0.2 * rows["age"].to_numpy() + 0.4 * (rows["plan"] == "pro").to_numpy()

    def both(rows: pd.DataFrame) -> np.ndarray:
        return np.column_stack([answer(rows), 1 - answer(rows)])

    estimator = SimpleNamespace(
        predict=answer, predict_proba=both, classes_=np.array(["yes", "no"])
    )
    names: dict[str, Any] = {
        "pd": pd,
        "test": pd.DataFrame({"age": [0.0, 1.0, 2.0, 1.0], "plan": ["pro", "", "pro", "pro"]}),
        "target": "left",
        "schema": {"columns": {"age": "number", "left": ["no", "yes"], "plan": "category"}},
        "problem_type": problem_type,
        "settings": SimpleNamespace(quality=SimpleNamespace(positive="yes")),
        "model": SimpleNamespace(
            prepare=SimpleNamespace(transform=lambda rows: rows), estimator=estimator
        ),
    }
    exec(code, names)
    # Of a sum, the Shapley value of a feature is how far its term is from the term's mean.
    age, plan = [-0.2, 0.0, 0.2, 0.0], [0.1, -0.3, 0.1, 0.1]
    assert names["shares"].values == pytest.approx(np.array([age, plan]).T)
    assert names["shares"].base_values == pytest.approx(0.1 + 0.2 + 0.3)
