"""Step caching: which earlier step did the same work."""

import hashlib
import json
import re
from typing import Any

from sagemaker_local.api.actions import now
from sagemaker_local.pipelines.step import StepType
from sagemaker_local.storage.store import Resource, Store

_DURATION = re.compile(
    r"P(?!$)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?!$)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?",
    re.IGNORECASE,
)
_SECONDS = (365 * 86400, 30 * 86400, 7 * 86400, 86400, 3600, 60, 1)


def parse_duration(text: str) -> float | None:
    """Return the seconds of an ISO 8601 duration, or None if it is none."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    return float(sum(int(n or 0) * s for n, s in zip(match.groups(), _SECONDS, strict=True)))


def cache_key(step_type: StepType, arguments: dict[str, Any]) -> str:
    """Return what two steps of a type have in common exactly when they do the same work.

    Parameters
    ----------
    step_type : the steps' type.
    arguments : its arguments, without expressions.
    """
    chosen = {name: arguments.get(name) for name in step_type.cache_key}
    text = json.dumps([step_type.name, chosen], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def find_cached(
    store: Store, region: str, pipeline: str, step: dict[str, Any], key: str
) -> Resource | None:
    """Return the latest step that did the same work and has not expired.

    Parameters
    ----------
    store, region, pipeline : where executions of the same pipeline are found.
    step : the step's document, with its name, type and `CacheConfig`.
    key : its cache key.
    """
    expire = step["CacheConfig"].get("ExpireAfter")
    oldest = now() - (parse_duration(expire) or 0) if expire else 0.0
    for earlier in reversed(store.resources("Step", region, prefix=f"{pipeline}/execution/")):
        body = earlier.body
        if (
            body["StepName"] == step["Name"]
            and body["StepStatus"] == "Succeeded"
            and body.get("_CacheKey") == key
            and "CacheHitResult" not in body
            and body["EndTime"] >= oldest
        ):
            return earlier
    return None
