"""Describes the training data in the files that SageMaker Model Monitor compares traffic with.

Source: "Schema for Statistics" and "Schema for Constraints" in the SageMaker developer guide.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from histogram import histogram

BUCKETS = 10

MOST_VALUES = 100
"""Of texts of any content, so many are counted: the most frequent ones."""


def write_baseline(
    table: pd.DataFrame, features: Mapping[str, str | list[str]], folder: Path
) -> None:
    """Write `statistics.json` and `constraints.json`.

    Parameters
    ----------
    table : the training set, as `table.typed` returns it.
    features : its columns to describe, each with what it may hold.
    folder : an existing folder.
    """
    statistics = {
        "version": 0.0,
        "dataset": {"item_count": len(table)},
        "features": [_statistics(table[name]) for name in features],
    }
    constraints = {
        "version": 0.0,
        "features": [_constraints(table[name], kind) for name, kind in features.items()],
    }
    (folder / "statistics.json").write_text(json.dumps(statistics, indent=2))
    (folder / "constraints.json").write_text(json.dumps(constraints, indent=2))


def _statistics(column: pd.Series) -> dict[str, Any]:
    present = column.dropna()
    common = {"num_present": len(present), "num_missing": len(column) - len(present)}
    if column.dtype == "float64":
        counts, edges = histogram(present, bins=BUCKETS)
        buckets = [
            {"lower_bound": float(low), "upper_bound": float(high), "count": int(count)}
            for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
        ]
        numbers = {
            "common": common,
            "mean": float(present.mean()),
            "sum": float(present.sum()),
            "std_dev": float(present.std(ddof=0)),
            "min": float(present.min()),
            "max": float(present.max()),
            "distribution": {"kll": {"buckets": buckets}},
        }
        return {
            "name": column.name,
            "inferred_type": "Fractional",
            "numerical_statistics": numbers,
        }
    values = present.value_counts()
    counted = values.head(MOST_VALUES).sort_index()
    categories = [{"value": str(value), "count": int(count)} for value, count in counted.items()]
    strings = {
        "common": common,
        "distinct_count": len(values),
        "distribution": {"categorical": {"buckets": categories}},
    }
    return {"name": column.name, "inferred_type": "String", "string_statistics": strings}


def _constraints(column: pd.Series, kind: str | list[str]) -> dict[str, Any]:
    completeness = float(column.notna().mean())
    if column.dtype == "float64":
        return {
            "name": column.name,
            "inferred_type": "Fractional",
            "completeness": completeness,
            "num_constraints": {"is_non_negative": bool((column.dropna() >= 0).all())},
        }
    constraints: dict[str, Any] = {
        "name": column.name,
        "inferred_type": "String",
        "completeness": completeness,
    }
    # Where any text is taken, one that was not seen breaks nothing.
    if isinstance(kind, list):
        constraints["string_constraints"] = {"domains": sorted(column.dropna().unique())}
    return constraints
