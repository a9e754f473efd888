"""Tags: AddTags, ListTags and DeleteTags on every resource."""

from collections.abc import Mapping, Sequence
from typing import Any

from sagemaker_local.api.actions import Call, action
from sagemaker_local.api.errors import invalid
from sagemaker_local.api.support import declare
from sagemaker_local.storage.store import Body, Store

declare("AddTags", acted="ResourceArn Tags")
declare("ListTags", acted="ResourceArn NextToken MaxResults")
declare("DeleteTags", acted="ResourceArn TagKeys")
declare("Tag", acted="Key Value")


def put_tags(store: Store, arn: str, tags: Sequence[Mapping[str, str]]) -> None:
    """Put tags on a resource; a key that is there gets the new value.

    Raises
    ------
    AwsError : a key has the prefix that is AWS's own.
    """
    for tag in tags:
        if tag["Key"].lower().startswith("aws:"):
            raise invalid(f"Tag keys that start with aws: are reserved: {tag['Key']}")
    with store.transaction() as connection:
        connection.executemany(
            "INSERT INTO tags VALUES (?, ?, ?)"
            " ON CONFLICT (arn, key) DO UPDATE SET value = excluded.value",
            [(arn, tag["Key"], tag["Value"]) for tag in tags],
        )


def read_tags(store: Store, arn: str) -> list[dict[str, str]]:
    """Return a resource's tags in the order of their keys."""
    rows = store.connection.execute(
        "SELECT key, value FROM tags WHERE arn = ? ORDER BY key", (arn,)
    )
    return [{"Key": key, "Value": value} for key, value in rows]


@action("AddTags")
def add_tags(call: Call) -> Body:
    """Put tags on a resource and return all it has."""
    with call.store.transaction():
        arn = _existing(call)
        put_tags(call.store, arn, call.request["Tags"])
        return {"Tags": read_tags(call.store, arn)}


@action("ListTags")
def list_tags(call: Call) -> Body:
    """Return a page of a resource's tags."""
    tags = read_tags(call.store, _existing(call))
    after, size = call.request.get("NextToken", ""), call.request.get("MaxResults", len(tags))
    page: list[Any] = [tag for tag in tags if tag["Key"] > after]
    more = {"NextToken": page[size - 1]["Key"]} if len(page) > size else {}
    return {"Tags": page[:size], **more}


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
    if call.store.by_arn(arn) is None:
        raise invalid(f'Could not find resource "{arn}".')
    return arn
