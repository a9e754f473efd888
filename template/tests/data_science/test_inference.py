"""The inference code answers CSV and JSON, reads as training does, and says what it refuses."""

import io
import json
from pathlib import Path
from typing import Any

import inference
import pandas as pd
import pytest
from columns import Schema, features
from hyperparameters import load_hyperparameters
from model import build_model
from sklearn.pipeline import make_pipeline
from table import read_table, to_table

from tests.data_science.tables import FEATURES, SCHEMA, TARGET, made_up

ODD: Schema = {
    "target": "y",
    "columns": {"x": "number", "kind": ["1", "true", "NA", "None", "red"], "y": "number"},
    "unseen_categories": "refuse",
}
"""Categories that other readers take for numbers, truth values or nothing."""


def as_read(schema: Schema, table: pd.DataFrame) -> pd.DataFrame:
    cells = {name: table[name].tolist() for name in schema["columns"]}
    return to_table(cells, schema["columns"], schema)[0]


def trained(schema: Schema, table: pd.DataFrame) -> inference.Model:
    defaults = {name: one.default for name, one in load_hyperparameters().items()}
    model: Any = build_model
    rows = as_read(schema, table)
    pipeline = model(schema, **defaults).fit(rows[list(features(schema))], rows[schema["target"]])
    return inference.Model(pipeline[:-1], pipeline[-1], schema)


@pytest.fixture(scope="module")
def model() -> inference.Model:
    return trained(SCHEMA, made_up())


@pytest.fixture(scope="module")
def odd() -> inference.Model:
    kinds = ["1", "true", "NA", "None", "red"]
    table = pd.DataFrame({"x": [0.0] * 5, "kind": kinds, "y": [0.0, 10.0, 20.0, 30.0, 40.0]})
    return trained(ODD, table)


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    table = made_up().drop(columns=TARGET)
    return list(json.loads(table.head(3).to_json(orient="records", double_precision=15)))


def ask(model: inference.Model, body: str | bytes, content_type: str) -> dict[str, Any]:
    answer, kind = inference.transform_fn(model, body, content_type, "application/json")
    assert kind == "application/json"
    parsed: dict[str, Any] = json.loads(answer)
    return parsed


def refused(
    model: inference.Model, body: str | bytes, content_type: str, accept: str = "*/*"
) -> tuple[int, dict[str, Any]]:
    response = inference.transform_fn(model, body, content_type, accept)
    text = response.get_data(as_text=True)
    assert (response.mimetype, text.count("\n")) == ("application/json", 0)
    return response.status_code, json.loads(text)


def instances(*records: dict[str, Any]) -> str:
    return json.dumps({"instances": list(records)})


def test_csv_and_json_get_the_same_answer(
    model: inference.Model, records: list[dict[str, Any]]
) -> None:
    by_json = ask(model, instances(*records), "application/json")
    lines = [",".join(str(record[name]) for name in FEATURES) for record in records]
    for content_type in ("text/csv; charset=utf-8", "Text/CSV"):
        assert ask(model, "\r\n".join(lines).encode(), content_type) == by_json
    assert len(by_json["predictions"]) == 3


def test_the_order_of_named_features_does_not_matter(
    model: inference.Model, records: list[dict[str, Any]]
) -> None:
    turned = [dict(reversed(record.items())) for record in records]
    assert ask(model, instances(*records), "application/json") == ask(
        model, instances(*turned), "application/json"
    )


def test_an_answer_holds_what_the_pipeline_itself_predicts() -> None:
    table = made_up()
    model = trained(SCHEMA, table)
    answer = ask(model, table[list(FEATURES)].to_csv(index=False, header=False), "text/csv")
    pipeline = make_pipeline(model.prepare, model.estimator)
    rows = as_read(SCHEMA, table)[list(FEATURES)]
    assert answer["predictions"] == list(pipeline.predict(rows))
    if hasattr(pipeline, "predict_proba"):
        for said, truly in zip(
            answer["probabilities"], pipeline.predict_proba(rows).tolist(), strict=True
        ):
            assert said == dict(zip(pipeline.classes_.tolist(), truly, strict=True))


@pytest.mark.parametrize(
    ("value", "like"),
    [("red", "red"), (1, "1"), (1.0, "1"), (True, "true"), ("NA", "NA"), ("None", "None")],
)
def test_a_category_is_the_same_in_json_csv_and_training(
    odd: inference.Model, tmp_path: Path, value: Any, like: str
) -> None:
    (by_json,) = ask(odd, instances({"x": 0, "kind": value}), "application/json")["predictions"]
    (by_csv,) = ask(odd, f"0,{like}", "text/csv")["predictions"]
    assert by_json == by_csv
    path = tmp_path / "train.csv"
    path.write_text(f"x,kind,y\n0, {like} ,1\n")
    assert list(read_table(path, ODD)["kind"]) == [like]


def test_an_empty_value_is_missing_in_json_csv_and_training(
    odd: inference.Model, tmp_path: Path
) -> None:
    by_json = ask(odd, instances({"x": None, "kind": None}), "application/json")
    assert by_json == ask(odd, ",", "text/csv") == ask(odd, "n/a,null", "text/csv")
    path = tmp_path / "train.csv"
    path.write_text("x,kind,y\n,,1\nNaN,n/a,2\n")
    assert read_table(path, ODD)[["x", "kind"]].isna().all(axis=None)


BAD_REQUESTS: dict[str, tuple[str | bytes, str, int, int | None, str | None, str]] = {
    "short row": ("1", "text/csv", 400, 1, None, "it has 1 values, not 2"),
    "short row after a full one": ("1,red\n2", "text/csv", 400, 2, None, "it has 1 values"),
    "long row": ("1,red,3", "text/csv", 400, 1, None, "it has 3 values, not 2"),
    "no rows": ("", "text/csv", 400, None, None, "the request holds no rows"),
    "NUL byte": ("1,r\0ed", "text/csv", 400, 1, "kind", r"'r\x00ed' is none of"),
    "open quote": (
        '1,"red',
        "text/csv",
        400,
        None,
        None,
        "it is not CSV: a quote is not closed in the row that begins in line 1",
    ),
    "no number": ("1,red\nx,red", "text/csv", 400, 2, "x", "'x' is not a finite number"),
    "infinity beside a missing value": (
        *("nan,red\ninf,red", "text/csv", 400, 2, "x", "'inf' is not a finite number"),
    ),
    "infinity": ("inf,red", "text/csv", 400, 1, "x", "'inf' is not a finite number"),
    "no text": (b"\xff", "text/csv; charset=utf-8", 400, None, None, "the body is not utf-8 text"),
    "unknown charset": (b"1", "text/csv;charset=x", 400, None, None, "the body is not x text"),
    "unseen category": ("1,blue", "text/csv", 400, 1, "kind", "'blue' is none of '1', 'true', "),
    "other type": (
        *("<x/>", "text/xml", 415, None, None),
        "content type text/xml is not served: text/csv, application/json are",
    ),
    "no JSON": ("{", "application/json", 400, None, None, "it is not JSON: "),
    "deep JSON": ("[" * 100_000, "application/json", 400, None, None, "it is not JSON: "),
    "no instances": ("[]", "application/json", 400, None, None, "the JSON body must be "),
    "a list for a record": ('{"instances": [[1]]}', "application/json", 400, None, None, "the JS"),
    "no records": ('{"instances": []}', "application/json", 400, None, None, "the request holds"),
    "feature missing in some rows": (
        instances({"x": 1, "kind": "red"}, {"x": 1}),
        *("application/json", 400, 2, "kind", "the value is missing; send null for an empty one"),
    ),
    "true for a number": (
        instances({"x": True, "kind": "red"}),
        *("application/json", 400, 1, "x", "True is not a finite number"),
    ),
    "list for a number": (
        instances({"x": [1], "kind": "red"}),
        *("application/json", 400, 1, "x", "[1] is not a finite number"),
    ),
    "number without end": (
        '{"instances": [{"x": 1' + "0" * 400 + ', "kind": "red"}]}',
        *("application/json", 400, 1, "x", "1000"),
    ),
    "no JSON number": (
        '{"instances": [{"x": NaN, "kind": "red"}]}',
        *("application/json", 400, None, None, "it is not JSON: NaN is not a JSON value"),
    ),
    "record for a category": (
        instances({"x": 1, "kind": {}}),
        *("application/json", 400, 1, "kind", "{} is none of"),
    ),
}


@pytest.mark.parametrize("what", BAD_REQUESTS)
def test_a_bad_request_is_refused_with_row_column_and_reason(
    odd: inference.Model, what: str
) -> None:
    body, content_type, status, row, column, reason = BAD_REQUESTS[what]
    found, said = refused(odd, body, content_type)
    assert (found, said["row"], said["column"]) == (status, row, column)
    assert said["reason"].startswith(reason)
    assert len(json.dumps(said)) < 400


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("image/png", 406),
        ("text/csv", 406),
        ("application/json;q=0", 406),
        ("application/*", 200),
        ("text/html, application/json;q=0.5", 200),
        ("*/*", 200),
    ],
)
def test_a_client_that_takes_no_json_is_refused(
    odd: inference.Model, accept: str, status: int
) -> None:
    if status == 406:
        found, said = refused(odd, "1,red", "text/csv", accept)
        assert (found, said["reason"]) == (406, f"it answers application/json, not {accept}")
    else:
        assert inference.transform_fn(odd, "1,red", "text/csv", accept)[1] == "application/json"


def test_a_body_may_have_any_ends_of_lines_and_a_charset_in_quotes(odd: inference.Model) -> None:
    alone = ask(odd, "1,red\n2,1", "text/csv")
    assert ask(odd, "1,red\r2,1\r", "text/csv") == alone
    assert ask(odd, "1,red\r\n2,1".encode("utf-16"), 'Text/CSV; charset="UTF-16"') == alone


def test_an_unseen_category_refuses_its_row_and_never_the_batch(odd: inference.Model) -> None:
    alone = ask(odd, "1,red\n2,1", "text/csv")["predictions"]
    said = ask(odd, "1,red\n5,blue\n2,1", "text/csv")
    assert said["predictions"] == [alone[0], None, alone[1]]
    (row,) = said["refused"]
    assert (row["row"], row["column"]) == (2, "kind")


def test_an_unseen_category_may_count_as_unknown(odd: inference.Model) -> None:
    lenient = odd._replace(schema={**ODD, "unseen_categories": "unknown"})
    said = ask(lenient, instances({"x": 1, "kind": "blue"}), "application/json")
    # Nothing but the other columns counts: the estimator sees no category at all.
    prepared = odd.prepare.transform(pd.DataFrame({"x": [1.0], "kind": ["red"]}))
    prepared[0, 1:] = 0
    assert said == {"predictions": odd.estimator.predict(prepared).tolist()}


def test_a_refusal_stays_short_however_many_categories_there_are() -> None:
    many = [f"category {number}" for number in range(10_000)]
    schema: Schema = {**ODD, "columns": {"x": "number", "kind": many, "y": "number"}}
    table = pd.DataFrame({"x": [0.0, 1.0], "kind": many[:2], "y": [0.0, 1.0]})
    _, said = refused(trained(schema, table), "1," + "x" * 1000, "text/csv")
    assert said["reason"] == (
        f"'{'x' * 36}… is none of 'category 0', 'category 1', 'category 2', 'category 3', "
        "'category 4' and 9995 more"
    )


def test_reading_a_large_request_gives_what_pandas_reads(odd: inference.Model) -> None:
    table = pd.DataFrame({"x": [number / 7 for number in range(1000)], "kind": "red"})
    text = table.to_csv(index=False, header=False)
    cells = inference._cells(text, "text/csv", ["x", "kind"])
    read, _ = to_table(cells, features(ODD), ODD)
    pd.testing.assert_frame_equal(
        read, pd.read_csv(io.StringIO(text), names=["x", "kind"], float_precision="round_trip")
    )
