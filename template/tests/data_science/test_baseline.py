"""The drift baseline of training data, as SageMaker Model Monitor's schemas want it."""

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from baseline import write_baseline

KINDS: dict[str, str | list[str]] = {
    "amount": "number",
    "debt": "number",
    "land": ["fr", "de", "it"],
    "said": "text",
}


@pytest.fixture
def written(tmp_path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Describe four rows; return the statistics and the constraints."""
    table = pd.DataFrame(
        {
            "amount": [0.0, 2.0, 4.0, math.nan],
            "debt": [-1.0, 0.0, 0.0, 1.0],
            "land": ["fr", "de", "fr", math.nan],
            "said": ["b", "a", "b", "b"],
            "target": [1.0, 2.0, 3.0, 4.0],
        }
    )
    write_baseline(table, KINDS, tmp_path)
    names = ("statistics", "constraints")
    statistics, constraints = (
        json.loads((tmp_path / f"{name}.json").read_text()) for name in names
    )
    return statistics, constraints


def test_the_statistics_are_those_of_a_hand(written: tuple[dict[str, Any], Any]) -> None:
    statistics, _ = written
    amount, debt, land, said = statistics.pop("features")
    assert statistics == {"version": 0.0, "dataset": {"item_count": 4}}
    numbers = amount["numerical_statistics"]
    # Ten buckets from 0 to 4: 2 begins the sixth.
    counts = [1, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    [buckets] = numbers.pop("distribution")["kll"].values()
    assert [list(bucket) for bucket in buckets] == [["lower_bound", "upper_bound", "count"]] * 10
    assert [bucket["count"] for bucket in buckets] == counts
    assert [bucket["lower_bound"] for bucket in buckets] == pytest.approx(
        [0.4 * place for place in range(10)]
    )
    assert buckets[9]["upper_bound"] == 4
    assert numbers == {
        "common": {"num_present": 3, "num_missing": 1},
        "mean": 2.0,
        "sum": 6.0,
        # The squares of -2, 0 and 2 by three.
        "std_dev": pytest.approx(math.sqrt(8 / 3)),
        "min": 0.0,
        "max": 4.0,
    }
    assert (amount["name"], amount["inferred_type"]) == ("amount", "Fractional")
    assert list(debt) == ["name", "inferred_type", "numerical_statistics"]
    assert list(debt["numerical_statistics"]["distribution"]) == ["kll"]
    assert list(debt["numerical_statistics"]["distribution"]["kll"]) == ["buckets"]
    assert land == {
        "name": "land",
        "inferred_type": "String",
        "string_statistics": {
            "common": {"num_present": 3, "num_missing": 1},
            "distinct_count": 2,
            "distribution": {
                "categorical": {
                    "buckets": [{"value": "de", "count": 1}, {"value": "fr", "count": 2}]
                }
            },
        },
    }
    assert said["string_statistics"]["common"] == {"num_present": 4, "num_missing": 0}


def test_the_constraints_are_what_was_seen(written: tuple[Any, dict[str, Any]]) -> None:
    _, constraints = written
    assert constraints == {
        "version": 0.0,
        "features": [
            {
                "name": "amount",
                "inferred_type": "Fractional",
                "completeness": 0.75,
                "num_constraints": {"is_non_negative": True},
            },
            {
                "name": "debt",
                "inferred_type": "Fractional",
                "completeness": 1.0,
                "num_constraints": {"is_non_negative": False},
            },
            {
                "name": "land",
                "inferred_type": "String",
                "completeness": 0.75,
                "string_constraints": {"domains": ["de", "fr"]},
            },
            # An unseen text breaks nothing.
            {"name": "said", "inferred_type": "String", "completeness": 1.0},
        ],
    }


def test_of_many_texts_the_most_frequent_hundred_are_counted(tmp_path: Path) -> None:
    texts = [f"{number:03}" for number in range(101)]
    write_baseline(pd.DataFrame({"said": texts + texts[1:]}), {"said": "text"}, tmp_path)
    [said] = json.loads((tmp_path / "statistics.json").read_text())["features"]
    strings = said["string_statistics"]
    assert strings["distinct_count"] == 101
    buckets = strings["distribution"]["categorical"]["buckets"]
    assert [bucket["value"] for bucket in buckets] == texts[1:]
