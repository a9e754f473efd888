"""AWS regions and the partitions they are in, by botocore's own data."""

import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def partition_of(region: str) -> str:
    """Return the partition of a region, which its ARNs start with: `aws`, `aws-cn`, ….

    Returns
    -------
    The partition, or nothing when no partition has such regions.
    """
    for partition, pattern in _patterns():
        if pattern.fullmatch(region):
            return partition
    return ""


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    # Read as a file: the command line must not wait for botocore to be imported.
    botocore = find_spec("botocore")
    assert botocore is not None and botocore.submodule_search_locations
    data = Path(botocore.submodule_search_locations[0]) / "data" / "partitions.json"
    partitions = json.loads(data.read_bytes())["partitions"]
    return [(item["id"], re.compile(item["regionRegex"], re.ASCII)) for item in partitions]
