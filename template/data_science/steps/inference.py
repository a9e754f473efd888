"""Serves the model behind an endpoint; it lies in the model artefact as `code/inference.py`.

Takes `text/csv` (a row a line, the features in the order of `schema.json`, no header) and
`application/json` (`{"instances": [{"feature": value, …}, …]}`); answers
`{"predictions": […]}`, for a classifier with `"probabilities": [{class: p, …}, …]`.
Source of the four functions: the SageMaker scikit-learn container's inference contract.
It imports no other file of this folder, since the container installs it on its own.
"""

import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import pandas as pd
from sklearn.pipeline import Pipeline

MISSING = ("NA", "N/A", "NaN", "nan", "NULL", "null", "None")
"""Texts that stand for no number, as in the training data."""


class Model(NamedTuple):
    """A trained model and the columns it takes, each with its type."""

    pipeline: Pipeline
    features: dict[str, str | list[str]]


def model_fn(model_dir: str) -> Model:
    """Load the model from the unpacked artefact."""
    folder = Path(model_dir)
    schema = json.loads((folder / "code" / "schema.json").read_text("utf-8"))
    features = {name: kind for name, kind in schema["columns"].items() if name != schema["target"]}
    return Model(joblib.load(folder / "model.joblib"), features)


def input_fn(body: str | bytes, content_type: str) -> pd.DataFrame:
    """Parse a request into rows; columns without a name are counted from 0.

    Raises
    ------
    ValueError : the content type is not supported, or the body is malformed.
    """
    text = body.decode("utf-8") if isinstance(body, bytes) else body
    kind = content_type.partition(";")[0].strip()
    if kind == "text/csv":
        return pd.read_csv(
            io.StringIO(text),
            header=None,
            dtype=str,
            skipinitialspace=True,
            keep_default_na=False,
            na_values=[""],
        )
    if kind == "application/json":
        document = json.loads(text)
        if not isinstance(document, dict) or not isinstance(document.get("instances"), list):
            raise ValueError('the JSON body must be {"instances": [{"feature": value, …}, …]}')
        return pd.DataFrame(document["instances"])
    raise ValueError(f"content type {content_type} is not supported: text/csv, application/json")


def predict_fn(rows: pd.DataFrame, model: Model) -> dict[str, Any]:
    """Predict each row.

    Raises
    ------
    ValueError : a column is missing or holds a value of the wrong type.
    """
    names = list(model.features)
    if all(isinstance(name, int) for name in rows.columns):
        if rows.shape[1] != len(names):
            raise ValueError(f"a row has {rows.shape[1]} values, not {len(names)}")
        rows = rows.set_axis(names, axis=1)
    lacking = [name for name in names if name not in rows]
    if lacking:
        raise ValueError(f"missing features: {', '.join(lacking)}")
    table = pd.DataFrame(
        {
            name: _numbers(rows[name]) if kind == "number" else rows[name]
            for name, kind in model.features.items()
        }
    )
    answer: dict[str, Any] = {"predictions": model.pipeline.predict(table).tolist()}
    if hasattr(model.pipeline, "predict_proba"):
        classes = model.pipeline.classes_.tolist()
        answer["probabilities"] = [
            dict(zip(classes, row, strict=True))
            for row in model.pipeline.predict_proba(table).tolist()
        ]
    return answer


def _numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column.where(~column.isin(MISSING))).astype("float64")


def output_fn(answer: dict[str, Any], accept: str) -> tuple[str, str]:
    """Write the answer as JSON, whatever of JSON and `*/*` the client accepts."""
    return json.dumps(answer), "application/json"
