"""Trains by the XGBoost container's own algorithm; a script.

Source: aws/sagemaker-xgboost-container, `algorithm_mode/train.py` and `data_utils.py`: the label is
the first column of CSV without a header; libsvm is what has no content type.
"""

import csv
import json
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sagemaker_local.algorithms.xgboost_image import MAXIMIZED

OPT_ML = "SAGEMAKER_LOCAL_OPT_ML"
"""The variable that says where the job's `/opt/ml` is."""
_ML = Path(os.environ.get(OPT_ML, "/opt/ml"))
# The hyperparameters that the container knows (`hyperparameter_validation.py`).
_NAMES = """
    num_round csv_weights early_stopping_rounds booster verbosity nthread eta gamma max_depth
    min_child_weight max_delta_step subsample colsample_bytree colsample_bylevel
    colsample_bynode lambda alpha tree_method sketch_eps scale_pos_weight updater dsplit
    refresh_leaf process_type grow_policy max_leaves max_bin predictor monotone_constraints
    interaction_constraints sample_type normalize_type rate_drop one_drop skip_drop lambda_bias
    tweedie_variance_power objective num_class base_score eval_metric seed num_parallel_tree
    save_model_on_termination aft_loss_distribution aft_loss_distribution_scale
    deterministic_histogram sampling_method prob_buffer_row _tuning_objective_metric silent
    learning_rate min_split_loss reg_alpha reg_lambda
"""
_KNOWN = frozenset(_NAMES.split())
_OURS = {
    *("num_round", "csv_weights", "early_stopping_rounds", "eval_metric", "silent"),
    *("save_model_on_termination", "_tuning_objective_metric"),
}
_CSV, _LIBSVM = ("csv", "text/csv"), ("libsvm", "text/libsvm", "text/x-libsvm")


class CustomerError(Exception):
    """The data or the hyperparameters are wrong; the message is the job's reason."""


def main(pickled: bool) -> None:
    """Train and store the model."""
    import xgboost

    config = _ML / "input" / "config"
    given = json.loads((config / "hyperparameters.json").read_text())
    channels = json.loads((config / "inputdataconfig.json").read_text())
    unknown = sorted(name for name in given.keys() - _KNOWN if not name.startswith("sagemaker_"))
    if unknown:
        raise CustomerError(f"Extraneous hyperparameter found: {unknown[0]}")
    if "num_round" not in given:
        raise CustomerError("Missing required hyperparameter: num_round")
    if "train" not in channels:
        raise CustomerError("Missing required channel: train")
    data = {
        name: _matrix(xgboost, name, channels[name], name == "train" and _weighted(given))
        for name in ("train", "validation")
        if name in channels
    }
    native, custom = _metrics(given)
    stop = given.get("early_stopping_rounds")
    booster = xgboost.train(
        {
            **{k: _value(v) for k, v in given.items() if k in _KNOWN - _OURS},
            **({"eval_metric": native} if native else {}),
        },
        data["train"],
        num_boost_round=int(given["num_round"]),
        evals=[(matrix, name) for name, matrix in data.items()],
        custom_metric=_custom(custom) if custom else None,
        early_stopping_rounds=int(stop) if stop else None,
        maximize=(custom or native)[-1] in MAXIMIZED if stop and (custom or native) else None,
        callbacks=[_log_of(xgboost)],
        verbose_eval=False,
    )
    target = _ML / "model" / "xgboost-model"
    if pickled:
        target.write_bytes(pickle.dumps(booster))
    else:
        # A name without an ending is its binary format.
        target.write_bytes(booster.save_raw("ubj"))


def _weighted(given: dict[str, str]) -> bool:
    return given.get("csv_weights") == "1"


def _metrics(given: dict[str, str]) -> tuple[list[str], list[str]]:
    """Return the metrics that XGBoost has, and those that the container adds."""
    wanted = [name for name in given.get("eval_metric", "").split(",") if name]
    objective = given.get("_tuning_objective_metric", "")
    if objective:
        wanted.append(objective.partition(":")[2] or objective)
    unique = list(dict.fromkeys(name.strip() for name in wanted))
    own = _added()
    return [n for n in unique if n not in own], [n for n in unique if n in own]


def _matrix(xgboost: Any, name: str, channel: dict[str, str], weighted: bool) -> Any:
    kind = channel.get("ContentType", "libsvm").lower().partition(";")[0].strip()
    folder = _ML / "input" / "data" / name
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith((".", "_"))
    ]
    if kind in _CSV:
        rows = [row for path in files for row in _rows(path)]
        return _csv_matrix(xgboost, name, rows, weighted)
    if kind in _LIBSVM:
        return _libsvm_matrix(xgboost, name, [line for path in files for line in _lines(path)])
    raise CustomerError(f"{kind} is not an accepted ContentType: {', '.join(_CSV + _LIBSVM)}.")


def _rows(path: Path) -> Iterator[list[float]]:
    with path.open(newline="") as file:
        for number, row in enumerate(csv.reader(file), 1):
            try:
                if row:
                    yield [float(cell) if cell.strip() else float("nan") for cell in row]
            except ValueError as error:
                told = f"line {number} of file '{path.name}' is not 'CSV' format: {error}"
                raise CustomerError(told) from None


def _csv_matrix(xgboost: Any, name: str, rows: list[list[float]], weighted: bool) -> Any:
    import numpy as np

    if not rows:
        raise CustomerError(f"No data in {name} channel path")
    if len({len(row) for row in rows}) > 1:
        raise CustomerError(f"the rows of channel {name} differ in length")
    table = np.array(rows)
    weights = table[:, 1] if weighted else None
    return xgboost.DMatrix(table[:, 1 + weighted :], label=table[:, 0], weight=weights)


def _lines(path: Path) -> Iterator[tuple[float, dict[int, float]]]:
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            if line.strip():
                label, *features = line.split()
                pairs = (feature.split(":") for feature in features)
                yield float(label.partition(":")[0]), {int(i): float(x) for i, x in pairs}
        except ValueError as error:
            told = f"line {number} of file '{path.name}' is not 'LIBSVM' format: {error}"
            raise CustomerError(told) from None


def _libsvm_matrix(xgboost: Any, name: str, lines: list[tuple[float, dict[int, float]]]) -> Any:
    from scipy.sparse import csr_matrix

    if not lines:
        raise CustomerError(f"No data in {name} channel path")
    cells = [(row, i, x) for row, (_, found) in enumerate(lines) for i, x in found.items()]
    rows, columns, values = zip(*cells, strict=True) if cells else ((), (), ())
    shape = (len(lines), max(columns, default=0) + 1)
    return xgboost.DMatrix(
        csr_matrix((values, (rows, columns)), shape=shape), label=[label for label, _ in lines]
    )


def _added() -> dict[str, Callable[[Any, Any], float]]:
    """Return the metrics that the container has beside XGBoost's, of labels and predictions."""

    def of_classes(name: str, **options: Any) -> Callable[[Any, Any], float]:
        def metric(labels: Any, answers: Any) -> float:
            from sklearn import metrics

            found = answers.argmax(axis=1) if answers.ndim == 2 else (answers > 0.5).astype(int)
            return float(getattr(metrics, name)(labels, found, **options))

        return metric

    def of_numbers(name: str) -> Callable[[Any, Any], float]:
        def metric(labels: Any, answers: Any) -> float:
            from sklearn import metrics

            return float(getattr(metrics, name)(labels, answers))

        return metric

    averaged = {
        f"{metric}_{how}": of_classes(f"{metric}_score", average=how)
        for metric, how in (
            *(("f1", "binary"), ("f1", "macro"), ("precision", "macro"), ("precision", "micro")),
            *(("recall", "macro"), ("recall", "micro")),
        )
    }
    return averaged | {
        "accuracy": of_classes("accuracy_score"),
        "balanced_accuracy": of_classes("balanced_accuracy_score"),
        "f1": of_classes("f1_score", average="macro"),
        "precision": of_classes("precision_score"),
        "recall": of_classes("recall_score"),
        "mse": of_numbers("mean_squared_error"),
        "r2": of_numbers("r2_score"),
    }


def _custom(names: list[str]) -> Callable[[Any, Any], list[tuple[str, float]]]:
    functions = _added()

    def evaluate(answers: Any, matrix: Any) -> list[tuple[str, float]]:
        return [(name, functions[name](matrix.get_label(), answers)) for name in names]

    return evaluate


def _log_of(xgboost: Any) -> Any:
    class Log(xgboost.callback.TrainingCallback):  # type: ignore[misc]
        """Prints each round as the container's log shows it in CloudWatch: a tab is `#011`."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            parts = [
                f"#011{data}-{metric}:{values[-1]:.5f}"
                for data, metrics in evals_log.items()
                for metric, values in metrics.items()
            ]
            print(f"[{epoch}]{''.join(parts)}", flush=True)
            return False

    return Log()


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


if __name__ == "__main__":
    # The folder of this script is the package's: nothing must be imported from it by its name.
    sys.path.pop(0)
    try:
        main(pickled=sys.argv[1] == "pickle")
    except Exception as error:
        (_ML / "output" / "failure").write_text(f"{error}")
        raise
