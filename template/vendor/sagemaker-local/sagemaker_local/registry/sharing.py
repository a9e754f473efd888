"""Model package groups that other accounts use: a group's resource policy, and what it allows.

Developer guide, "Register a Model Version from a Different Account" and "Deploy a Model Version
from a Different Account": a caller names the group or the version by its ARN, and the policy of the
group has to allow the call, of the group or of `model-package/<group>/*`.
"""

import json
from dataclasses import replace

from sagemaker_local.api.actions import Call, action
from sagemaker_local.api.errors import AwsError, invalid
from sagemaker_local.api.resources import lookup
from sagemaker_local.places import account_of, place_of_arn, region_of
from sagemaker_local.regions import partition_of
from sagemaker_local.registry.kinds import GROUP
from sagemaker_local.storage.policies import allows
from sagemaker_local.storage.store import Body, Resource

_POLICY = "_ResourcePolicy"


def as_owner(call: Call, name: str, asked: str) -> Call:
    """Return a call as the account would make it that owns what is asked for.

    Parameters
    ----------
    call : the request.
    name : the action that the policy has to allow.
    asked : name or ARN of a group or of a version.

    Raises
    ------
    AwsError : it is another account's, in this region, and its group's policy does not allow it.
    """
    if not asked.startswith("arn:"):
        return call
    place = place_of_arn(asked)
    if account_of(place) == account_of(call.region) or region_of(place) != region_of(call.region):
        return call
    there = replace(call, region=place)
    kind, _, named = asked.split(":", 5)[5].partition("/")
    group = lookup(there, GROUP, named.partition("/")[0])
    policy = "" if group is None else group.body.get(_POLICY, "")
    known = kind in ("model-package", "model-package-group")
    if known and not allows(policy, account_of(call.region), f"sagemaker:{name}", asked):
        raise _denied(call, name, asked)
    return there


def _denied(call: Call, name: str, asked: str) -> AwsError:
    # "no resource-based policy allows" was seen of another service of SageMaker's
    # (aws/sagemaker-python-sdk, pull request 6048); the sentence is IAM's (user guide,
    # "Troubleshoot access denied error messages"). Here the caller is named by its account.
    partition = partition_of(region_of(call.region))
    caller = f"arn:{partition}:iam::{account_of(call.region)}:root"
    return AwsError(
        "AccessDeniedException",
        f"User: {caller} is not authorized to perform: sagemaker:{name} on resource: {asked} "
        f"because no resource-based policy allows the sagemaker:{name} action",
    )


@action("PutModelPackageGroupPolicy")
def put_policy(call: Call) -> Body:
    """Give a group a resource policy."""
    policy = call.request["ResourcePolicy"]
    try:
        document = json.loads(policy)
    except ValueError:
        document = None
    if not isinstance(document, dict) or "Statement" not in document:
        # Unconfirmed.
        raise invalid("Invalid resource policy: it is no JSON document with a Statement")
    with call.store.transaction():
        group = _group(call)
        call.store.change(group.arn, {_POLICY: policy})
    return {"ModelPackageGroupArn": group.arn}


@action("GetModelPackageGroupPolicy")
def get_policy(call: Call) -> Body:
    """Return a group's resource policy as it was given."""
    return {"ResourcePolicy": _kept(_group(call))}


@action("DeleteModelPackageGroupPolicy")
def delete_policy(call: Call) -> None:
    """Take a group's resource policy away."""
    with call.store.transaction():
        group = _group(call)
        _kept(group)
        call.store.change(group.arn, {_POLICY: None})


def _group(call: Call) -> Resource:
    name = call.request["ModelPackageGroupName"]
    group = lookup(call, GROUP, name)
    if group is None:
        # hashicorp/terraform-provider-aws, model_package_group_policy.go: the start of the message.
        raise invalid(f"Cannot find Model Package Group: {call.arn(f'{GROUP.path}/{name}')}")
    return group


def _kept(group: Resource) -> str:
    if _POLICY not in group.body:
        # As above.
        raise invalid(f"Cannot find resource policy for {group.arn}")
    return str(group.body[_POLICY])
