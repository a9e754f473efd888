"""The Resource Groups Tagging API: SageMaker's resources among those of the other services."""

import json
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Response

from sagemaker_local.api.actions import perform
from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.page_token import read_token, write_token
from sagemaker_local.api.parts import Parts
from sagemaker_local.api.serialization import check_types
from sagemaker_local.api.service_model import load_model
from sagemaker_local.api.tags import read_all_tags
from sagemaker_local.api.validation import check_values
from sagemaker_local.storage.other_services import OtherServices
from sagemaker_local.storage.store import Body, Store

_TARGET = "ResourceGroupsTaggingAPI_20170126"
_JSON = "application/x-amz-json-1.1"
_PAGE = 50


class _OthersRefusedError(Exception):
    """The other services refused the request; the answer says why."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


def answer_tagging(parts: Parts, region: str, target: str, request: Any) -> Response:
    """Answer a request to the Resource Groups Tagging API.

    Parameters
    ----------
    parts : the running parts of the service.
    region : the region it is for.
    target : its `X-Amz-Target`.
    request : its decoded body.

    Raises
    ------
    AwsError : the request is malformed.
    """
    action = target.rpartition(".")[2]
    try:
        if action not in _ACTIONS:
            return _others(parts, region, action, request)[1]
        shape = load_model("resourcegroupstaggingapi").operation_model(action).input_shape
        check_types(shape, request)
        check_values(shape, request)
        body = _ACTIONS[action](parts, region, request)
    except _OthersRefusedError as refused:
        return refused.answer
    return Response(json.dumps(body), content_type=_JSON)


def _get_resources(parts: Parts, region: str, request: Body) -> Body:
    asked = {k: v for k, v in request.items() if k not in ("PaginationToken", "ResourcesPerPage")}
    found = _all_pages(parts, region, "GetResources", asked, "ResourceTagMappingList")
    tagged = read_all_tags(parts[Store], region)
    found += [
        {"ResourceARN": arn, "Tags": tags}
        for arn, tags in tagged.items()
        if _fits(arn, tags, asked)
    ]
    found.sort(key=lambda item: str(item["ResourceARN"]))
    token, size = request.get("PaginationToken"), request.get("ResourcesPerPage", _PAGE)
    first: int = read_token(["GetResources", region, asked], token) if token else 0
    last = first + size
    more = write_token(["GetResources", region, asked], last) if last < len(found) else ""
    return {"ResourceTagMappingList": found[first:last], "PaginationToken": more}


def _fits(arn: str, tags: list[dict[str, str]], asked: Mapping[str, Any]) -> bool:
    kind = "sagemaker:" + arn.split(":", 5)[5].split("/")[0]
    kinds, arns = asked.get("ResourceTypeFilters"), asked.get("ResourceARNList")
    if (kinds and kind not in kinds and "sagemaker" not in kinds) or (arns and arn not in arns):
        return False
    values = {tag["Key"]: tag["Value"] for tag in tags}
    return all(
        wanted.get("Key") in values
        and (not wanted.get("Values") or values[wanted["Key"]] in wanted["Values"])
        for wanted in asked.get("TagFilters") or []
    )


def _get_tag_keys(parts: Parts, region: str, request: Body) -> Body:
    keys = set(_all_pages(parts, region, "GetTagKeys", {}, "TagKeys"))
    for tags in read_all_tags(parts[Store], region).values():
        keys |= {tag["Key"] for tag in tags}
    return {"TagKeys": sorted(keys), "PaginationToken": ""}


def _get_tag_values(parts: Parts, region: str, request: Body) -> Body:
    asked = {"Key": request["Key"]}
    values = set(_all_pages(parts, region, "GetTagValues", asked, "TagValues"))
    for tags in read_all_tags(parts[Store], region).values():
        values |= {tag["Value"] for tag in tags if tag["Key"] == request["Key"]}
    return {"TagValues": sorted(values), "PaginationToken": ""}


def _tag_resources(parts: Parts, region: str, request: Body) -> Body:
    tags = [{"Key": key, "Value": value} for key, value in request["Tags"].items()]
    return _change(parts, region, request, "TagResources", "AddTags", {"Tags": tags})


def _untag_resources(parts: Parts, region: str, request: Body) -> Body:
    keys = {"TagKeys": request["TagKeys"]}
    return _change(parts, region, request, "UntagResources", "DeleteTags", keys)


def _change(
    parts: Parts, region: str, request: Body, action: str, ours: str, members: Body
) -> Body:
    arns = request["ResourceARNList"]
    others = [arn for arn in arns if arn.split(":")[2:3] != ["sagemaker"]]
    failed: Body = {}
    if others:
        body, answer = _others(parts, region, action, {**request, "ResourceARNList": others})
        if answer.status_code != 200:
            raise _OthersRefusedError(answer)
        failed |= body.get("FailedResourcesMap", {})
    for arn in set(arns) - set(others):
        try:
            perform(parts, region, ours, {"ResourceArn": arn, **members})
        except AwsError as error:
            failed[arn] = {
                "StatusCode": error.status,
                "ErrorCode": "InvalidParameterException",
                "ErrorMessage": error.message,
            }
    return {"FailedResourcesMap": failed}


def _all_pages(parts: Parts, region: str, action: str, asked: Body, member: str) -> list[Any]:
    found: list[Any] = []
    token = ""
    while True:
        page = {"PaginationToken": token} if token else {}
        body, answer = _others(parts, region, action, asked | page)
        if answer.status_code != 200:
            raise _OthersRefusedError(answer)
        found += body.get(member, [])
        token = body.get("PaginationToken") or ""
        if not token:
            return found


def _others(parts: Parts, region: str, action: str, request: Any) -> tuple[Body, Response]:
    answer = parts[OtherServices].request(
        "POST",
        "/",
        region=region,
        service="tagging",
        headers={
            "X-Amz-Target": f"{_TARGET}.{action}",
            "Content-Type": _JSON,
        },
        body=json.dumps(request).encode(),
    )
    body = json.loads(answer.get_data()) if answer.status_code == 200 else {}
    return body, answer


_ACTIONS = {
    "GetResources": _get_resources,
    "GetTagKeys": _get_tag_keys,
    "GetTagValues": _get_tag_values,
    "TagResources": _tag_resources,
    "UntagResources": _untag_resources,
}
