"""Decides how a table becomes the project's: its schema, and the settings that fit the target."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from data_science.adopt.kinds import Column
from data_science.adopt.profile import Profile
from data_science.config.quality import METRICS
from project.errors import ProjectError

ProblemType = Literal["classification", "regression"]

FEW_NUMBERS = 20
"""A target of so many whole numbers may be meant as classes; the project's problem type says."""

MOST_CLASSES = 100
FEWEST_ROWS = 10
"""A class with fewer rows cannot be learnt and tested."""

_DEFAULT_METRIC = {"classification": "f1", "regression": "r2"}


@dataclass(frozen=True)
class Plan:
    """How a table becomes the project's.

    Attributes
    ----------
    schema : the content of `schema.json`.
    problem_type : that the target asks for.
    table : the rows to learn from, with all columns of the source, every cell text or None.
    settings : the values of `settings.yaml` that fit, by key and key below it.
    notes : what was decided, in sentences, for a person to judge.
    """

    schema: dict[str, Any]
    problem_type: ProblemType
    table: pd.DataFrame
    settings: dict[tuple[str, str], Any]
    notes: list[str]


def problem_type_of(target: str, column: Column, asked: str | None, project: str) -> ProblemType:
    """Return what kind of problem it is to predict a column.

    Parameters
    ----------
    target, column : its name, and what it holds.
    asked : what the user says it is; None to go by what it holds.
    project : the project's problem type, which decides where both would do.

    Raises
    ------
    ProjectError : it cannot be predicted so.
    """
    if asked == "regression" and column.kind != "number":
        raise ProjectError(f"{target} holds no numbers: leave --problem-type out to predict it")
    numbers = column.values.dropna()
    if asked == "regression":
        return "regression"
    if asked == "classification" or column.kind != "number" or numbers.nunique() <= 2:
        return "classification"
    few = numbers.nunique() <= FEW_NUMBERS and bool((numbers % 1 == 0).all())
    return "classification" if few and project == "classification" else "regression"


def make_plan(
    found: Profile, target: str, problem_type: ProblemType, quality: Mapping[str, Any]
) -> Plan:
    """Return how a table becomes the project's.

    Parameters
    ----------
    found : what it holds.
    target : the column to predict.
    problem_type : of predicting it.
    quality : the project's quality rule as it stands.

    Raises
    ------
    ProjectError : nothing can be learnt from it, and what to do.
    """
    wanted, notes = found.columns[target], []
    features = [name for name in found.columns if name not in found.left_out and name != target]
    if not features:
        raise ProjectError(f"no column beside {target} tells anything; see what was found above")
    truth = wanted.texts.dropna()
    if len(truth) < len(wanted.texts):
        notes.append(f"{len(wanted.texts) - len(truth)} rows without a {target} are left out")
    if problem_type == "regression":
        if truth.nunique() < 2:
            raise ProjectError(_one_value(target, truth))
        kind: str | list[str] = "number"
    else:
        counts = truth.value_counts()
        if len(counts) > MOST_CLASSES:
            raise ProjectError(
                f"{target} has {len(counts)} different values, too many for classes; name another "
                "column with --target"
            )
        rare = sorted(counts.index[counts < FEWEST_ROWS])
        if len(counts) < 2:
            raise ProjectError(_one_value(target, truth))
        if len(counts) - len(rare) < 2:
            raise ProjectError(_too_few_rows(target, counts))
        for name in rare:
            notes.append(f"{counts[name]} rows of class {name!r} are left out: too few to learn")
        truth = truth[~truth.isin(rare)]
        kind = sorted(set(truth))
    kinds = {name: _kind(found.columns[name]) for name in features} | {target: kind}
    columns = {name: kinds[name] for name in found.columns if name in kinds}
    by = _time(found, truth, problem_type)
    # All of them, so that a column that is no feature may be what the rows are split by.
    table = pd.DataFrame(
        {name: column.texts.loc[truth.index] for name, column in found.columns.items()}
    )
    _take_out_empty(table, columns)
    if by is not None:
        notes.append(f"the rows are in the order of {by}: the latest are the test set")
    settings: dict[tuple[str, str], Any] = {
        ("data", "split"): "stratified" if by is None else "time",
        ("data", "split_by"): by,
    }
    settings |= {("quality", key): value for key, value in _quality(kind, truth, quality).items()}
    return Plan({"target": target, "columns": columns}, problem_type, table, settings, notes)


def _one_value(target: str, truth: pd.Series) -> str:
    held = "no value" if truth.empty else f"the value {truth.mode().iloc[0]!r}"
    return f"{target} holds {held} alone: nothing is to be predicted; name another with --target"


def _too_few_rows(target: str, counts: "pd.Series[int]") -> str:
    (most, rows), *others = sorted(counts.items(), key=lambda one: (-one[1], str(one[0])))
    shown = ", ".join([f"{rows} rows of {most!r}", *(f"{n} of {name!r}" for name, n in others[:2])])
    more = f" and {len(others) - 2} more classes" if len(others) > 2 else ""
    return (
        f"{target} has {shown}{more}: two classes of at least {FEWEST_ROWS} rows each are needed; "
        "add rows, or name another column with --target"
    )


def _kind(column: Column) -> str | list[str]:
    return column.listed or column.kind


def _take_out_empty(table: pd.DataFrame, columns: dict[str, Any]) -> None:
    """Take out features, and categories, that were only in rows that are left out."""
    for name, kind in list(columns.items()):
        if table[name].isna().all():
            del columns[name]
        elif isinstance(kind, list):
            columns[name] = sorted(set(table[name].dropna()))


def _time(found: Profile, truth: pd.Series, problem_type: ProblemType) -> str | None:
    """Return the column that the rows are in the order of, if it is one that is a date."""
    dates = [name for name, column in found.columns.items() if column.kind == "date"]
    if len(dates) != 1:
        return None
    times = found.columns[dates[0]].values.loc[truth.index]
    if times.isna().any() or times.nunique() < FEWEST_ROWS:
        return None
    if not (times.is_monotonic_increasing or times.is_monotonic_decreasing):
        return None
    if problem_type == "classification":
        # Each class must be learnt, and tested: in the first and the last tenth at least.
        order, tenth = truth.loc[times.sort_values(kind="stable").index], len(truth) // 10
        if {*order.head(tenth)} != {*truth} or {*order.tail(tenth)} != {*truth}:
            return None
    return dates[0]


def _quality(kind: str | list[str], truth: pd.Series, current: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule that asks of a model that it is better than guessing."""
    problem_type = "regression" if kind == "number" else "classification"
    metric = current.get("metric")
    if metric not in METRICS or METRICS[metric].problem_type != problem_type:
        metric = _DEFAULT_METRIC[problem_type]
    if kind == "number":
        spread = float(pd.to_numeric(truth).std(ddof=0))
        floors = {"r2": 0.0, "rmse": spread, "mae": spread, "mse": spread**2}
        return {"metric": metric, "threshold": _short(floors.get(metric, 0.0)), "positive": None}
    shares = truth.value_counts(normalize=True)
    positive = None
    if len(kind) == 2:
        positive = current.get("positive")
        positive = positive if positive in kind else str(shares.index[-1])
    # Of somebody who guesses each class as often as it is there.
    guessed = float(shares[positive]) if positive is not None else 1 / len(kind)
    floors = {"accuracy": float(shares.max()), "auc": 0.5}
    return {
        "metric": metric,
        "threshold": _short(floors.get(metric, guessed)),
        "positive": positive,
    }


def _short(number: float) -> float:
    return float(f"{number:.3g}")
