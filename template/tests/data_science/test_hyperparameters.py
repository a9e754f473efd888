"""A hyperparameter is declared in one line; settings, `--param` and training follow from it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import hyperparameters
import pytest

from data_science.config import declared
from data_science.config.declared import STEPS
from project.errors import ProjectError


@pytest.fixture
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put declarations in the place of the project's own."""

    def write(text: str | dict[str, Any]) -> None:
        path = tmp_path / "hyperparameters.json"
        path.write_text(text if isinstance(text, str) else json.dumps(text))
        for module in (hyperparameters, declared.rules("hyperparameters")):
            monkeypatch.setattr(module, "__file__", str(tmp_path / "hyperparameters.py"))

    return write


DECLARED = {
    "rate": {"type": "float", "default": 0.1, "min": 0, "max": 1},
    "depth": {"type": "int", "default": 3, "min": 1},
    "warm": {"type": "bool", "default": False},
    "kernel": {"type": "choice", "default": "rbf", "values": ["rbf", "linear"]},
}


def test_values_have_their_declared_type(declare: Any) -> None:
    declare(DECLARED)
    assert declared.hyperparameter_values({"rate": 1, "warm": True}) == {
        "rate": 1.0,
        "depth": 3,
        "warm": True,
        "kernel": "rbf",
    }
    parsed = {
        name: one.parse(text)
        for (name, one), text in zip(
            hyperparameters.load_hyperparameters().items(),
            ("1e-2", "7", "False", "linear"),
            strict=True,
        )
    }
    assert parsed == {"rate": 0.01, "depth": 7, "warm": False, "kernel": "linear"}
    assert [hyperparameters.as_text(value) for value in parsed.values()] == [
        *("0.01", "7", "false", "linear")
    ]


def test_the_ends_of_a_range_are_in_it_and_one_without_ends_takes_any_number(
    declare: Any,
) -> None:
    declare({**DECLARED, "free": {"type": "float", "default": 0}})
    declared_ones = hyperparameters.load_hyperparameters()
    assert [declared_ones["rate"].parse(text) for text in ("0", "1")] == [0, 1]
    assert declared_ones["depth"].parse("1") == 1
    assert declared_ones["free"].parse("-1e300") == -1e300
    assert declared_ones["free"].expected == "a number"
    assert declared_ones["warm"].parse("true") is True


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"rate": True}, "rate must be a number from 0 to 1, not True"),
        ({"rate": None}, "rate must be a number from 0 to 1, not None"),
        ({"rate": 2.0}, "rate must be a number from 0 to 1, not 2.0"),
        ({"rate": float("nan")}, "rate must be a number from 0 to 1, not nan"),
        ({"depth": 1.5}, "depth must be an integer from 1 to inf, not 1.5"),
        ({"warm": 1}, "warm must be true or false, not 1"),
        ({"kernel": "cubic"}, "kernel must be one of rbf, linear, not 'cubic'"),
        ({"GitCommit": "x"}, "GitCommit is not declared in data_science/steps/hyperparameters."),
    ],
)
def test_a_value_that_does_not_fit_is_refused(
    declare: Any, given: dict[str, Any], says: str
) -> None:
    declare(DECLARED)
    with pytest.raises(ProjectError) as refused:
        declared.hyperparameter_values(given)
    assert f"key `hyperparameters`: {says}" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rate=high", "rate must be a number from 0 to 1, not 'high'"),
        ("rate=-1", "rate must be a number from 0 to 1, not -1.0"),
        ("depth=2.5", "depth must be an integer from 1 to inf, not '2.5'"),
        ("warm=yes", "warm must be true or false, not 'yes'"),
        ("kernel=rbf", ""),
    ],
)
def test_a_parameter_of_a_run_is_checked_before_anything_is_sent(
    declare: Any, text: str, says: str
) -> None:
    declare(DECLARED)
    name, _, value = text.partition("=")
    assert declared.hyperparameter_problem({name: value}) == says


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "Expecting property name"),
        ("[]", "must hold {name: {…}, …}"),
        ({"C": {"type": "float", "default": 1.0}}, "'C' is no name for a hyperparameter"),
        ({"a b": {"type": "float", "default": 1.0}}, "'a b' is no name for a hyperparameter"),
        ({"sagemaker_program": {"type": "int", "default": 1}}, "'sagemaker_program' is no name"),
        ({"train": {"type": "int", "default": 1}}, "'train' is no name"),
        ({"GitCommit": {"type": "int", "default": 1}}, "GitCommit is a parameter of the pipeline"),
        ({"depth": {"type": "number", "default": 1}}, "depth: its type must be one of float, int"),
        ({"depth": 3}, "depth: its type must be one of"),
        ({"depth": {"type": "int"}}, "depth: a int has the keys default, max, min, type"),
        ({"depth": {"type": "int", "default": 1, "values": []}}, "depth: a int has the keys"),
        ({"depth": {"type": "int", "default": 0, "min": 1}}, "depth must be an integer from 1"),
        ({"how": {"type": "choice", "default": "a"}}, "how: a choice has the keys"),
        (
            {"how": {"type": "choice", "default": "1", "values": ["1", "a"]}},
            "how: '1' is no value for a choice: use texts that are not JSON values",
        ),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(declare: Any, document: Any, says: str) -> None:
    declare(document)
    with pytest.raises(ProjectError) as refused:
        declared.declared_hyperparameters()
    assert str(refused.value).startswith("data_science/steps/hyperparameters.json: ")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_training_takes_any_number_that_is_in_range(tmp_path: Path) -> None:
    steps = tmp_path / "steps"
    shutil.copytree(STEPS, steps)
    declared = {"shift": {"type": "float", "default": 0.0, "min": -1}}
    (steps / "hyperparameters.json").write_text(json.dumps(declared))
    for value, cause in (
        # Then it looks for the data, which are not there.
        ("-1e-05", "FileNotFoundError: "),
        ("-2", "shift must be a number from -1 to inf, not -2.0"),
    ):
        done = subprocess.run(
            [sys.executable, steps / "train.py", "--shift", value, "--train", tmp_path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr.splitlines()[-1].startswith(cause)
