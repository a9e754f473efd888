"""Checks the input data, splits them, and describes them: a SageMaker processing job."""

import hashlib
import json
from pathlib import Path

import pandas as pd
from baseline import write_baseline
from columns import Schema, features
from failure import Parser, reported
from remarks import remarks
from split import METHODS, split
from table import DataError, load_schema, read_cells, typed
from values import EXPECTED, PARSERS, Cells, shown


def preprocess(
    input_folder: Path,
    output: Path,
    test_fraction: float,
    seed: int,
    method: str = "stratified",
    by: str | None = None,
) -> None:
    """Write the training and test sets, the data's profile and the drift baseline.

    Parameters
    ----------
    input_folder : holds exactly one CSV file.
    output : gets `train/train.csv`, `test/test.csv`, `profile/profile.json` (row counts and
        the SHA-256 of the input file) and `baseline/` (see `baseline.write_baseline`).
    test_fraction : the share of rows that goes to the test set, between 0 and 1.
    seed : of the random split.
    method : how the test set is chosen, see `split.split`.
    by : the column that names a row's group or time; the schema need not declare it.

    Raises
    ------
    DataError : the data break `schema.json`, or cannot be split so.
    """
    files = sorted(input_folder.rglob("*.csv"))
    if len(files) != 1:
        raise DataError(f"the input must be one CSV file, not {len(files)}")
    schema = load_schema()
    cells = read_cells(files[0], schema)
    table = typed(cells, schema)
    _check_use(table, schema)
    for remark in remarks(table, schema):
        print(f"note: {remark}")
    keys = None if by is None else _split_keys(cells, by, method)
    try:
        parts = split(method, table[schema["target"]], keys, test_fraction, seed)
    except ValueError as error:
        raise DataError(f"{len(table)} rows cannot be split: {error}") from None
    train, test = (table.iloc[rows] for rows in parts)
    for name, part in (("train", train), ("test", test)):
        _check_classes(part, schema, name)
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
    write_baseline(train, features(schema), output / "baseline")
    print(f"{len(table)} rows: {len(train)} to train on, {len(test)} to test on")


def _split_keys(cells: dict[str, Cells], by: str, method: str) -> pd.Series:
    """Return the column that says which rows belong together, or come later."""
    if by not in cells:
        raise DataError("the data have no such column to split by", by)
    kinds = ("number", "date") if method == "time" else ("category",)
    # A time may be a date or a number, such as a year.
    read = {kind: PARSERS[kind](cells[by]) for kind in kinds}
    kind, (values, wrong) = min(read.items(), key=lambda one: len(one[1][1]))
    keys = pd.Series(values, name=by)
    unusable = sorted([*wrong, *keys.index[keys.isna()]])
    if unusable:
        row = unusable[0]
        reason = f"{shown(cells[by][row])} is not {EXPECTED[kind]}; the rows are split by it"
        raise DataError(reason, by, row + 1, f"{len(unusable)} of {len(keys)} rows")
    return keys


def _check_classes(part: pd.DataFrame, schema: Schema, name: str) -> None:
    classes, target = schema["columns"][schema["target"]], schema["target"]
    absent = [] if classes == "number" else sorted(set(classes) - set(part[target]))
    if absent:
        raise DataError(
            f"no row of the {name} set is {absent[0]!r}; choose another data.split or "
            "data.test_fraction in settings.yaml, or leave the class out",
            target,
        )


def _check_use(table: pd.DataFrame, schema: Schema) -> None:
    """Refuse columns that nothing can be learnt from."""
    for name in features(schema):
        if table[name].isna().all():
            raise DataError(
                f"all {len(table)} rows are empty; remove the column from schema.json", name
            )
    classes, target = schema["columns"][schema["target"]], schema["target"]
    if classes == "number":
        return
    counts = table[target].value_counts().reindex(sorted(classes), fill_value=0)
    absent = list(counts.index[counts == 0])
    if absent:
        raise DataError(f"none of {len(table)} rows is {' or '.join(absent)}", target)
    for name in counts.index[counts == 1]:
        raise DataError(
            f"only 1 of {len(table)} rows is {name!r}, and both the training and the test set need "
            "one; add rows of it, or leave the class out",
            target,
        )


def main() -> None:
    """Run the step with the paths that SageMaker mounts."""
    parser = Parser(description=__doc__)
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--test-fraction", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", choices=METHODS, default="stratified")
    parser.add_argument("--split-by")
    given = parser.parse_args()
    preprocess(
        given.input, given.output, given.test_fraction, given.seed, given.split, given.split_by
    )


if __name__ == "__main__":
    with reported(DataError):
        main()
