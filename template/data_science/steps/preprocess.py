"""Checks the input data, splits them, and describes them: a SageMaker processing job."""

import hashlib
import json
from pathlib import Path

import pandas as pd
from baseline import write_baseline
from columns import Schema, features
from failure import Parser, reported
from sklearn.model_selection import train_test_split
from table import DataError, load_schema, read_table


def preprocess(input_folder: Path, output: Path, test_fraction: float, seed: int) -> None:
    """Write the training and test sets, the data's profile and the drift baseline.

    Parameters
    ----------
    input_folder : holds exactly one CSV file.
    output : gets `train/train.csv`, `test/test.csv`, `profile/profile.json` (row counts and
        the SHA-256 of the input file) and `baseline/` (see `baseline.write_baseline`).
    test_fraction : the share of rows that goes to the test set, between 0 and 1.
    seed : of the random split.

    Raises
    ------
    DataError : the data break `schema.json`, or are too few to split.
    """
    files = sorted(input_folder.rglob("*.csv"))
    if len(files) != 1:
        raise DataError(f"the input must be one CSV file, not {len(files)}")
    schema = load_schema()
    table = read_table(files[0], schema)
    _check_use(table, schema)
    target = table[schema["target"]]
    classes = schema["columns"][schema["target"]]
    try:
        train, test = train_test_split(
            table,
            test_size=test_fraction,
            random_state=seed,
            stratify=None if classes == "number" else target,
        )
    except ValueError as error:
        raise DataError(f"{len(table)} rows cannot be split: {error}") from None
    for name, part in (("train", train), ("test", test)):
        folder = output / name
        folder.mkdir(parents=True, exist_ok=True)
        part.to_csv(folder / f"{name}.csv", index=False)
    profile = {
        "data_hash": hashlib.sha256(files[0].read_bytes()).hexdigest(),
        "rows": len(table),
        "train_rows": len(train),
        "test_rows": len(test),
    }
    for name in ("profile", "baseline"):
        (output / name).mkdir(parents=True, exist_ok=True)
    (output / "profile" / "profile.json").write_text(json.dumps(profile, indent=2))
    write_baseline(train.drop(columns=schema["target"]), output / "baseline")
    print(f"{len(table)} rows: {len(train)} to train on, {len(test)} to test on")


def _check_use(table: pd.DataFrame, schema: Schema) -> None:
    """Refuse columns that nothing can be learnt from."""
    for name in features(schema):
        if table[name].isna().all():
            raise DataError(
                f"all {len(table)} rows are empty; remove the column from schema.json", name
            )
    classes = schema["columns"][schema["target"]]
    absent = [] if classes == "number" else sorted(set(classes) - set(table[schema["target"]]))
    if absent:
        raise DataError(f"none of {len(table)} rows is {' or '.join(absent)}", schema["target"])


def main() -> None:
    """Run the step with the paths that SageMaker mounts."""
    parser = Parser(description=__doc__)
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--test-fraction", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    preprocess(arguments.input, arguments.output, arguments.test_fraction, arguments.seed)


if __name__ == "__main__":
    with reported(DataError):
        main()
