"""Files and columns for the tests of `ds adopt`."""

from pathlib import Path

import pandas as pd

from data_science.adopt.kinds import Column, read_column


def write(folder: Path, content: str | bytes, name: str = "file.csv") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def column(*cells: str | None, decimal_comma: bool = False) -> Column:
    return read_column(pd.Series(cells, dtype=object), decimal_comma)
