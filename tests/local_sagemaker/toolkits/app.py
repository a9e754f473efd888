"""The application that the container's `serve` starts, made of the published toolkit's parts.

The container's own module for it is not published; it does what this one does: it hands the
functions of the user's module, or the defaults for scikit-learn, to the toolkit's transformer.
"""

import importlib

import numpy as np
from sagemaker_containers.beta.framework import content_types, encoders, env, transformer, worker

_application = None


def _input(body, content_type):
    array = encoders.decode(body, content_type)
    return array.astype(np.float32) if content_type in content_types.UTF8_TYPES else array


def _predict(data, model):
    return model.predict(data)


def _output(prediction, accept):
    return worker.Response(encoders.encode(prediction, accept), mimetype=accept)


def main(environ, start_response):
    global _application
    if _application is None:
        name = env.ServingEnv().module_name
        module = importlib.import_module(name)
        functions = {
            key: getattr(module, key, None)
            for key in ("model_fn", "input_fn", "predict_fn", "output_fn", "transform_fn")
        }
        if functions["transform_fn"] is None:
            defaults = {"input_fn": _input, "predict_fn": _predict, "output_fn": _output}
            functions |= {key: functions[key] or default for key, default in defaults.items()}
        transforming = transformer.Transformer(**functions)
        transforming.initialize()
        _application = worker.Worker(transform_fn=transforming.transform, module_name=name)
    return _application(environ, start_response)
