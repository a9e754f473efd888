"""Files of `ds adopt`: a table is read however it is written, or refused in one line."""

import bz2
import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from data_science.adopt.source import read_source
from project.errors import ProjectError
from tests.data_science.adopting import write

ROWS = [["Größe", "n", "x"], ["klein", "1", "0.5"], ["", "2", "1.5"], ["groß", "3", "NA"]]
TABLE = "\n".join(",".join(row) for row in ROWS)


def zipped(content: bytes) -> bytes:
    from io import BytesIO

    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("file.csv", content)
    return buffer.getvalue()


FORMS: dict[str, tuple[Callable[[str], bytes], str]] = {
    "plain": (str.encode, "CSV separated by commas, utf-8"),
    "semicolons": (
        lambda text: text.replace(",", ";").encode("latin-1"),
        "CSV separated by semicolons, cp1252",
    ),
    "tabs": (lambda text: text.replace(",", "\t").encode(), "CSV separated by tabs, utf-8"),
    "bars": (lambda text: text.replace(",", "|").encode(), "CSV separated by bars, utf-8"),
    "mark": (lambda text: text.encode("utf-8-sig"), "CSV separated by commas, utf-8"),
    "utf-16": (lambda text: text.encode("utf-16"), "CSV separated by commas, utf-16"),
    "gzip": (
        lambda text: gzip.compress(text.encode()),
        "CSV separated by commas, utf-8, compressed",
    ),
    "bzip2": (
        lambda text: bz2.compress(text.encode()),
        "CSV separated by commas, utf-8, compressed",
    ),
    "zip": (lambda text: zipped(text.encode()), "CSV separated by commas, utf-8, compressed"),
    "old line ends": (
        lambda text: text.replace("\n", "\r\n").encode(),
        "CSV separated by commas, utf-8",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_csv_file_is_read_however_it_is_written(tmp_path: Path, form: str) -> None:
    written, said = FORMS[form]
    source = read_source(write(tmp_path, written(TABLE)))
    assert source.form == said
    assert source.table.to_dict("list") == {
        "Größe": ["klein", None, "groß"],
        "n": ["1", "2", "3"],
        "x": ["0.5", "1.5", None],
    }


def test_a_named_encoding_is_believed(tmp_path: Path) -> None:
    path = write(tmp_path, "město,n\nŽďár,1\n".encode("cp1250"))
    assert read_source(path, "cp1250").table["město"].tolist() == ["Žďár"]
    with pytest.raises(ProjectError, match="there is no encoding nonsense"):
        read_source(path, "nonsense")


def test_parquet_and_folders_are_read(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "n": [1.0, 2.0, None],
            "when": [pd.Timestamp("2026-01-01"), None, pd.Timestamp("2026-01-03 10:00")],
            "yes": [True, False, True],
            "kind": pd.Categorical(["a", None, "b"]),
        }
    )
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(2):
        table.to_parquet(folder / f"part-{number}.parquet")
    (folder / "_SUCCESS").write_text("")
    source = read_source(folder)
    assert (source.form, source.files, len(source.table)) == ("Parquet", 2, 6)
    assert source.table.head(3).to_dict("list") == {
        "n": ["1", "2", None],
        "when": ["2026-01-01 00:00:00", None, "2026-01-03 10:00:00"],
        "yes": ["True", "False", "True"],
        "kind": ["a", None, "b"],
    }


BAD: dict[str, tuple[str | bytes, str]] = {
    "nothing in it": ("", "file.csv is empty"),
    "header alone": ("a,b\n", "has a header, but no rows"),
    "the same name twice": ("a,b,a\n1,2,3\n", "has the column 'a' twice; rename or remove one"),
    "no header": ("5.1,3.5,setosa\n", "has no header: its first row holds '5.1'; add a row of "),
    "a short row": (
        "a,b\n1,2\n3\n",
        "row 2 below the header has 1 cells, the header has 2; correct the row, or ",
    ),
    "not text": (b"\x00\x01\x02\x03", "is neither text nor Parquet"),
    "half a file": (gzip.compress(b"a,b\n1,2\n" * 100)[:-20], "is compressed and damaged"),
    "half of Parquet": (b"PAR1nothing", "is a damaged Parquet file"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_read_is_refused_in_one_line(tmp_path: Path, what: str) -> None:
    content, says = BAD[what]
    with pytest.raises(ProjectError) as refused:
        read_source(write(tmp_path, content))
    assert says in str(refused.value)
    assert str(refused.value).startswith(f"{tmp_path / 'file.csv'}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("sheet.xlsx", b""),
        ("sheet.XLS", b""),
        ("sheet.xlsx", b"PK\x03\x04\x14\0"),
        ("sheet.csv", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ],
)
def test_a_workbook_is_refused_as_one(tmp_path: Path, name: str, content: bytes) -> None:
    path = write(tmp_path, content, name)
    with pytest.raises(ProjectError) as refused:
        read_source(path)
    assert str(refused.value) == (
        f"{path} is a workbook of Excel, which is not read; save the sheet as CSV"
    )


def test_a_text_with_the_name_of_a_workbook_is_read(tmp_path: Path) -> None:
    assert read_source(write(tmp_path, TABLE, "export.xls")).files == 1


def test_files_of_a_folder_must_fit_together(tmp_path: Path) -> None:
    write(tmp_path, "a,b\n1,2\n", "one.csv")
    write(tmp_path, "a,c\n1,2\n", "two.csv")
    with pytest.raises(ProjectError, match=r"two\.csv has other columns than .*one\.csv"):
        read_source(tmp_path)
    with pytest.raises(ProjectError, match="is not there"):
        read_source(tmp_path / "other")
