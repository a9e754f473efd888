"""List actions: filter, sort and page."""

from sagemaker_local.api.actions import Call
from sagemaker_local.api.errors import invalid
from sagemaker_local.api.page_token import read_token, write_token
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.storage.query import Filter, Query
from sagemaker_local.storage.store import Body

_PAGE = 100
_FILTERS = {
    "NameContains": ("Name", "contains"),
    "PipelineNamePrefix": ("Name", "starts"),
    "StatusEquals": ("Status", "equals"),
    "ModelApprovalStatus": ("ModelApprovalStatus", "equals"),
    "CreationTimeAfter": ("CreationTime", "after"),
    "CreationTimeBefore": ("CreationTime", "before"),
    "CreatedAfter": ("CreationTime", "after"),
    "CreatedBefore": ("CreationTime", "before"),
    "LastModifiedTimeAfter": ("LastModifiedTime", "after"),
    "LastModifiedTimeBefore": ("LastModifiedTime", "before"),
}


def listing(call: Call, kind: ResourceKind, parent: str | None = None) -> Body:
    """Answer a List action: filter, sort and page as the request asks.

    Parameters
    ----------
    call : the request.
    kind : what is listed.
    parent : only what belongs to it, such as the versions of a group; None for all.

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
    scope = [kind.noun, call.region, parent, by, descending, asked]
    filters = []
    for name, value in asked.items():
        if name not in _FILTERS:
            raise invalid(f"the local SageMaker does not support the filter {name}")
        member, test = _FILTERS[name]
        filters.append(Filter(_member(kind, member), test, value))
    found = call.store.page(
        Query(
            kind.noun,
            call.region,
            parent,
            order=_member(kind, by),
            descending=descending,
            # One more tells whether there is another page.
            size=size + 1,
            filters=filters,
            after=None if token is None else read_token(scope, token),
        )
    )
    answer: Body = {kind.summaries: [item.body for _, item in found[:size]]}
    if len(found) > size:
        answer["NextToken"] = write_token(scope, found[size - 1][0])
    return answer


def _member(kind: ResourceKind, name: str) -> str:
    return kind.status if name == "Status" else name
