"""Reads a table of unknown format: CSV in any dialect, Parquet, compressed, or a folder of them."""

import bz2
import csv
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from data_science.config.declared import rules
from project.errors import ProjectError, UsageError

_SEPARATORS = ",;\t|"
_SAMPLE = 100_000
"""Characters that the separator is told from."""

_PARQUET = (".parquet", ".pq")
_TEXT = (".csv", ".tsv", ".txt", ".dat", ".psv", ".data")
_DECOMPRESS: dict[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": gzip.decompress,
    b"BZh": bz2.decompress,
    b"\xfd7zXZ": lzma.decompress,
}
_EXCEL = (".xlsx", ".xlsm", ".xlsb", ".xls")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
"""What a file starts with that Excel wrote before 2007."""

_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}

NONE = "None"
"""Python's text for nothing, and a category of some people: what it is shows only later."""

_EMPTY = (rules("columns").MISSING | {"?", "-", "--", "."}) - {NONE}


@dataclass(frozen=True)
class Source:
    """A table as it was found.

    Attributes
    ----------
    table : a row a record, every cell text without spaces around it, an empty cell None.
    form : how it was written, in words, such as `CSV separated by ;, cp1252`.
    files : how many files it came in.
    decimal_comma : whether a comma in a number is likely to stand before its decimals.
    """

    table: pd.DataFrame
    form: str
    files: int
    decimal_comma: bool


def read_source(path: Path, encoding: str | None = None) -> Source:
    """Read a file, or all files of a folder as one table.

    Parameters
    ----------
    path : a CSV file with a header and any separator, encoding and compression; a Parquet file;
        or a folder of either, whose files have the same columns.
    encoding : of the CSV files, if it is known.

    Raises
    ------
    ProjectError : there is nothing to read, it is neither of these, or files of a folder differ.
    UsageError : the path or the encoding is none.
    """
    if not path.exists():
        raise UsageError(f"{path} is not there; name a CSV file, a Parquet file or a folder")
    files = [path] if path.is_file() else _files_in(path)
    read = [_read_file(file, encoding) for file in files]
    first = read[0]
    for file, other in zip(files, read, strict=True):
        if list(other.table.columns) != list(first.table.columns):
            raise ProjectError(
                f"{file} has other columns than {files[0]}: all files of a folder must "
                "have the same ones, in the same order"
            )
    table = first.table if len(read) == 1 else pd.concat([one.table for one in read])
    if table.empty:
        raise ProjectError(f"{path} has a header, but no rows")
    comma = any(one.decimal_comma for one in read)
    return Source(table.reset_index(drop=True), first.form, len(files), comma)


def _files_in(folder: Path) -> list[Path]:
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.is_file()
        and not file.name.startswith((".", "_"))
        and set(map(str.lower, file.suffixes)) & {*_PARQUET, *_TEXT}
    )
    if not files:
        raise ProjectError(f"{folder} holds no CSV and no Parquet file")
    return files


def _read_file(file: Path, encoding: str | None) -> Source:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ProjectError(f"{file} cannot be read: {error.strerror}") from None
    # Some programs give a table as text the name of a workbook.
    named = file.suffix.lower() in _EXCEL and (not content or b"\0" in content[:4096])
    if named or content.startswith(_OLD_EXCEL):
        raise _workbook(file)
    if content.startswith(b"PAR1"):
        return _read_parquet(file)
    packed = ""
    try:
        for mark, decompress in _DECOMPRESS.items():
            if content.startswith(mark):
                packed, content = ", compressed", decompress(content)
        if content.startswith(b"PK\x03\x04"):
            packed, content = ", compressed", _only_member(file, content)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        raise ProjectError(f"{file} is compressed and damaged: {error}") from None
    text, found = _decode(file, content, encoding)
    separator = _separator(text)
    name = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}[separator]
    table = _parse(file, text, separator)
    return Source(table, f"CSV separated by {name}, {found}{packed}", 1, separator != ",")


def _workbook(file: Path) -> ProjectError:
    return ProjectError(f"{file} is a workbook of Excel, which is not read; save the sheet as CSV")


def _read_parquet(file: Path) -> Source:
    try:
        table = pd.read_parquet(file)
    except ImportError:
        raise ProjectError("reading Parquet needs pyarrow; run `uv add pyarrow`") from None
    except (OSError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise ProjectError(f"{file} is a damaged Parquet file: {first}") from None
    header = _checked_header(file, [str(name) for name in table.columns])
    texts = [_as_texts(table.iloc[:, position]) for position in range(len(header))]
    return Source(_table(dict(zip(header, texts, strict=True))), "Parquet", 1, False)


def _as_texts(column: pd.Series) -> list[str]:
    """Return a typed column as texts that read back as the same values."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if pd.api.types.is_float_dtype(column):
        present = column.dropna()
        # A column of whole numbers with gaps comes as floats: 3.0 was 3.
        if (present % 1 == 0).all() and (present.abs() < 2**53).all():
            column = column.astype("Int64")
    return ["" if empty else str(cell) for cell, empty in zip(column, column.isna(), strict=True)]


def _only_member(file: Path, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if "xl/workbook.xml" in names:
            raise _workbook(file)
        if len(names) != 1:
            raise ProjectError(f"{file} holds {len(names)} files, not one; unpack it first")
        return archive.read(names[0])


def _decode(file: Path, content: bytes, encoding: str | None) -> tuple[str, str]:
    if encoding is not None:
        try:
            return content.decode(encoding), encoding
        except LookupError:
            raise UsageError(f"there is no encoding {encoding}; cp1250 is one") from None
        except UnicodeDecodeError as error:
            raise ProjectError(f"{file} is not written in {encoding}: {error}") from None
    for mark, marked in _MARKS.items():
        if content.startswith(mark):
            return content.decode(marked, "replace"), marked.removesuffix("-sig")
    if b"\0" in content[:4096]:
        raise ProjectError(f"{file} is neither text nor Parquet")
    # The first is what spreadsheets of Western Europe write: Latin-1 but for control characters.
    for guess in ("utf-8", "cp1252"):
        try:
            return content.decode(guess), guess
        except UnicodeDecodeError:
            pass
    return content.decode("latin-1"), "latin-1"


def _separator(text: str) -> str:
    """Return the separator that cuts the first lines into the most columns of one number."""
    lines = [line for line in text[:_SAMPLE].splitlines() if line.strip()]
    lines = lines[:-1] if len(text) > _SAMPLE else lines

    def quality(separator: str) -> tuple[float, int]:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator))
        except csv.Error:
            return (0.0, 0)
        (usual, times), *_ = widths.most_common(1)
        return (times / widths.total(), usual) if usual > 1 else (0.0, 0)

    return max(_SEPARATORS, key=quality) if lines else ","


def _parse(file: Path, text: str, separator: str) -> pd.DataFrame:
    try:
        rows = [
            row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if row
        ]
    except csv.Error as error:
        raise ProjectError(f"{file} is no CSV file: {error}") from None
    if not rows:
        raise ProjectError(f"{file} is empty")
    header = _checked_header(file, rows.pop(0))
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            raise ProjectError(
                f"{file}: row {number} below the header has {len(row)} cells, the header has "
                f"{len(header)}; correct the row, or quote the cell that holds the separator"
            )
    columns = zip(*rows, strict=True) if rows else ([] for _ in header)
    return _table(dict(zip(header, map(list, columns), strict=True)))


def _checked_header(file: Path, cells: list[str]) -> list[str]:
    # An unnamed column is what pandas makes of its index.
    header = [" ".join(name.split()) or f"column {at}" for at, name in enumerate(cells, 1)]
    twice = rules("columns").repeated(header)
    if twice is not None:
        raise ProjectError(f"{file} has the column {twice!r} twice; rename or remove one")
    if any(re.fullmatch(r"[+-]?\d*[.,]\d+", name) for name in header):
        raise ProjectError(
            f"{file} has no header: its first row holds {header[0]!r}; add a row of names"
        )
    return header


def _table(columns: dict[str, list[str]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series(
                [None if (text := cell.strip()) in _EMPTY else text for cell in cells],
                dtype=object,
            )
            for name, cells in columns.items()
        }
    )
