"""Scoring files: what is written beside each row, and what becomes of rows that are refused."""

import csv
from pathlib import Path

import pytest
import score as step
from failure import StepError
from score import Counts, score

from tests.data_science.test_artefact import artefact

CLASSIFIER = """
import json

class Refusal:
    def __init__(self, **document):
        self.document = document
    def get_data(self, as_text):
        return json.dumps(self.document)

def model_fn(folder):
    return 10

def transform_fn(model, body, content_type, accept):
    assert (content_type, accept) == ("application/json", "application/json")
    rows = json.loads(body)["instances"]
    for number, row in enumerate(rows, 1):
        if row["x"] == "bad":
            return Refusal(row=number, column="x", reason="bad it is")
    refused = [
        {"row": number, "column": "x", "reason": "unseen"}
        for number, row in enumerate(rows, 1) if row["x"] == "odd"
    ]
    numbers = [None if row["x"] == "odd" else int(row["x"]) for row in rows]
    answer = {
        "predictions": [number and ("yes" if number * model > 20 else "no") for number in numbers],
        "probabilities": [
            number and {"no": 1 / number, "yes": 1 - 1 / number} for number in numbers
        ],
    }
    return json.dumps(answer | ({"refused": refused} if refused else {})), accept
"""
REGRESSION = """
import json

def model_fn(folder):
    return None

def transform_fn(model, body, content_type, accept):
    rows = json.loads(body)["instances"]
    return json.dumps({"predictions": [float(row["x"]) * 2 for row in rows]}), accept
"""


def scored(folder: Path, code: str, **files: str) -> Counts:
    artefact(folder, inference=code)
    (folder / "data" / "deep").mkdir(parents=True)
    for name, text in files.items():
        (folder / "data" / f"{name.replace('_', '/')}.csv").write_text(
            text, "utf-8", "surrogateescape"
        )
    return score(folder, folder / "data", folder / "output", "3")


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "output" / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("batch", [1, 2, 5000])
def test_each_row_has_its_answer_or_says_why_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(step, "BATCH", batch)
    text = "id,x\na,odd\nb,2\nc,bad\nd,4\ne\nf,bad\n\ng,1\n"

    assert scored(tmp_path, CLASSIFIER, deep_one=text, two="x\n5\n") == Counts(
        8, 4, "column 'x': unseen"
    )

    assert [
        (row["id"], row["x"], row["prediction"], row["error"]) for row in rows(tmp_path, "deep/one")
    ] == [
        ("a", "odd", "", "column 'x': unseen"),
        ("b", "2", "no", ""),
        ("c", "bad", "", "column 'x': bad it is"),
        ("d", "4", "yes", ""),
        ("e", "", "", "it has 1 values, not 2"),
        ("f", "bad", "", "column 'x': bad it is"),
        ("g", "1", "no", ""),
    ]
    assert [row["probability_yes"] for row in rows(tmp_path, "deep/one")] == [
        "",
        "0.5",
        "",
        "0.75",
        "",
        "",
        "0.0",
    ]
    assert rows(tmp_path, "two") == [
        {
            "x": "5",
            "prediction": "yes",
            "probability_no": "0.2",
            "probability_yes": "0.8",
            "error": "",
            "model_version": "3",
        }
    ]


def test_a_number_is_predicted_without_probabilities(tmp_path: Path) -> None:
    assert scored(tmp_path, REGRESSION, one="x,name\n1.5,ü\n", none="x,name\n") == Counts(1, 0)
    assert rows(tmp_path, "one") == [
        {"x": "1.5", "name": "ü", "prediction": "3.0", "error": "", "model_version": "3"}
    ]
    assert (tmp_path / "output" / "none.csv").read_text().split() == ["x,name"]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "^the input holds no file that ends in .csv$"),
        ({"one": "x\nbad\n"}, "none of the 1 rows has an answer: column 'x': bad it is"),
        ({"one": "x\n"}, "none of the 0 rows has an answer: no rows"),
        ({"one": "x,error\n1,2\n"}, "one.csv has a column 'error' already"),
        (
            {"one": 'x\n1\n\n"1\n2\n'},
            "one.csv: it is not CSV: a quote is not closed in the row that begins in line 4",
        ),
        (
            {"one": "x\nStra\udcdfe\n"},
            r"one.csv is not UTF-8 \(byte 0xdf in line 2\); save it as UTF-8",
        ),
    ],
)
def test_what_cannot_be_scored_ends_the_step(
    tmp_path: Path, files: dict[str, str], reason: str
) -> None:
    with pytest.raises(StepError, match=reason):
        scored(tmp_path, CLASSIFIER, **files)


NAMELESS = """
import json

def model_fn(folder):
    return None

def transform_fn(model, body, content_type, accept):
    rows = json.loads(body)["instances"]
    return json.dumps({
        "predictions": [None] + [1] * (len(rows) - 1),
        "refused": [{"row": 1, "column": None, "reason": "too long"}],
    }), accept
"""


def test_the_step_scores_what_its_arguments_name_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    artefact(tmp_path, inference=NAMELESS)
    (tmp_path / "data").mkdir()
    # As Excel writes it, with a cell of two lines.
    (tmp_path / "data" / "one.csv").write_bytes(b'\xef\xbb\xbfx,note\n1,"a\r\nb"\n2,c\n')
    (tmp_path / "data" / "two.csv").write_bytes(b"")
    words = ("--model", tmp_path, "--data", tmp_path / "data", "--output", tmp_path / "out")
    monkeypatch.setattr("sys.argv", ["score.py", *map(str, words), "--version", "7"])
    step.main()
    assert (tmp_path / "out" / "one.csv").read_bytes() == (
        b'x,note,prediction,error,model_version\r\n1,"a\r\nb",,too long,7\r\n2,c,1,,7\r\n'
    )
    assert (tmp_path / "out" / "two.csv").read_bytes().strip() == b""
    assert capsys.readouterr().out == (
        "one.csv: 2 rows, 1 of them without an answer\n"
        "two.csv: 0 rows, 0 of them without an answer\n"
    )
