"""A step that fails leaves one line where SageMaker looks for it."""

import json
from pathlib import Path

import pytest
from failure import MESSAGE_FILE, Parser, StepError, reported


class Expected(Exception):
    """An error whose message says all."""


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (MESSAGE_FILE, "SM_OUTPUT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("error", [StepError, Expected])
def test_an_expected_error_is_told_in_one_line_without_a_traceback(
    error: type[Exception], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, reported(Expected):
        raise error("too\n  few   rows")
    assert ended.value.code == "too few rows"
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("nowhere")
def test_an_error_that_nobody_foresaw_is_told_with_its_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def called() -> None:
        json.loads("{")

    with pytest.raises(SystemExit) as ended, reported():
        called()
    code = str(ended.value.code)
    # Where it was raised, not where it was called from.
    assert code.startswith("JSONDecodeError: Expecting property name enclosed in double quotes: ")
    assert " (decoder.py:" in code

    with pytest.raises(SystemExit) as ended, reported():
        raise Expected("what")
    code = str(ended.value.code)
    assert code.startswith("Expected: what (test_failure.py:")
    assert code.endswith(")")
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(("variable", "name"), [(MESSAGE_FILE, ""), ("SM_OUTPUT_DIR", "failure")])
@pytest.mark.usefixtures("nowhere")
def test_the_line_is_written_where_sagemaker_looks_for_it(
    variable: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "opt" / "ml" / "output"
    monkeypatch.setenv(variable, str(place / name) if name == "" else str(place))
    written = place / name if name else place
    with pytest.raises(SystemExit), reported():
        raise StepError("zu wenige Größen")
    assert written.read_bytes() == "zu wenige Größen".encode()


@pytest.mark.usefixtures("nowhere")
def test_a_processing_job_has_its_own_file_before_that_of_a_training_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MESSAGE_FILE == "EXIT_MESSAGE_FILE"
    monkeypatch.setenv(MESSAGE_FILE, str(tmp_path / "message"))
    monkeypatch.setenv("SM_OUTPUT_DIR", str(tmp_path))
    with pytest.raises(SystemExit), reported():
        raise StepError("why")
    assert [path.name for path in tmp_path.iterdir()] == ["message"]


@pytest.mark.usefixtures("nowhere")
def test_a_step_that_ends_well_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SM_OUTPUT_DIR", str(tmp_path))
    with reported():
        pass
    assert list(tmp_path.iterdir()) == []


def test_bad_arguments_are_a_step_s_error_and_names_are_given_in_full() -> None:
    parser = Parser(description="what it does")
    parser.add_argument("--threshold", type=float)
    assert parser.description == "what it does"
    assert parser.parse_args(["--threshold", "0.5"]).threshold == 0.5
    for words in (["--threshold", "high"], ["--thres", "0.5"], ["--other"]):
        with pytest.raises(StepError, match=r"^bad arguments: "):
            parser.parse_args(words)
