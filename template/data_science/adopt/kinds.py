"""Says what kind of values a column of texts holds, and reads them."""

import re
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd

from data_science.adopt.source import NONE

BOOLEANS = [{"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"}]
LISTED = 50
"""With more values than these, a schema that lists each would help nobody."""

OFTEN = 5
"""Nor would it if a value is seen less often than this: there will be others tomorrow."""

_STRAY = 0.05
"""Up to this share of a column's cells may be no number (or date), and count as empty."""

_LEADING_ZERO = re.compile(r"^0\d+$", re.MULTILINE)
_DECIMAL_COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+-]?\d+(?:\.\d+)?")
_DATE_LIKE = re.compile(
    r"\d{1,4}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/., ].*|[A-Za-z]{3,9} \d.*|\d{4}-\d\d"
)
_DAY_NUMBER = re.compile(r"(?:19|20)\d\d[01]\d[0-3]\d")
_ZONE = re.compile(r":.*(?:Z|[+-]\d\d:?\d\d|[+-]\d\d)$")
_MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")
_DAY_FIRST = ("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%d.%m.%Y", "%d.%m.%y")
_CLEAR = (
    *("%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y"),
    *("%b %d, %Y", "%d %B %Y", "%B %d, %Y"),
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_FORMATS = [date + time for date, time in product(_MONTH_FIRST + _DAY_FIRST + _CLEAR, _TIMES)]
_SAMPLE = 50
_WORDS_OF_TEXT = 4


@dataclass(frozen=True)
class Column:
    """What a column holds.

    Attributes
    ----------
    kind : one that `schema.json` may name: `number`, `boolean`, `date`, `category` or `text`.
    values : the cells, read: float64, datetime64, or texts; empty ones as NaN, NaT or None.
    texts : the cells as the steps read them: numbers with a point, dates by ISO 8601.
    stray : cells that are of another kind, and count as empty.
    remark : on how it was written, in words; empty when there is nothing to say.
    """

    kind: str
    values: pd.Series
    texts: pd.Series
    stray: tuple[str, ...] = ()
    remark: str = ""

    @property
    def listed(self) -> list[str] | None:
        """The categories, if a schema should list them."""
        if self.kind != "category":
            return None
        found = self.texts.value_counts()
        few = len(found) <= LISTED and found.sum() >= OFTEN * len(found)
        return sorted(found.index) if few else None


def read_column(texts: pd.Series, decimal_comma: bool, day_first: bool | None = None) -> Column:
    """Return what a column holds.

    Parameters
    ----------
    texts : the cells as they were written; an empty one is None.
    decimal_comma : what a comma in a number stands for, where both can be.
    day_first : whether the day stands before the month, where both can be; None if nobody says.
    """
    without = texts.mask(texts == NONE)
    present = without.dropna()
    if {text.lower() for text in present.unique()[:5]} in BOOLEANS:
        return Column("boolean", without, without)
    found = _dates(without, present, day_first) if _may_be_dates(present) else None
    found = found or _numbers(without, present, decimal_comma)
    if found is not None:
        return found
    words = _sample(present).str.split().str.len().mean()
    if words >= _WORDS_OF_TEXT and present.nunique() > LISTED:
        return Column("text", without, without)
    # Where other cells are empty, or too many values are there to list, `None` says no more.
    whole = Column("category", texts, texts)
    return whole if texts.notna().all() and whole.listed else Column("category", without, without)


def rewritten(texts: pd.Series, kind: str, decimal_comma: bool) -> pd.Series:
    """Return a column whose kind is known with its cells as the steps read them.

    Parameters
    ----------
    texts, decimal_comma : as for `read_column`.
    kind : one of those that `schema.json` may name.

    Returns
    -------
    The cells; those that are not of the kind as they are.

    Raises
    ------
    ValueError : the dates may be read in two ways; the message is one line.
    """
    present = texts.dropna()
    read = None
    if kind == "number":
        written = present.str.fullmatch(_DECIMAL_COMMA) | present.str.fullmatch(_THOUSANDS)
        plain = _with_point(present[written.astype(bool)], decimal_comma)[0]
        read = plain.reindex(texts.index)
    elif kind == "date" and (dates := _dates(texts, present, most_stray=0.5)) is not None:
        if dates.remark:
            raise ValueError(
                f"holds dates such as {present.iloc[0]!r}, which may be read in two ways; write "
                "them as 2026-01-31"
            )
        read = dates.texts
    return texts if read is None else read.where(read.notna(), texts)


def _numbers(texts: pd.Series, present: pd.Series, decimal_comma: bool) -> Column | None:
    together = "\n".join(present)
    # A leading zero stays only in a text: a postal code.
    if present.empty or _LEADING_ZERO.search(together):
        return None
    plain, remark = _with_point(present, decimal_comma)
    values = pd.to_numeric(plain, errors="coerce").astype("float64")
    values = values.where(np.isfinite(values))
    stray = _stray(present, values)
    if stray is None:
        return None
    return Column(
        "number",
        values.reindex(texts.index),
        plain.mask(values.isna()).reindex(texts.index),
        stray,
        remark,
    )


def _with_point(present: pd.Series, decimal_comma: bool) -> tuple[pd.Series, str]:
    """Return numbers with a decimal point and without marks of the thousands, and a remark."""
    if present.str.contains(",", regex=False).any():
        # A cell that is written otherwise stays: without its point, 2.5 would be 25.
        comma = present.str.fullmatch(_DECIMAL_COMMA).astype(bool)
        thousands = present.str.fullmatch(_THOUSANDS).astype(bool)
        if _all(present, _DECIMAL_COMMA) and (decimal_comma or not _all(present, _THOUSANDS)):
            plain = present.str.replace(".", "").str.replace(",", ".")
            return plain.where(comma, present), "is written with a decimal comma"
        if _all(present, _THOUSANDS):
            plain = present.str.replace(",", "")
            return plain.where(thousands, present), "is written with a comma after the thousands"
    return present, ""


def _all(present: pd.Series, pattern: re.Pattern[str]) -> bool:
    """Whether all cells, but for a few that are stray, are written so."""
    return bool(present.str.fullmatch(pattern).mean() >= 1 - _STRAY)


def _stray(present: pd.Series, values: pd.Series, most: float = _STRAY) -> tuple[str, ...] | None:
    """Return the cells that could not be read; None if they are too many to be a mistake."""
    wrong = present[values.isna()]
    if len(wrong) > most * len(present) or len(wrong) == len(present):
        return None
    return tuple(wrong)


def _dates(
    texts: pd.Series,
    present: pd.Series,
    day_first: bool | None = None,
    most_stray: float = _STRAY,
) -> Column | None:
    iso = _iso(present)
    stray = _stray(present, iso, most_stray)
    if stray is not None:
        return _date_column(texts, iso, stray)
    sample, found = _sample(present), []
    for form in _FORMATS:
        if _parsed(sample, form).notna().mean() >= 1 - most_stray:
            values = _parsed(present, form)
            stray = _stray(present, values, most_stray)
            if stray is not None:
                found.append((len(stray), _date_column(texts, values, stray)))
    if not found:
        return None
    fewest = min(strays for strays, *_ in found)
    read = [column for strays, column in found if strays == fewest]
    column = read[0]
    for another in read[1:]:
        # A date of May is one in full and in short.
        differs = (column.values != another.values) & column.values.notna()
        if not differs.any() or day_first is False:
            continue
        if day_first:
            return another
        at = differs.idxmax()
        taken = column.values[at]
        return replace(
            column,
            remark=f"may be read in two ways: {texts[at]} is taken for {taken.day} {taken:%B %Y}, "
            "the month first; say --day-first or --month-first",
        )
    return column


def _may_be_dates(present: pd.Series) -> bool:
    sample = _sample(present)
    if sample.str.fullmatch(_DAY_NUMBER).all() and present.nunique() > _SAMPLE:
        return True
    return not present.empty and bool(sample.str.fullmatch(_DATE_LIKE).mean() >= 1 - _STRAY)


def _sample(present: pd.Series) -> pd.Series:
    return present.iloc[:: max(1, len(present) // _SAMPLE)]


def _date_column(texts: pd.Series, values: pd.Series, stray: tuple[str, ...]) -> Column:
    dates = values.reindex(texts.index)
    whole_days = bool((values.dropna() == values.dropna().dt.normalize()).all())
    written = np.datetime_as_string(
        dates.to_numpy("datetime64[us]"), unit="D" if whole_days else "auto"
    )
    iso = pd.Series(written, index=texts.index, dtype=object).mask(dates.isna())
    return Column("date", dates, iso, stray)


def _iso(present: pd.Series) -> pd.Series:
    # pandas 2.2 reads a text without a zone in the zone of a text before it.
    zoned = present.str.contains(_ZONE)
    parts = [_parsed(part, "ISO8601") for part in (present[zoned], present[~zoned])]
    together: pd.Series = pd.concat(parts).reindex(present.index)
    return together


def _parsed(texts: pd.Series, form: str) -> pd.Series:
    dates = pd.to_datetime(texts, format=form, utc=True, errors="coerce")
    naive: pd.Series = dates.dt.tz_localize(None).astype("datetime64[ns]")
    return naive
