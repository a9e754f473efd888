"""Refuses what the emulator of the other services would accept for SageMaker and never do.

Stacks with SageMaker's resources would be made of nothing, rules and schedules would start no
pipeline and no function and tell no topic, state machines no job, and scaling targets would be of
endpoints that are not there.
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml
from werkzeug.wrappers import Request

from sagemaker_local.api.errors import AwsError, invalid
from sagemaker_local.api.parts import Parts
from sagemaker_local.api.serialization import read_body
from sagemaker_local.api.tags import MOST_TAGS
from sagemaker_local.hosting.fleet import ENDPOINT
from sagemaker_local.storage.object_store.errors import S3Error
from sagemaker_local.storage.object_store.service import S3Service
from sagemaker_local.storage.store import Store

# In a template the partition may be a parameter.
_PARTITION = r"arn:(?:\$\{[^}]*\}|[^:\"]*)"
_STARTED_ARN = re.compile(
    _PARTITION + r":(sagemaker|lambda|scheduler:::aws-sdk:(sagemaker|lambda)):.*"
)
# What moto's rules deliver to. At another target it fails, and forgets the rules after that one.
_REACHED_ARN = re.compile(
    _PARTITION + r":(sqs:.*|logs:[^:]*:[^:]*:log-group:.*|events:[^:]*:[^:]*:event-bus/.*)"
)
_SAGEMAKER_STATE = re.compile(_PARTITION + r":states:::(aws-sdk:)?sagemaker:\w+")
# What would change how objects are handled, and what moto leaves out of a stack.
_IGNORED_OF_BUCKETS = {
    "NotificationConfiguration",
    "ObjectLockConfiguration",
    "ObjectLockEnabled",
    "ReplicationConfiguration",
    "VersioningConfiguration",
}
_BUCKET_HOST = re.compile(r"(.+)\.s3[.-].*")
_VARIANT = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")


def refuse_what_would_be_ignored(parts: Parts, region: str, service: str, request: Request) -> None:
    """Refuse a request to another service that is about SageMaker and would have no effect.

    Parameters
    ----------
    parts : the running parts of the service.
    region, service : what the request is for; the service by its signing name.
    request : the request; it can be read again afterwards.

    Raises
    ------
    AwsError : it asks for what does not happen here.
    """
    check = _CHECKS.get(service)
    if check is None:
        return
    # Read here, it is put back for the service that is to answer.
    request.environ["wsgi.input"] = io.BytesIO(request.get_data())
    action = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    if service in ("cloudformation", "sns"):
        form = parse_qs(request.get_data(as_text=True))
        check(parts, region, form.get("Action", [""])[0], {k: v[0] for k, v in form.items()})
        return
    body = read_body(request.get_data())
    if isinstance(body, dict):
        check(parts, region, action, body)


def refuse_too_many_bucket_tags(request: Request) -> None:
    """Refuse more tags than a bucket can have; the emulator takes any number.

    Raises
    ------
    AwsError : there are more than 50; versity/versitygw and scality/cloudserver, which follow S3,
        have the same code and words.
    """
    is_bucket = "/" not in request.path.strip("/")
    if request.method == "PUT" and "tagging" in request.args and is_bucket:
        body = request.get_data()
        request.environ["wsgi.input"] = io.BytesIO(body)
        if body.count(b"<Tag>") > MOST_TAGS:
            raise AwsError("BadRequest", f"Bucket tag count cannot be greater than {MOST_TAGS}")


def _check_stack(parts: Parts, region: str, action: str, form: Mapping[str, Any]) -> None:
    text = form.get("TemplateBody") or _at_url(parts, form.get("TemplateURL", ""))
    for kind, properties in _resources(text):
        if kind == "AWS::Lambda::EventSourceMapping":
            raise AwsError("ValidationError", f"the local SageMaker does not support {kind}")
        if kind.startswith("AWS::SageMaker::"):
            raise AwsError(
                "ValidationError",
                f"the local SageMaker does not support {kind} in a CloudFormation template: "
                "make it with SageMaker's own API",
            )
        if kind == "AWS::S3::Bucket" and (ignored := _IGNORED_OF_BUCKETS & properties.keys()):
            raise AwsError(
                "ValidationError",
                f"the local SageMaker does not support {', '.join(sorted(ignored))} of {kind} "
                "in a CloudFormation template",
            )
        if kind == "AWS::CloudFormation::Stack":
            _check_stack(parts, region, action, {"TemplateURL": properties.get("TemplateURL")})
        if kind == "AWS::Events::Rule":
            for found in _unreached(properties):
                raise AwsError("ValidationError", _nothing_arrives(kind, found))
        for found in _strings({**properties, "EventPattern": None}):
            if kind in _STARTERS and (_STARTED_ARN.match(found) or _SAGEMAKER_STATE.search(found)):
                raise AwsError("ValidationError", _nothing_starts(kind, found))


def _check_targets(parts: Parts, region: str, action: str, body: Mapping[str, Any]) -> None:
    for found in _strings(body):
        if _STARTED_ARN.match(found):
            raise invalid(_nothing_starts(action or "a target", found))


def _check_rule(parts: Parts, region: str, action: str, body: Mapping[str, Any]) -> None:
    if action == "PutTargets":
        _check_targets(parts, region, action, body)
        for found in _unreached(body):
            raise invalid(_nothing_arrives(action, found))


def _check_subscription(parts: Parts, region: str, action: str, form: Mapping[str, Any]) -> None:
    if action == "Subscribe" and form.get("Protocol") == "lambda":
        raise invalid(_nothing_starts(action, str(form.get("Endpoint"))))


def _check_state_machine(parts: Parts, region: str, action: str, body: Mapping[str, Any]) -> None:
    found = _SAGEMAKER_STATE.search(str(body.get("definition", "")))
    if found:
        raise invalid(_nothing_starts(action, found[0]))


def _check_scaling(parts: Parts, region: str, action: str, body: Mapping[str, Any]) -> None:
    if action != "RegisterScalableTarget" or body.get("ServiceNamespace") != "sagemaker":
        return
    resource, dimension = str(body.get("ResourceId")), body.get("ScalableDimension")
    if dimension != "sagemaker:variant:DesiredInstanceCount":
        raise invalid(f"the local SageMaker does not support the scalable dimension {dimension}")
    named = _VARIANT.fullmatch(resource)
    endpoint = parts[Store].get(ENDPOINT.noun, region, named[1]) if named else None
    variants = endpoint.body.get("ProductionVariants", []) if endpoint else []
    if not named or named[2] not in [variant["VariantName"] for variant in variants]:
        # That AWS refuses it is documented (RegisterScalableTarget); its words are unconfirmed.
        raise invalid(f"SageMaker endpoint variant not found: {resource}")


def _nothing_starts(what: str, target: str) -> str:
    return f"the local SageMaker does not support {what} with {target}: nothing would start it"


def _nothing_arrives(what: str, target: str) -> str:
    return (
        f"the local SageMaker does not support {what} with {target}: events reach queues, log "
        "groups and event buses only"
    )


def _unreached(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ARNs among a rule's targets that its events would not reach."""
    targets = body.get("Targets")
    for target in targets if isinstance(targets, list) else ():
        arn = target.get("Arn") if isinstance(target, dict) else None
        # In a template it may be the name of another resource.
        if isinstance(arn, str) and arn.startswith("arn:") and not _REACHED_ARN.match(arn):
            yield arn


def _resources(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return type and properties of the resources of a template, of what can be read of it."""
    try:
        template = yaml.load(text, _TemplateLoader)
    except (yaml.YAMLError, RecursionError):
        return
    resources = template.get("Resources") if isinstance(template, dict) else None
    for resource in resources.values() if isinstance(resources, dict) else ():
        if isinstance(resource, dict):
            properties = resource.get("Properties")
            yield str(resource.get("Type")), properties if isinstance(properties, dict) else {}


def _at_url(parts: Parts, url: object) -> str:
    if not isinstance(url, str):
        return ""
    place = urlsplit(url)
    named = _BUCKET_HOST.fullmatch(place.hostname or "")
    path = unquote(place.path).lstrip("/")
    bucket, key = (named[1], path) if named else path.partition("/")[::2]
    try:
        return parts[S3Service].lend(bucket, key).decode()
    except (S3Error, ValueError):
        return ""


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)


class _TemplateLoader(yaml.SafeLoader):
    """Reads a template with its short functions, `!Sub` and the like, as what they are given."""


def _short_function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_TemplateLoader.add_multi_constructor("!", _short_function)

_STARTERS = (
    "AWS::Events::Rule",
    "AWS::Pipes::Pipe",
    "AWS::Scheduler::Schedule",
    "AWS::StepFunctions::StateMachine",
)
_CHECKS: dict[str, Callable[[Parts, str, str, Mapping[str, Any]], None]] = {
    "application-autoscaling": _check_scaling,
    "cloudformation": _check_stack,
    "events": _check_rule,
    "pipes": _check_targets,
    "scheduler": _check_targets,
    "sns": _check_subscription,
    "states": _check_state_machine,
}
