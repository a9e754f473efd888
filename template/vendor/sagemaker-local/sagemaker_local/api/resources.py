"""Plain resources from a table: what each kind is called, and Create, Describe, List, Delete."""

from collections.abc import Callable, Mapping
from typing import Any

from sagemaker_local.api.actions import ACTIONS, Call, now
from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.listing import listing
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.api.tags import put_tags
from sagemaker_local.storage.store import AlreadyThereError, Resource

_NOT_KEPT = ("Tags", "ClientToken", "ClientRequestToken")


def create(call: Call, kind: ResourceKind, *, name: str = "", **members: Any) -> Resource:
    """Make a resource of a request's members, its times, and what else is given.

    Parameters
    ----------
    call : the request; `Tags` in it become the resource's tags.
    kind : what to make.
    name : its name, where that is not a member of the request.
    members : more members of the body.

    Raises
    ------
    AwsError : there is one of that name already.
    """
    name = name or call.request[kind.name_member]
    arn = call.arn(f"{kind.path}/{name}")
    time = now()
    body = {member: value for member, value in call.request.items() if member not in _NOT_KEPT}
    body |= {kind.name_member: name, kind.arn_member: arn}
    body |= {"CreationTime": time, "LastModifiedTime": time, "CreatedBy": {}} | members
    resource = Resource(kind.noun, call.region, name, arn, body)
    with call.store.transaction():
        try:
            call.store.create(resource)
        except AlreadyThereError:
            message = kind.duplicate.format(arn=arn, name=name)
            raise AwsError(kind.duplicate_code, message) from None
        put_tags(call.store, arn, call.request.get("Tags", []))
    return resource


def find(call: Call, kind: ResourceKind, name_or_arn: str | None = None) -> Resource:
    """Return the resource that a request names.

    Parameters
    ----------
    call : the request.
    kind : what is looked for.
    name_or_arn : its name or ARN; by default the request's member for it.

    Raises
    ------
    AwsError : there is none.
    """
    asked = name_or_arn or call.request[kind.name_member]
    found = lookup(call, kind, asked)
    if found is None:
        arn = asked if asked.startswith("arn:") else call.arn(f"{kind.path}/{asked}")
        name = asked.rsplit(f":{kind.path}/", 1)[-1]
        raise AwsError(kind.missing_code, kind.missing.format(arn=arn, name=name))
    return found


def lookup(call: Call, kind: ResourceKind, name_or_arn: str) -> Resource | None:
    """Return the resource of a name or an ARN, or None if there is none here.

    An ARN of another partition, region, account or kind is never one of ours.
    """
    name = name_or_arn
    if name.startswith("arn:"):
        ours = call.arn(f"{kind.path}/")
        if not name.startswith(ours):
            return None
        name = name.removeprefix(ours)
    return call.store.get(kind.noun, call.region, name)


def offer(kind: ResourceKind, *verbs: str) -> None:
    """Register the plain form of Create, Describe, List or Delete for a kind."""
    plain: dict[str, Callable[[Call], Mapping[str, Any] | None]] = {
        "Create": lambda call: create(call, kind).body,
        "Describe": lambda call: find(call, kind).body,
        "List": lambda call: listing(call, kind),
        "Delete": lambda call: call.store.delete(find(call, kind).arn),
    }
    for verb in verbs:
        plural = "s" if verb == "List" else ""
        ACTIONS[f"{verb}{kind.noun}{plural}"] = plain[verb]
