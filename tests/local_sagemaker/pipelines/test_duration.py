"""Durations as AWS's own examples write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.pipelines.duration import parse_duration

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        # The developer guide, "Turn on step caching".
        ("30d", 2592000),
        ("5y", 157680000),
        ("T16m", 960),
        ("30dT5h", 2610000),
        # The SDK's CacheConfig.
        ("p30d", 2592000),
        ("P4DT12H", 388800),
        ("T12H", 43200),
        ("PT1H", 3600),
        # One unit each, and all of them.
        ("P1Y", 31536000),
        ("P1M", 2592000),
        ("P1W", 604800),
        ("P1D", 86400),
        ("PT1M", 60),
        ("PT1S", 1),
        ("P1Y1M1W1DT1H1M1S", 34822861),
        ("0d", 0),
        ("PT090M", 5400),
    ],
)
def test_seconds(text, seconds):
    assert parse_duration(text) == seconds


NONE = [
    "P",
    "T",
    "PT",
    "30",
    "d",
    "1d1y",
    "1H",
    "P1H",
    "1dT",
    "T1d",
    "-1d",
    "1.5d",
    "1ddd",
    "tomorrow",
    "P1DT5",
    "PP1D",
    "T1hT1m",
]


@pytest.mark.parametrize("text", [*NONE, "", "1d ", "\u0663d", "9" * 5000 + "d"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError):
        parse_duration(text)


@given(*[st.integers(0, 999_999_999)] * 3)
def test_units_add_up_in_any_case(days, hours, minutes):
    expected = days * DAY + hours * HOUR + minutes * MINUTE
    for text in (f"P{days}DT{hours}H{minutes}M", f"{days}dT{hours}h{minutes}m"):
        assert parse_duration(text) == expected
