"""What S3 lets an account do with the bucket of another: what the bucket's policy allows."""

from collections.abc import Sequence

from sagemaker_local.places import account_of, region_of
from sagemaker_local.regions import partition_of
from sagemaker_local.storage.object_store.errors import S3Error
from sagemaker_local.storage.object_store.requests import S3Request
from sagemaker_local.storage.policies import allows

_VERBS = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "POST": "Put", "DELETE": "Delete"}
_LISTS = {"uploads": "ListBucketMultipartUploads"}
_LIST_PARAMETERS = {"delimiter", "encoding-type", "list-type", "max-keys", "prefix", "versions"}


def check_shared(
    owner: str, policy: str, caller: str, asked: S3Request, keys: Sequence[str]
) -> None:
    """Refuse what an account may not do with a bucket.

    Parameters
    ----------
    owner : the bucket's place.
    policy : the bucket's policy; empty when it has none.
    caller : the account that asks.
    asked : the request.
    keys : of the objects that it is about; none if it is about the bucket.

    Raises
    ------
    S3Error : the bucket is another account's, whose policy does not allow it.
    """
    if account_of(owner) == caller:
        return
    action = f"s3:{_action(asked, bool(keys))}"
    bucket = f"arn:{partition_of(region_of(owner))}:s3:::{asked.bucket}"
    for resource in [f"{bucket}/{key}" for key in keys] or [bucket]:
        if not allows(policy, caller, action, resource):
            raise S3Error("AccessDenied", "Access Denied")


def _action(asked: S3Request, of_object: bool) -> str:
    """Return the permission that a request needs (S3 API reference, the page of each operation)."""
    method, query = asked.method, asked.query
    if of_object:
        if method == "POST" and "delete" in query:
            return "DeleteObject"
        if "uploadId" in query and method in ("GET", "DELETE"):
            return "AbortMultipartUpload" if method == "DELETE" else "ListMultipartUploadParts"
        return f"{_VERBS.get(method, method)}Object{'Tagging' if 'tagging' in query else ''}"
    settings = [name for name in query if name not in _LIST_PARAMETERS and name.islower()]
    if method == "HEAD" or (method == "GET" and not {*settings} - {"marker", "start-after"}):
        return "ListBucket"
    if settings and settings[0] in _LISTS:
        return _LISTS[settings[0]]
    of = "".join(settings[0].title().split("-")) if settings else ""
    return f"{_VERBS.get(method, method)}Bucket{of}"
