"""What is known of the XGBoost container without its library: its images, its metrics.

Source: aws/sagemaker-xgboost-container, `algorithm_mode` and `constants`.
"""

import importlib.util
import re
from collections.abc import Mapping

_IMAGE = re.compile(r"(?:.*/)?(?:sagemaker-)?xgboost(?::(?P<tag>[\w.-]+))?(?:@.*)?")
# Since the image 1.3-1 the model is in XGBoost's own format.
_OWN_FORMAT = (1, 3)
MAXIMIZED = (
    *(
        "accuracy",
        "auc",
        "aucpr",
        "balanced_accuracy",
        "f1",
        "f1_binary",
        "f1_macro",
        "map",
        "ndcg",
    ),
    *("precision", "precision_macro", "precision_micro", "r2", "recall", "recall_macro"),
    "recall_micro",
)
MINIMIZED = (
    *("aft-nloglik", "cox-nloglik", "error", "gamma-deviance", "gamma-nloglik", "logloss", "mae"),
    *("interval-regression-accuracy", "mape", "merror", "mlogloss", "mphe", "mse"),
    *("poisson-nloglik", "rmse", "rmsle", "tweedie-nloglik"),
)
_OF_TRAINING = ("auc", "error", "logloss", "mae", "merror", "mlogloss", "rmse")
_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
METRIC_DEFINITIONS = [
    {
        "Name": f"{data}:{metric}",
        "Regex": rf".*\[[0-9]+\].*#011{data}-{metric}:{_NUMBER}.*",
    }
    for data, metrics in (("train", _OF_TRAINING), ("validation", (*MAXIMIZED, *MINIMIZED)))
    for metric in metrics
]
"""What the log is searched for: as many as a training job may have."""


def is_algorithm(image: str, hyperparameters: Mapping[str, str]) -> bool:
    """Return whether an image is XGBoost's, and used without a script of the user's."""
    return _IMAGE.fullmatch(image) is not None and "sagemaker_program" not in hyperparameters


def is_image(image: str) -> bool:
    """Return whether an image is XGBoost's."""
    return _IMAGE.fullmatch(image) is not None


def is_installed() -> bool:
    """Return whether the library is there that the algorithm needs."""
    return importlib.util.find_spec("xgboost") is not None


def pickles(image: str) -> bool:
    """Return whether the container of an image stores its model as a pickled Booster."""
    match = _IMAGE.fullmatch(image)
    version = re.match(r"(\d+)\.(\d+)", (match and match["tag"]) or "")
    # The tags `1` and `latest` are those of the first image.
    return version is None or (int(version[1]), int(version[2])) < _OWN_FORMAT
