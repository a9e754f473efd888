"""Trains the model and packs it with its inference code: a SageMaker training job."""

import argparse
import os
import shutil
from pathlib import Path

import joblib
from model import build_model
from table import load_schema, read_table


def train(data: Path, model_dir: Path, regularization: float) -> None:
    """Write a trained model and the code that serves it.

    Parameters
    ----------
    data : folder with `train.csv`.
    model_dir : gets `model.joblib` and `code/`, which SageMaker packs as `model.tar.gz`.
        With the code inside nothing has to be repacked to deploy the model.
    regularization : see `model.build_model`.
    """
    schema = load_schema()
    table = read_table(data / "train.csv", schema)
    model = build_model(schema, regularization)
    model.fit(table.drop(columns=schema["target"]), table[schema["target"]])
    code = model_dir / "code"
    code.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, model_dir / "model.joblib")
    for name in ("inference.py", "schema.json"):
        shutil.copy(Path(__file__).with_name(name), code / name)
    print(f"trained on {len(table)} rows, regularization {regularization}")


def main() -> None:
    """Run the step with the hyperparameters as arguments and SageMaker's SM_* variables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--regularization", type=float, required=True)
    arguments = parser.parse_args()
    if not 0 < arguments.regularization < float("inf"):
        parser.error(f"regularization must be above 0, not {arguments.regularization}")
    train(arguments.train, arguments.model_dir, arguments.regularization)


if __name__ == "__main__":
    main()
