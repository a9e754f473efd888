"""What a resource's policy allows another account, and which keys are of which account."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from sagemaker_local.api.errors import AwsError
from sagemaker_local.places import account_of, key_of, place_of, place_of_arn, region_of
from sagemaker_local.storage.policies import allows
from sagemaker_local.wire.access_keys import AccessKeys

OTHER = "210987654321"
KEY = "s3:GetObject", "arn:aws:s3:::b/models/1/model.tar.gz"
ALLOW = {
    "Effect": "Allow",
    "Principal": {"AWS": [f"arn:aws:iam::{OTHER}:role/endpoint"]},
    "Action": "s3:Get*",
    "Resource": "arn:aws:s3:::b/models/*",
}


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({}, True),
        ({"Principal": {"AWS": OTHER}}, True),
        ({"Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}}, True),
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Action": ["s3:PutObject", "S3:getobject"]}, True),
        ({"Resource": ["arn:aws:s3:::b/models/?/model.tar.gz"]}, True),
        ({"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}, False),
        ({"Principal": {"Service": "sagemaker.amazonaws.com"}}, False),
        ({"Action": "s3:PutObject"}, False),
        ({"Resource": "arn:aws:s3:::b/models"}, False),
        ({"Resource": "arn:aws:s3:::b/models/[0-9]/model.tar.gz"}, False),
        ({"Effect": "Deny"}, False),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, False),
        ({"NotPrincipal": {"AWS": OTHER}}, False),
    ],
    ids=str,
)
def test_what_one_statement_allows(changes, allowed):
    assert allows(json.dumps({"Statement": ALLOW | changes}), OTHER, *KEY) == allowed


def test_a_denial_wins_unless_it_has_a_condition():
    deny = ALLOW | {"Effect": "Deny", "Principal": "*"}
    tls = deny | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    assert not allows(json.dumps({"Statement": [ALLOW, deny]}), OTHER, *KEY)
    assert allows(json.dumps({"Statement": [ALLOW, tls]}), OTHER, *KEY)


@pytest.mark.parametrize("policy", ["", "{", "[]", "{}", '{"Statement": "*"}'])
def test_no_policy_allows_nothing(policy):
    assert not allows(policy, OTHER, *KEY)


def test_the_first_account_has_the_places_of_earlier_state_folders():
    home, there = place_of("123456789012", "us-east-1"), place_of(OTHER, "cn-north-1")
    assert (home, there) == ("us-east-1", f"{OTHER}/cn-north-1")
    assert (account_of(home), region_of(home)) == ("123456789012", "us-east-1")
    assert (account_of(there), region_of(there)) == (OTHER, "cn-north-1")
    assert place_of_arn(f"arn:aws-cn:sagemaker:cn-north-1:{OTHER}:model/a") == there
    assert (key_of(home, "K"), key_of(there, "K")) == ("K", f"K{OTHER}")


def test_a_roles_key_ends():
    keys = AccessKeys("LOCAL")
    for name, minutes in (("ASIANEW", 15), ("ASIAOLD", -1)):
        ends = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
        keys.admit_assumed(
            f"<A xmlns='https://sts'><Arn>arn:aws:sts::{OTHER}:assumed-role/a/b</Arn>"
            f"<AccessKeyId>{name}</AccessKeyId><Expiration>{ends}</Expiration></A>".encode()
        )
    assert keys.account("ASIANEW") == OTHER
    with pytest.raises(AwsError) as refused:
        keys.account("ASIAOLD")
    assert refused.value.code == "ExpiredTokenException"
