"""Tries hyperparameters: judges them by cross-validation, then trains as `train.py` does.

SageMaker runs it as a training job for each trial of a tuning job, and the model of the best trial
is the one that is evaluated.
"""

from functools import partial
from statistics import mean

from failure import Parser, StepError, reported
from hyperparameters import HyperparameterError
from model import build_model
from table import DataError, load_schema, read_table
from train import read_arguments, train
from validation import PRINTED, cross_validated


def main() -> None:
    """Run the trial."""
    parser = Parser(description=__doc__)
    parser.add_argument("--validation_metric", required=True)
    parser.add_argument("--validation_folds", type=int, required=True)
    parser.add_argument("--validation_positive")
    data, model_dir, hyperparameters, validation = read_arguments(parser)
    schema = load_schema()
    metric = validation["validation_metric"]
    found = cross_validated(
        partial(build_model, schema, **hyperparameters),  # type: ignore[arg-type]
        read_table(data / "train.csv", schema),
        schema,
        validation["validation_folds"],
        validation["validation_positive"],
    )
    if metric not in found:
        raise StepError(f"there is no metric {metric}; there are {', '.join(found)}")
    print(PRINTED.format(metric=metric, value=mean(found[metric])))
    train(data, model_dir, hyperparameters)


if __name__ == "__main__":
    with reported(DataError, HyperparameterError):
        main()
