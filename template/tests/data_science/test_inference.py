"""The inference code takes CSV and JSON and refuses what it cannot read."""

import json
from pathlib import Path
from typing import Any

import inference
import pandas as pd
import pytest
from model import build_model
from table import MISSING, read_table

from tests.data_science.tables import FEATURES, SCHEMA, TARGET, made_up


@pytest.fixture(scope="module")
def model() -> inference.Model:
    table = made_up()
    pipeline = build_model(SCHEMA, 1.0).fit(table[list(FEATURES)], table[TARGET])
    return inference.Model(pipeline, FEATURES)


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    table = made_up().drop(columns=TARGET)
    return list(json.loads(table.head(3).to_json(orient="records")))


def ask(model: inference.Model, body: str | bytes, content_type: str) -> dict[str, Any]:
    rows = inference.input_fn(body, content_type)
    answer, kind = inference.output_fn(inference.predict_fn(rows, model), "application/json")
    assert kind == "application/json"
    parsed: dict[str, Any] = json.loads(answer)
    return parsed


def test_csv_and_json_get_the_same_answer(
    model: inference.Model, records: list[dict[str, Any]]
) -> None:
    by_json = ask(model, json.dumps({"instances": records}), "application/json")
    lines = [",".join(str(record[name]) for name in model.features) for record in records]
    by_csv = ask(model, "\n".join(lines).encode(), "text/csv; charset=utf-8")
    assert by_csv == by_json
    assert len(by_csv["predictions"]) == 3


def test_the_order_of_named_features_does_not_matter(
    model: inference.Model, records: list[dict[str, Any]]
) -> None:
    turned = [dict(reversed(record.items())) for record in records]
    asked = [
        ask(model, json.dumps({"instances": instances}), "application/json")
        for instances in (records, turned)
    ]
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        ("1,2", "text/csv", "values, not"),
        ('{"instances": [{}]}', "application/json", "values, not"),
        ('{"instances": [{"other": 1}]}', "application/json", "missing features"),
        ("[]", "application/json", "the JSON body must be"),
        ("<x/>", "text/xml", "not supported"),
    ],
)
def test_a_malformed_request_is_refused(
    model: inference.Model, body: str, content_type: str, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        ask(model, body, content_type)


class Echo:
    """Stands for a model: keeps what it is asked, and answers zeros."""

    table: pd.DataFrame

    def predict(self, table: pd.DataFrame) -> Any:
        self.table = table
        return table.index.to_numpy() * 0


def test_a_category_may_be_called_none_and_a_number_may_be_missing(tmp_path: Path) -> None:
    columns: dict[str, str | list[str]] = {
        "kind": ["None", "NA", "other"],
        "size": "number",
        "y": "number",
    }
    path = tmp_path / "dataset.csv"
    path.write_text("kind,size,y\nNone,NA,1\nNA,,2\n,2,3\n")
    trained = read_table(path, {"target": "y", "columns": columns})
    assert trained["kind"].tolist()[:2] == ["None", "NA"]
    assert trained["kind"].isna().tolist() == [False, False, True]
    assert trained["size"].isna().tolist() == [True, True, False]

    echo = Echo()
    features = {name: kind for name, kind in columns.items() if name != "y"}
    ask(inference.Model(echo, features), "None,NA\nNA,\n,2\n", "text/csv")
    pd.testing.assert_frame_equal(echo.table, trained.drop(columns="y"))
    assert inference.MISSING == MISSING
