"""Turns columns of each kind into the numbers that an estimator takes.

It lies beside `inference.py` in the model artefact, which calls these functions.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from derived import DERIVED, derive
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

MOST_CATEGORIES = 50
"""Of a `"category"` so many are told apart: the most frequent ones, and the others as one."""

WORDS = 2**12
"""Words of a `"text"` that are told apart, at most."""


def preparation(columns: Mapping[str, str | list[str]]) -> ColumnTransformer:
    """Return an untrained transformer of the features.

    Parameters
    ----------
    columns : what each feature holds, as `schema.json` says it.
    """

    def named(*kinds: str) -> list[str]:
        return [name for name, kind in columns.items() if kind in kinds]

    lists = {name: kind for name, kind in columns.items() if isinstance(kind, list)}
    parts = [
        ("number", _scaled(), named("number", "boolean")),
        ("date", make_pipeline(FunctionTransformer(date_parts), _scaled()), named("date")),
        (
            "list",
            make_pipeline(
                SimpleImputer(strategy="most_frequent", keep_empty_features=True),
                # A category that is not declared is refused when the data are read, unless
                # the schema lets it through as unknown.
                OneHotEncoder(categories=list(lists.values()), handle_unknown="ignore"),
            ),
            list(lists),
        ),
        (
            "category",
            make_pipeline(
                SimpleImputer(strategy="constant", fill_value="", keep_empty_features=True),
                OneHotEncoder(max_categories=MOST_CATEGORIES, handle_unknown="infrequent_if_exist"),
            ),
            named("category"),
        ),
        *[(f"text {name}", _words(), name) for name in named("text")],
    ]
    return ColumnTransformer([part for part in parts if part[2]])


def add_derived(features: pd.DataFrame) -> pd.DataFrame:
    """Return the features with those of `derived.py`, where what is not finite is empty."""
    table = derive(features)
    numbers = [name for name, kind in DERIVED.items() if kind == "number"]
    return table.assign(**table[numbers].replace([np.inf, -np.inf], np.nan))


def date_parts(dates: pd.DataFrame) -> pd.DataFrame:
    """Return the parts of each date: days since 1970, month, day, day of the week, hour."""
    parts: dict[str, pd.Series] = {}
    for name, column in dates.items():
        date = column.dt
        parts |= {
            f"{name} days": (column - pd.Timestamp(0)) / pd.Timedelta(days=1),
            f"{name} month": date.month,
            f"{name} day": date.day,
            f"{name} weekday": date.dayofweek,
            f"{name} hour": date.hour,
        }
    return pd.DataFrame(parts, dtype="float64")


def filled(texts: pd.Series) -> pd.Series:
    """Return a column of texts, the empty ones without a word."""
    return texts.fillna("")


def _scaled() -> object:
    # A column that is empty in the training set, not in the whole data, must keep its place.
    return make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())


def _words() -> object:
    return make_pipeline(
        FunctionTransformer(filled),
        HashingVectorizer(n_features=WORDS, alternate_sign=False, norm=None),
        TfidfTransformer(),
    )
