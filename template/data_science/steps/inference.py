"""Serves the model behind an endpoint; it lies in the model artefact as `code/inference.py`.

Takes `text/csv` (a row a line, the features in the order of `schema.json`, no header) and
`application/json` (`{"instances": [{"feature": value, …}, …]}`); answers
`{"predictions": […]}`, for a classifier with `"probabilities": [{class: p, …}, …]`.
A request that it cannot read gets status 400 and `{"row": …, "column": …, "reason": …}`. A row
with an undeclared category is answered with null and named in `"refused"`, the others as usual.
Source of the two functions: the SageMaker scikit-learn container's inference contract. The
container imports this file together with those beside it.
"""

import io
import json
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import joblib
import pandas as pd
from columns import Schema, features, parse_schema
from sklearn.pipeline import Pipeline
from table import DataError, check_lengths, parse_csv, to_table

JSON = "application/json"


class Model(NamedTuple):
    """A trained model, in its two parts, and the columns it takes.

    The preparation is a pass of its own, so that classes and probabilities need only one.
    """

    prepare: Any
    estimator: Any
    schema: Schema


class RequestError(DataError):
    """The request is of a kind that is not served.

    Attributes
    ----------
    status : of the HTTP answer.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def model_fn(model_dir: str) -> Model:
    """Load the model from the unpacked artefact."""
    folder = Path(model_dir)
    pipeline: Pipeline = joblib.load(folder / "model.joblib")
    schema = parse_schema((folder / "code" / "schema.json").read_bytes())
    # A pipeline of one step costs a tenth of a small request's time more than the step does.
    return Model(pipeline[0] if len(pipeline) == 2 else pipeline[:-1], pipeline[-1], schema)


def transform_fn(model: Model, body: str | bytes, content_type: str, accept: str) -> Any:
    """Answer a request.

    Returns
    -------
    The JSON document and its content type; a response with a status of its own when the request
    is refused.
    """
    try:
        if not _accepts_json(accept):
            raise RequestError(406, f"it answers {JSON}, not {accept}")
        return json.dumps(answer(model, body, content_type)), JSON
    except DataError as error:
        # Only a refusal needs it: a project without the local SageMaker may not have it.
        from werkzeug import Response

        status = error.status if isinstance(error, RequestError) else 400
        return Response(json.dumps(_named(error)), status, mimetype=JSON)


def answer(model: Model, body: str | bytes, content_type: str) -> dict[str, Any]:
    """Return the answer to the rows of a request.

    Raises
    ------
    DataError : the request cannot be read, or none of its rows can be answered.
    """
    kinds = features(model.schema)
    table, refused = to_table(_cells(body, content_type, list(kinds)), kinds, model.schema)
    if not refused:
        return _predict(model, table)
    if len(refused) == len(table):
        raise refused[min(refused)]
    kept = [row for row in range(len(table)) if row not in refused]
    whole: dict[str, Any] = {}
    for name, values in _predict(model, table.iloc[kept]).items():
        found = dict(zip(kept, values, strict=True))
        whole[name] = [found.get(row) for row in range(len(table))]
    return {**whole, "refused": [_named(refused[row]) for row in sorted(refused)]}


def _predict(model: Model, table: pd.DataFrame) -> dict[str, Any]:
    prepared = model.prepare.transform(table)
    answer: dict[str, Any] = {"predictions": model.estimator.predict(prepared).tolist()}
    if hasattr(model.estimator, "predict_proba"):
        classes = model.estimator.classes_.tolist()
        answer["probabilities"] = [
            dict(zip(classes, row, strict=True))
            for row in model.estimator.predict_proba(prepared).tolist()
        ]
    return answer


def _cells(body: str | bytes, content_type: str, names: list[str]) -> dict[str, Any]:
    """Return the columns of a request, by the names of the features."""
    kind, *parameters = (part.strip() for part in content_type.lower().split(";"))
    if kind not in ("text/csv", JSON):
        raise RequestError(415, f"content type {content_type} is not served: text/csv, {JSON} are")
    text = body if isinstance(body, str) else _decode(body, parameters)
    if kind == "text/csv":
        rows = parse_csv(io.StringIO(text, newline=""))
        if not rows:
            raise DataError("the request holds no rows")
        check_lengths(rows, len(names))
        return dict(zip(names, zip(*rows, strict=True), strict=True))
    try:
        document = _JSON.decode(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"it is not JSON: {error}") from None
    instances = document.get("instances") if isinstance(document, dict) else None
    if not isinstance(instances, list) or not all(isinstance(one, dict) for one in instances):
        raise DataError('the JSON body must be {"instances": [{"feature": value, …}, …]}')
    if not instances:
        raise DataError("the request holds no rows")
    try:
        return {name: [instance[name] for instance in instances] for name in names}
    except KeyError:
        row, name = next(
            (row, name)
            for row, instance in enumerate(instances, 1)
            for name in names
            if name not in instance
        )
        raise DataError("the value is missing; send null for an empty one", name, row) from None


def _decode(body: bytes, parameters: list[str]) -> str:
    charsets = [part.partition("=")[2].strip('" ') for part in parameters if "charset" in part]
    charset = charsets[0] if charsets else "utf-8"
    try:
        return body.decode(charset)
    except (LookupError, UnicodeDecodeError):
        raise DataError(f"the body is not {charset} text") from None


def _accepts_json(accept: str) -> bool:
    if accept in (JSON, "*/*"):
        return True
    from werkzeug.datastructures import MIMEAccept
    from werkzeug.http import parse_accept_header

    return parse_accept_header(accept, MIMEAccept).best_match([JSON]) is not None


def _named(error: DataError) -> dict[str, Any]:
    return {"row": error.row, "column": error.column, "reason": error.reason}


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")


_JSON = json.JSONDecoder(parse_constant=_not_json)
