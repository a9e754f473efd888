"""Answers requests with a user's inference code as SageMaker's serving toolkit does.

Source: sagemaker-containers 2.8.6 with Flask 3.1, and the scikit-learn container's default
functions; a test runs both and compares the answers.
"""

import csv
import importlib
import io
import json
import os
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any

from werkzeug.exceptions import InternalServerError
from werkzeug.wrappers import Response

_JSON, _CSV, _NPY = "application/json", "text/csv", "application/x-npy"
_ONE_BY_ONE = ("input_fn", "predict_fn", "output_fn")

Answer = Callable[[bytes, str | None, str | None], Response]
"""From body, content type and accepted type of a request to the response."""


def load(model_dir: str) -> Answer:
    """Load the model and return what answers a request.

    Parameters
    ----------
    model_dir : the unpacked archive; `SAGEMAKER_PROGRAM` names its module.

    Raises
    ------
    ValueError : the module has `transform_fn` beside functions that it stands for.
    NotImplementedError : it has no `model_fn`.
    """
    program = os.environ["SAGEMAKER_PROGRAM"]
    module = importlib.import_module(program.removesuffix(".py"))
    if not hasattr(module, "model_fn"):
        raise NotImplementedError(f"{program} has no model_fn")
    transform = _transformation(module, program)
    model = module.model_fn(model_dir)
    default_accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", _JSON)

    def answer(body: bytes, content_type: str | None, accept: str | None) -> Response:
        kind = content_type or _JSON
        wanted = default_accept if accept in (None, "", "*/*") else accept
        # Exactly these: with a parameter behind it, or in capitals, the body stays bytes.
        given: Any = body.decode(errors="replace") if kind in (_JSON, _CSV) else body
        try:
            return _response(transform(model, given, kind, wanted))
        except Exception:
            traceback.print_exc()
            return Response.force_type(InternalServerError().get_response())

    return answer


def _transformation(module: ModuleType, program: str) -> Callable[..., Any]:
    own = [name for name in _ONE_BY_ONE if hasattr(module, name)]
    if hasattr(module, "transform_fn"):
        if own:
            raise ValueError(f"{program} has transform_fn, so it must not have {own[0]}")
        whole: Callable[..., Any] = module.transform_fn
        return whole
    read = getattr(module, "input_fn", _read)
    predict = getattr(module, "predict_fn", _predict)
    write = getattr(module, "output_fn", _write)
    return lambda model, body, kind, accept: write(predict(read(body, kind), model), accept)


def _response(result: Any) -> Response:
    """Return a function's result as the toolkit, and Flask behind it, make a response of it."""
    if isinstance(result, tuple):
        return Response(result[0], mimetype=result[1])
    if isinstance(result, Response):
        return result
    if isinstance(result, str | bytes | bytearray):
        return Response(
            bytes(result) if isinstance(result, bytearray) else result, mimetype="text/html"
        )
    if isinstance(result, dict | list):
        text = json.dumps(result, sort_keys=True, separators=(",", ":"))
        return Response(f"{text}\n", mimetype=_JSON)
    raise TypeError(f"the inference code returned {type(result).__name__}, which is no response")


def _read(body: Any, content_type: str) -> Any:
    import numpy as np

    if content_type == _NPY:
        return np.load(io.BytesIO(body))
    if content_type == _JSON:
        return np.array(json.loads(body)).astype(np.float32)
    if content_type == _CSV:
        rows = list(csv.reader(io.StringIO(body), strict=True))
        return np.array(rows).squeeze().astype(np.float64).astype(np.float32)
    raise ValueError(f"content type {content_type} is not supported; write an input_fn")


def _predict(data: Any, model: Any) -> Any:
    return model.predict(data)


def _write(prediction: Any, accept: str) -> Response:
    import numpy as np

    if accept == _JSON:
        return Response(json.dumps(prediction, default=lambda one: one.tolist()), mimetype=accept)
    array = np.array(prediction)
    if accept == _CSV:
        text = io.StringIO()
        rows = array.reshape(-1, 1) if array.ndim == 1 else array
        csv.writer(text, lineterminator="\n").writerows(rows)
        return Response(text.getvalue(), mimetype=accept)
    if accept == _NPY:
        stored = io.BytesIO()
        np.save(stored, array)
        return Response(stored.getvalue(), mimetype=accept)
    raise ValueError(f"content type {accept} is not supported; write an output_fn")
