"""List actions: filter, sort and page."""

from collections.abc import Callable
from typing import Any

from sagemaker_local.api.actions import Call
from sagemaker_local.api.errors import invalid
from sagemaker_local.api.page_token import read_token, write_token
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.storage.store import Body, Resource

_PAGE = 100


def listing(call: Call, kind: ResourceKind, resources: list[Resource]) -> Body:
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
    scope = [kind.noun, call.region, by, descending, asked]
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
        after = read_token(scope, token)
        keyed = [pair for pair in keyed if (pair[0] < after if descending else pair[0] > after)]
    answer: Body = {kind.summaries: [item.body for _, item in keyed[:size]]}
    if len(keyed) > size:
        answer["NextToken"] = write_token(scope, keyed[size - 1][0])
    return answer


Filter = Callable[[Resource, ResourceKind, Any], bool]
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
