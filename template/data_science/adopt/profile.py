"""What is worth knowing about a table before a model is trained on it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from data_science.adopt.kinds import LISTED, Column, read_column
from data_science.adopt.source import Source

LEAK = 0.99
"""A column from whose value alone the target follows this well knows too much."""

_JUDGED_ROWS = 5000
_FEWEST_OF_A_CLASS = 3
_UNIQUE = 0.98
_MUCH_MISSING = 0.5
_NAMED_ID = re.compile(r"(?:.*[ _-])?(?:id|uuid|guid)|.*[a-z](?:Id|ID)", re.ASCII)
_NUMBERS_THINGS = re.compile(
    r"(?:.*[ _.-])?(?:nr|no|nummer|number|num|key|code|kunde|kundin|customer|client|patient|user|"
    r"account|konto|machine|device)\.?",
    re.IGNORECASE,
)
_CAPITAL_INSIDE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_UNEVEN = 5
"""A value that is there more often than so many times the mean is no number of a thing."""


@dataclass(frozen=True)
class Finding:
    """One thing that a person should know.

    Attributes
    ----------
    column : which column it is about; None for the whole table.
    what : the finding in a word: `leak`, `identifier`, `constant`, `empty`, `duplicate column`,
        `duplicate rows`, `group`, `missing`, `stray`, `written`.
    message : what was found, in a sentence.
    left_out : whether the column is no feature for it.
    """

    column: str | None
    what: str
    message: str
    left_out: bool = False


@dataclass(frozen=True)
class Profile:
    """What a table holds.

    Attributes
    ----------
    source : the table as it was found.
    columns : what each column holds, in the order of the table.
    findings : what a person should know, the gravest first.
    tells : how well the target follows from a column alone, from 0 (not at all) to 1; none
        without a target.
    """

    source: Source
    columns: dict[str, Column]
    findings: list[Finding]
    tells: dict[str, float]

    @property
    def left_out(self) -> set[str]:
        """The columns that are no features."""
        return {one.column for one in self.findings if one.left_out and one.column is not None}


def read_columns(source: Source, day_first: bool | None = None) -> dict[str, Column]:
    """Return what each column of a table holds, in their order; see `read_column`."""
    return {
        str(name): read_column(cells, source.decimal_comma, day_first)
        for name, cells in source.table.items()
    }


def profile(
    source: Source, columns: dict[str, Column], target: str | None, classes: bool
) -> Profile:
    """Return what a table holds.

    Parameters
    ----------
    source, columns : the table, and its columns as `read_columns` returns them.
    target : the column to predict, if it is known.
    classes : whether predicting it is choosing a class.
    """
    tells: dict[str, float] = {}
    found = [*_useless(source.table, columns, target)]
    if target is not None:
        left_out = {one.column for one in found}
        asked = {name: one for name, one in columns.items() if name not in left_out}
        tells = _tells(asked, target, classes)
        found = [*_leaks(tells, target), *found]
    repeated = int(source.table.duplicated().sum())
    if repeated:
        message = f"{repeated} of {len(source.table)} rows are the same as another one"
        found.append(Finding(None, "duplicate rows", message))
    out = {one.column for one in found if one.left_out}
    for name, column in columns.items():
        if name != target and name not in out and _may_group(name, column):
            message = (
                f"has {column.texts.nunique()} values in {len(column.texts)} rows; if it numbers "
                "customers or the like, whose rows belong together, set data.split to group and "
                f"data.split_by to {name}"
            )
            found.append(Finding(name, "group", message))
        found += _about(name, column)
    return Profile(source, columns, found, tells)


def _useless(
    table: pd.DataFrame, columns: dict[str, Column], target: str | None
) -> Iterator[Finding]:
    """Find the columns that nothing can be learnt from."""
    seen: dict[int, str] = {}
    # The target comes first, so that its twin is the one that is left out.
    for name in sorted(columns, key=lambda name: name != target):
        column, cells = columns[name], table[name]
        present = column.texts.dropna()
        key = int(pd.util.hash_pandas_object(cells, index=False).sum())
        twin = seen.setdefault(key, name)
        if present.empty:
            yield Finding(name, "empty", "has no values", True)
        elif present.nunique() == 1:
            value = present.iloc[0]
            yield Finding(name, "constant", f"holds {value!r} in every row that it has", True)
        elif twin != name and cells.equals(table[twin]):
            yield Finding(name, "duplicate column", f"is the same as {twin} in every row", True)
        elif name != target and (why := _identifies(name, column, present)):
            yield Finding(name, "identifier", why, True)


def _identifies(name: str, column: Column, present: pd.Series) -> str:
    """Return in what way a column names rows instead of describing them; empty for in none."""
    if len(present) <= LISTED or column.kind in ("boolean", "date", "text"):
        return ""
    unique = present.nunique()
    if column.kind == "number":
        values = column.values
        if not (values.dropna() % 1 == 0).all():
            return ""
        if (values.diff().iloc[1:] == 1).all():
            return "counts the rows"
    if unique >= _UNIQUE * len(present) and (
        column.kind == "category" or _NAMED_ID.fullmatch(name)
    ):
        return "is different in (almost) every row"
    if _NAMED_ID.fullmatch(name) and unique > LISTED:
        return (
            f"names {unique} things; if rows of one belong together, set data.split to group and "
            f"data.split_by to {name}"
        )
    return ""


def _may_group(name: str, column: Column) -> bool:
    """Whether a column seems to number things that have several rows each, by name and values."""
    if column.kind not in ("number", "category"):
        return False
    if not _NUMBERS_THINGS.fullmatch(_CAPITAL_INSIDE.sub(" ", name)):
        return False
    values = column.values.dropna()
    if column.kind == "number" and not ((values % 1 == 0) & (values >= 0)).all():
        return False
    counts = column.texts.value_counts()
    mean = counts.mean()
    return bool(len(counts) > LISTED and mean >= 2 and counts.max() <= _UNEVEN * mean)


def _about(name: str, column: Column) -> Iterator[Finding]:
    if column.remark:
        yield Finding(name, "written", column.remark)
    if column.stray:
        kind = {"number": "numbers", "date": "dates"}[column.kind]
        some = ", ".join(map(repr, sorted(set(column.stray))[:3]))
        message = f"{len(column.stray)} cells are no {kind}, such as {some}: taken for empty"
        yield Finding(name, "stray", message)
    missing = float(column.texts.isna().mean())
    if 0 < missing < 1:
        share = f"{missing:.1%}" if missing >= 0.001 else "less than 0.1%"
        more = ", more than are not" if missing > _MUCH_MISSING else ""
        yield Finding(name, "missing", f"{share} of the cells are empty{more}")


def _leaks(tells: dict[str, float], target: str) -> Iterator[Finding]:
    for name, score in sorted(tells.items(), key=lambda one: -one[1]):
        if score >= LEAK:
            message = (
                f"tells {target} all by itself ({score:.3f} of 1); if it is not known when a "
                "prediction is asked for, take it out of schema.json"
            )
            yield Finding(name, "leak", message)


def _tells(columns: dict[str, Column], target: str, classes: bool) -> dict[str, float]:
    """Return how well a small tree predicts the target from each column alone.

    It is what the tree is better than guessing: of classes that count the same, or of variance.
    """
    if target not in columns:
        return {}
    wanted = columns[target]
    truth = (wanted.texts if classes else wanted.values).dropna()
    truth = truth.sample(min(len(truth), _JUDGED_ROWS), random_state=0)
    if classes:
        counts = truth.value_counts()
        truth = truth[truth.isin(counts.index[counts >= _FEWEST_OF_A_CLASS])]
    if truth.nunique() < 2:
        return {}
    guessing = 1 / truth.nunique() if classes else 0.0
    # So many leaves follow a smooth target closely enough.
    size = {"max_leaf_nodes": 50, "random_state": 0}
    if classes:
        tree, metric = DecisionTreeClassifier(class_weight="balanced", **size), "balanced_accuracy"
    else:
        fewest = 1 + len(truth) // 200
        tree, metric = DecisionTreeRegressor(min_samples_leaf=fewest, **size), "r2"
    found = {}
    for name, column in columns.items():
        if name == target or column.kind == "text":
            continue
        codes = _codes(column).loc[truth.index].to_numpy().reshape(-1, 1)
        score = cross_val_score(tree, codes, truth, cv=3, scoring=metric).mean()
        found[name] = max(0.0, float((score - guessing) / (1 - guessing)))
    return found


def _codes(column: Column) -> pd.Series:
    """Return a number for each value, by which a tree can tell them apart; -1 for empty."""
    if column.kind == "number":
        return column.values.fillna(column.values.min() - 1)
    if column.kind == "date":
        return column.values.astype("int64").astype("float64")
    return pd.Series(pd.factorize(column.texts)[0], index=column.texts.index)
