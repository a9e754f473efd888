"""Inference code of the XGBoost container's own algorithm, as the serving toolkit takes it.

Source: aws/sagemaker-xgboost-container, `algorithm_mode/serve.py` and `serve_utils.py`.
"""

import csv
import io
import json
import os
import pickle
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Response

_CSV, _JSON, _LINES = "text/csv", "application/json", "application/jsonlines"
_LIBSVM = ("text/libsvm", "text/x-libsvm")


def model_fn(model_dir: str) -> Any:
    """Return the Booster that is the first file of the model."""
    import xgboost

    files = [path for path in sorted(Path(model_dir).iterdir()) if path.is_file()]
    path = next(path for path in files if not path.name.startswith("."))
    try:
        return pickle.loads(path.read_bytes())
    except Exception:
        booster = xgboost.Booster()
        booster.load_model(bytearray(path.read_bytes()))
        return booster


def transform_fn(model: Any, body: str | bytes, content_type: str, accept: str) -> Response:
    """Answer a request of CSV or libsvm, none of which has labels."""
    text = (body.decode() if isinstance(body, bytes) else body).strip()
    if not text:
        return Response("", status=204)
    kind = content_type.lower().partition(";")[0].strip()
    try:
        matrix = _read(text, kind)
    except Exception as error:
        return Response(str(error), status=415)
    try:
        answers = model.predict(matrix, validate_features=False).tolist()
    except Exception as error:
        return Response(f"Unable to evaluate payload provided: {error}", status=400)
    if os.environ.get("SAGEMAKER_BATCH"):
        return Response("\n".join(map(str, answers)) + "\n", mimetype=_CSV)
    if accept == _CSV:
        rows = io.StringIO()
        writer = csv.writer(rows, lineterminator="\n")
        writer.writerows(one if isinstance(one, list) else [one] for one in answers)
        return Response(rows.getvalue(), mimetype=_CSV)
    scores = [{"score": one} for one in answers]
    if accept == _JSON:
        return Response(json.dumps({"predictions": scores}), mimetype=_JSON)
    if accept == _LINES:
        return Response("".join(f"{json.dumps(one)}\n" for one in scores), mimetype=_LINES)
    return Response(f"Accept type {accept} is not supported.", status=406)


def _read(text: str, kind: str) -> Any:
    import numpy as np
    import xgboost
    from scipy.sparse import csr_matrix

    if kind == _CSV:
        rows = [[float(cell or "nan") for cell in row] for row in csv.reader(io.StringIO(text))]
        return xgboost.DMatrix(np.array(rows))
    if kind not in _LIBSVM:
        raise ValueError(f"Content-type {kind} is not supported.")
    cells = [
        (row, int(index), float(value))
        for row, line in enumerate(text.split("\n"))
        for index, value in (item.split(":") for item in line.split() if ":" in item)
    ]
    row_numbers, columns, values = zip(*cells, strict=True)
    return xgboost.DMatrix(csr_matrix((values, (row_numbers, columns))))
