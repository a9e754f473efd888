"""Plain resources from a table: what each kind is called, and Create, Describe, List, Delete."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_local.actions import ACTIONS, Call, now
from sagemaker_local.errors import AwsError, invalid
from sagemaker_local.store import AlreadyThereError, Body, Resource
from sagemaker_local.tags import put_tags

_NOT_KEPT = ("Tags", "ClientToken", "ClientRequestToken")
_PAGE = 100


@dataclass(frozen=True)
class Kind:
    """How one kind of resource appears in the API.

    Attributes
    ----------
    noun : as in `Create<noun>`; names the members `<noun>Name` and `<noun>Arn`.
    path : the ARN's part before the name.
    summaries : the member of List's answer that holds the resources.
    missing : the message when there is none; may use {arn} and {name}.
    duplicate : the message when there is one already.
    missing_code, duplicate_code : the error codes that go with these messages.
    status : the member that holds the status, if the kind has one.
    newest_first : List's order when the request does not name one.
    """

    noun: str
    path: str
    summaries: str
    missing: str
    duplicate: str = ""
    missing_code: str = "ValidationException"
    duplicate_code: str = "ValidationException"
    status: str = ""
    newest_first: bool = False

    @property
    def name_member(self) -> str:
        """The member that holds the name."""
        return f"{self.noun}Name"

    @property
    def arn_member(self) -> str:
        """The member that holds the ARN."""
        return f"{self.noun}Arn"


def create(call: Call, kind: Kind, *, name: str = "", **members: Any) -> Resource:
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


def find(call: Call, kind: Kind, name_or_arn: str | None = None) -> Resource:
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
    name = asked.split(f":{kind.path}/", 1)[-1]
    found = call.store.get(kind.noun, call.region, name)
    if found is None:
        arn = call.arn(f"{kind.path}/{name}")
        raise AwsError(kind.missing_code, kind.missing.format(arn=arn, name=name))
    return found


def offer(kind: Kind, *verbs: str) -> None:
    """Register the plain form of Create, Describe, List or Delete for a kind."""
    plain: dict[str, Callable[[Call], Mapping[str, Any] | None]] = {
        "Create": lambda call: create(call, kind).body,
        "Describe": lambda call: find(call, kind).body,
        "List": lambda call: listing(call, kind, call.store.resources(kind.noun, call.region)),
        "Delete": lambda call: call.store.delete(find(call, kind).arn),
    }
    for verb in verbs:
        plural = "s" if verb == "List" else ""
        ACTIONS[f"{verb}{kind.noun}{plural}"] = plain[verb]


def listing(call: Call, kind: Kind, resources: list[Resource]) -> Body:
    """Answer a List action: filter, sort and page as the request asks.

    Parameters
    ----------
    call : the request.
    kind : what is listed.
    resources : all that could be in the answer, oldest first.

    Raises
    ------
    AwsError : the request has a filter that we do not have, or a bad `NextToken`.
    """
    asked = dict(call.request)
    by = asked.pop("SortBy", "CreationTime")
    default = "Descending" if kind.newest_first else "Ascending"
    descending = asked.pop("SortOrder", default) == "Descending"
    size = asked.pop("MaxResults", _PAGE)
    token = asked.pop("NextToken", None)
    for name, value in asked.items():
        test = _FILTERS.get(name)
        if test is None:
            raise invalid(f"the local SageMaker does not support the filter {name}")
        resources = [item for item in resources if test(item, kind, value)]
    member = {"Name": kind.name_member, "Status": kind.status}.get(by, by)
    # Creation order decides between equal keys, so that paging is stable.
    keyed = [([item.body.get(member, 0), number], item) for number, item in enumerate(resources)]
    keyed.sort(key=lambda pair: pair[0], reverse=descending)
    if token is not None:
        after = _decode(token)
        keyed = [pair for pair in keyed if (pair[0] < after if descending else pair[0] > after)]
    answer: Body = {kind.summaries: [item.body for _, item in keyed[:size]]}
    if len(keyed) > size:
        answer["NextToken"] = _encode(keyed[size - 1][0])
    return answer


def _encode(key: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _decode(token: str) -> list[Any]:
    try:
        key = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        raise invalid("Invalid NextToken: it was not given by this list") from None
    return list(key)


Filter = Callable[[Resource, Kind, Any], bool]
_FILTERS: dict[str, Filter] = {
    "NameContains": lambda item, kind, value: value in item.body[kind.name_member],
    "PipelineNamePrefix": lambda item, kind, value: item.name.startswith(value),
    "StatusEquals": lambda item, kind, value: item.body[kind.status] == value,
    "ModelApprovalStatus": lambda item, kind, value: item.body.get("ModelApprovalStatus") == value,
    "CreationTimeAfter": lambda item, kind, value: item.body["CreationTime"] > value,
    "CreationTimeBefore": lambda item, kind, value: item.body["CreationTime"] < value,
    "CreatedAfter": lambda item, kind, value: item.body["CreationTime"] > value,
    "CreatedBefore": lambda item, kind, value: item.body["CreationTime"] < value,
    "LastModifiedTimeAfter": lambda item, kind, value: item.body["LastModifiedTime"] > value,
    "LastModifiedTimeBefore": lambda item, kind, value: item.body["LastModifiedTime"] < value,
}
