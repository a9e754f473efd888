"""Tags: AddTags, ListTags and DeleteTags on every resource."""

from collections.abc import Mapping, Sequence

from sagemaker_local.api.actions import Call, action
from sagemaker_local.api.errors import invalid
from sagemaker_local.api.support import declare
from sagemaker_local.storage.store import Body, Store

declare("AddTags", acted="ResourceArn Tags")
declare("ListTags", acted="ResourceArn NextToken MaxResults")
declare("DeleteTags", acted="ResourceArn TagKeys")
declare("Tag", acted="Key Value")


MOST_TAGS = 50
"""How many tags a resource has at most (developer guide, "Custom tag propagation")."""


def put_tags(store: Store, arn: str, tags: Sequence[Mapping[str, str]]) -> None:
    """Put tags on a resource; a key that is there gets the new value.

    Raises
    ------
    AwsError : a key is given twice, or has the prefix that is AWS's own, or there would be more
        than MOST_TAGS. AWS's words for these are unconfirmed.
    """
    keys = [tag["Key"] for tag in tags]
    for key in keys:
        if key.lower().startswith("aws:"):
            raise invalid(f"Tag keys that start with aws: are reserved: {key}")
        if keys.count(key) > 1:
            raise invalid(f"Duplicate tag keys found: {key}")
    with store.transaction() as connection:
        connection.executemany(
            "INSERT INTO tags VALUES (?, ?, ?)"
            " ON CONFLICT (arn, key) DO UPDATE SET value = excluded.value",
            [(arn, tag["Key"], tag["Value"]) for tag in tags],
        )
        if len(read_tags(store, arn)) > MOST_TAGS:
            raise invalid(f"A resource has at most {MOST_TAGS} tags: {arn}")


def read_tags(store: Store, arn: str) -> list[dict[str, str]]:
    """Return a resource's tags in the order of their keys."""
    rows = store.connection.execute(
        "SELECT key, value FROM tags WHERE arn = ? ORDER BY key", (arn,)
    )
    return [{"Key": key, "Value": value} for key, value in rows]


def read_all_tags(store: Store, region: str) -> dict[str, list[dict[str, str]]]:
    """Return the tags of every resource of a region that has any, by its ARN."""
    rows = store.connection.execute(
        "SELECT arn, key, value FROM tags JOIN resources USING (arn)"
        " WHERE region = ? ORDER BY arn, key",
        (region,),
    )
    found: dict[str, list[dict[str, str]]] = {}
    for arn, key, value in rows:
        found.setdefault(arn, []).append({"Key": key, "Value": value})
    return found


@action("AddTags")
def add_tags(call: Call) -> Body:
    """Put tags on a resource and return all it has."""
    with call.store.transaction():
        arn = _existing(call)
        put_tags(call.store, arn, call.request["Tags"])
        return {"Tags": read_tags(call.store, arn)}


@action("ListTags")
def list_tags(call: Call) -> Body:
    """Return a resource's tags; the smallest page that can be asked for holds them all."""
    arn = _existing(call)
    if "NextToken" in call.request:
        raise invalid("Invalid NextToken: it was not given by this list")
    return {"Tags": read_tags(call.store, arn)}


@action("DeleteTags")
def delete_tags(call: Call) -> Body:
    """Take tags off a resource."""
    with call.store.transaction() as connection:
        arn = _existing(call)
        connection.executemany(
            "DELETE FROM tags WHERE arn = ? AND key = ?",
            [(arn, key) for key in call.request["TagKeys"]],
        )
    return {}


def _existing(call: Call) -> str:
    arn: str = call.request["ResourceArn"]
    found = call.store.by_arn(arn)
    if found is None or found.region != call.region:
        raise invalid(f'Could not find resource "{arn}".')
    return arn
