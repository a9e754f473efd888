"""Step caching: which earlier step did the same work."""

import hashlib
import json
from typing import Any

from sagemaker_local.api.actions import now
from sagemaker_local.pipelines.step import Step, StepType
from sagemaker_local.storage.store import Resource, Store


def cache_key(step_type: StepType, arguments: dict[str, Any]) -> str:
    """Return what two steps of a type have in common exactly when they do the same work.

    Parameters
    ----------
    step_type : the steps' type.
    arguments : its arguments, without expressions.
    """
    chosen = {name: _argument(arguments, name) for name in step_type.cache_key}
    text = json.dumps([step_type.name, chosen], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _argument(arguments: dict[str, Any], path: str) -> Any:
    found: Any = arguments
    for name in path.split("."):
        found = (found or {}).get(name)
    return found


def find_cached(store: Store, region: str, pipeline: str, step: Step, key: str) -> Resource | None:
    """Return the latest step that did the same work and has not expired.

    Parameters
    ----------
    store, region, pipeline : where executions of the same pipeline are found.
    step : the step.
    key : its cache key.
    """
    oldest = 0.0 if step.expires is None else now() - step.expires
    for earlier in store.same_work(key):
        body = earlier.body
        if (
            earlier.region == region
            and earlier.name.startswith(f"{pipeline}/execution/")
            and body["StepName"] == step.name
            and body["StepStatus"] == "Succeeded"
            and "CacheHitResult" not in body
            and body["EndTime"] >= oldest
        ):
            return earlier
    return None
