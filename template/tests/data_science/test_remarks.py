"""What Preprocess says of a table that is odd, though nothing is wrong with it."""

import numpy as np
import pandas as pd
from columns import Schema
from remarks import remarks


def made(rows: int = 400) -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "x": random.normal(size=rows),
            "kind": random.choice(["a", "b"], rows),
            "when": pd.Timestamp("2026-01-01") + pd.to_timedelta(random.permutation(rows), "h"),
            "y": random.choice(["no", "yes"], rows, p=[0.9, 0.1]),
        }
    )


def said(table: pd.DataFrame) -> list[str]:
    kinds: dict[str, str | list[str]] = {"x": "number", "kind": "category", "when": "date"}
    target: str | list[str] = "number" if table["y"].dtype == "float64" else ["no", "yes"]
    schema: Schema = {"target": "y", "columns": {**kinds, "y": target}}
    return list(remarks(table, schema))


def test_a_usual_table_gives_nothing_to_say() -> None:
    assert said(made()) == []


def test_rows_that_are_there_twice_are_counted() -> None:
    table = made()
    assert said(pd.concat([table, table.head(12)], ignore_index=True)) == [
        "12 of 412 rows are the same as another one; such rows may be in both the training and the "
        "test set"
    ]


def test_a_column_that_gives_a_class_away_is_named() -> None:
    table = made()
    table["kind"] = table["y"].map({"no": "stays", "yes": "left"})
    assert said(table) == [
        "column 'kind' tells 'y' all by itself (1.000 of 1); if it is not known when a prediction "
        "is asked for, take it out of schema.json"
    ]


def test_a_column_that_gives_a_number_away_is_named() -> None:
    table = made(4000)
    table["y"] = 3 * table["x"]
    table.loc[5, "x"] = np.nan
    [line] = said(table)
    assert line.startswith("column 'x' tells 'y' all by itself (")


def test_a_class_of_few_rows_says_nothing() -> None:
    table = made()
    table["y"] = ["yes"] * 5 + ["no"] * 395
    table["kind"] = table["y"]
    assert said(table) == []


def test_a_class_counts_from_ten_rows_on() -> None:
    table = made()
    table["y"] = ["yes"] * 10 + ["no"] * 390
    table["kind"] = table["y"]
    assert len(said(table)) == 1


def test_a_text_may_tell_the_target_and_a_date_is_looked_at() -> None:
    table = made()
    table["kind"] = table["y"]
    kinds: dict[str, str | list[str]] = {"x": "number", "kind": "text", "y": ["no", "yes"]}
    assert list(remarks(table, {"target": "y", "columns": kinds})) == []
    table = made()
    table["y"] = np.where(table["when"] < table["when"].median(), "yes", "no")
    [line] = said(table)
    assert line.startswith("column 'when' tells 'y' all by itself (")


def test_whether_a_cell_is_empty_may_tell_the_target() -> None:
    table = made()
    for column in (-table["x"].abs(), table["x"].abs() + 1):
        table["x"] = column.where(table["y"] == "no")
        [line] = said(table)
        assert line.startswith("column 'x' tells 'y' all by itself (1.000 of 1)")


def test_a_tree_that_remembers_rows_is_judged_on_others() -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame({"x": random.permutation(40).astype(float), "y": random.normal(size=40)})
    schema: Schema = {"target": "y", "columns": {"x": "number", "y": "number"}}
    assert list(remarks(table, schema)) == []


def frequent(rows: int, rare: int, wrong: int, missed: int) -> pd.DataFrame:
    """Return rows of which `kind` tells the rare class, but for rows of either class."""
    table = made(rows).assign(y="no", kind="a")
    table.loc[: rare - 1, ["y", "kind"]] = ["yes", "b"]
    table.loc[: missed - 1, "kind"] = "a"
    table.loc[rare : rare + wrong - 1, "kind"] = "b"
    return table


def test_a_rare_class_counts_as_much_as_the_frequent_one() -> None:
    # The rare class is found always, though most rows that look like it are none of it: 24 of
    # 3,988 rows of the other are missed.
    [line] = said(frequent(4000, rare=12, wrong=24, missed=0))
    assert line.startswith("column 'kind' tells 'y' all by itself (0.99")
    # Half of the rows are guessed right by chance: of 2,000 rows 1.5 % are missed, so that nearly
    # 0.993 are right, and 0.985 of what chance leaves.
    assert said(frequent(4000, rare=2000, wrong=0, missed=30)) == []


def test_what_takes_more_than_fifty_steps_to_tell_is_not_told() -> None:
    random = np.random.default_rng(0)
    table = made(4000)
    table["x"] = np.repeat(np.arange(200.0), 20)
    table["y"] = random.normal(size=200)[table["x"].astype(int)]
    assert said(table) == []
    table["y"] = random.choice(["no", "yes"], 200)[table["x"].astype(int)]
    assert said(table) == []
    # Of forty steps it is.
    table["x"] = np.repeat(np.arange(40.0), 100)
    table["y"] = random.normal(size=40)[table["x"].astype(int)]
    assert len(said(table)) == 1
