"""Durations as `CacheConfig.ExpireAfter` writes them."""

import re

_DURATION = re.compile(
    r"P?(?=T?[0-9])"
    r"(?:([0-9]{1,9})Y)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})W)?(?:([0-9]{1,9})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})S)?)?",
    re.IGNORECASE,
)
# How long AWS takes a year and a month to be is unconfirmed.
_SECONDS = (365 * 86400, 30 * 86400, 7 * 86400, 86400, 3600, 60, 1)


def parse_duration(text: str) -> float:
    """Return the seconds of a duration.

    The developer guide ("Turn on step caching") asks for ISO 8601 and writes `30d`, `5y`, `T16m`
    and `30dT5h`, the SDK's `CacheConfig` writes `p30d`, `P4DT12H` and `T12H`: the `P` may be
    left out, and case means nothing.

    Raises
    ------
    ValueError : it is none.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return float(sum(int(n or 0) * s for n, s in zip(match.groups(), _SECONDS, strict=True)))
