"""Writes the example data set to `data/dataset.csv`; replace it by your own data.

Both data sets ship inside scikit-learn: breast cancer for classification, diabetes for
regression.
"""

import os
from pathlib import Path

import pandas as pd


def example(problem_type: str) -> pd.DataFrame:
    """Return the example table.

    Parameters
    ----------
    problem_type : `classification` (569 rows, 30 features, target `diagnosis`) or
        `regression` (442 rows, 10 features, target `progression`).
    """
    from sklearn.datasets import load_breast_cancer, load_diabetes

    if problem_type == "classification":
        table: pd.DataFrame = load_breast_cancer(as_frame=True).frame
        names = {0: "malignant", 1: "benign"}
        table["diagnosis"] = table.pop("target").map(names)
        return table.rename(columns=lambda name: name.replace(" ", "_"))
    table = load_diabetes(as_frame=True, scaled=False).frame
    table["sex"] = table["sex"].map({1.0: "a", 2.0: "b"})
    return table.rename(columns={"target": "progression"})


def write_example(path: Path, problem_type: str) -> None:
    """Write the example table to a CSV file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    example(problem_type).to_csv(unfinished, index=False)
    unfinished.replace(path)
