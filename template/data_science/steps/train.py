"""Trains the model and packs it with its inference code: a SageMaker training job."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

import joblib
from failure import Parser, reported
from hyperparameters import HyperparameterError, Value, load_hyperparameters
from model import build_model
from table import DataError, load_schema, read_table

SERVING = (
    "inference.py",
    "table.py",
    "values.py",
    "columns.py",
    "preparation.py",
    "derived.py",
    "schema.json",
)
"""What an endpoint needs beside the model; a file that `inference.py` or what it loads imports
belongs here."""


def train(data: Path, model_dir: Path, hyperparameters: dict[str, Value]) -> None:
    """Write a trained model and the code that serves it.

    Parameters
    ----------
    data : folder with `train.csv`.
    model_dir : gets `model.joblib` and `code/`, which SageMaker packs as `model.tar.gz`.
        With the code inside nothing has to be repacked to deploy the model.
    hyperparameters : as `hyperparameters.json` declares them; `build_model` takes them by name.
    """
    schema = load_schema()
    table = read_table(data / "train.csv", schema)
    model = build_model(schema, **hyperparameters)  # type: ignore[arg-type]
    model.fit(table.drop(columns=schema["target"]), table[schema["target"]])
    code = model_dir / "code"
    code.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, model_dir / "model.joblib")
    for name in SERVING:
        shutil.copy(Path(__file__).with_name(name), code / name)
    # The container installs it for an endpoint as it did for training.
    requirements = Path(__file__).with_name("requirements.txt")
    if requirements.is_file():
        shutil.copy(requirements, code)
    settings = ", ".join(f"{name} {value}" for name, value in hyperparameters.items())
    print(f"trained on {len(table)} rows, {settings or 'without hyperparameters'}")


class Arguments(NamedTuple):
    """What a training job is called with; see `train`."""

    data: Path
    model_dir: Path
    hyperparameters: dict[str, Value]
    others: dict[str, Any]


def read_arguments(parser: Parser) -> Arguments:
    """Read the hyperparameters from the command line and the paths from SageMaker's SM_* variables.

    Parameters
    ----------
    parser : may have arguments beside these already.
    """
    declared = load_hyperparameters()
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    for name, one in declared.items():
        parser.add_argument(f"--{name}", default=str(one.default))
    # As one word each: argparse takes a value like -1e-05 for an option.
    flags, words = {f"--{name}" for name in declared}, iter(sys.argv[1:])
    joined = [f"{word}={next(words, '')}" if word in flags else word for word in words]
    given = vars(parser.parse_args(joined))
    hyperparameters = {name: one.parse(given.pop(name)) for name, one in declared.items()}
    return Arguments(given.pop("train"), given.pop("model_dir"), hyperparameters, given)


def main() -> None:
    """Run the step."""
    data, model_dir, hyperparameters, _ = read_arguments(Parser(description=__doc__))
    train(data, model_dir, hyperparameters)


if __name__ == "__main__":
    with reported(DataError, HyperparameterError):
        main()
