"""A stage in another account is served there, from the bucket and the registry at home."""

import dataclasses
import json

import pytest

from demo.example_version import register
from ops.place import reach
from ops.serving import serving
from ops.stage import Stage
from project.aws import Connection
from project.errors import ProjectError
from tests.ops.conftest import STAGES, ship

OTHER = "210987654321"
ROLE = "arn:{partition}:iam::{account}:role/deployer"


def test_a_role_that_leads_elsewhere_is_refused(fresh: Connection) -> None:
    role = ROLE.replace("{account}", "111111111111")
    settings = STAGES["staging"].settings.model_copy(update={"account": OTHER, "role": role})
    with pytest.raises(ProjectError, match="the stage is in 210987654321, but its role"):
        reach(fresh, Stage("staging", settings))


def test_a_stage_is_served_in_its_own_account(
    fresh: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = STAGES["staging"].settings.model_copy(update={"account": OTHER, "role": ROLE})
    stage = Stage("staging", settings)
    monkeypatch.setitem(STAGES, "staging", stage)
    there = reach(fresh, stage)
    assert (there.account, there.bucket, there.home) == (OTHER, fresh.bucket, fresh)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{fresh.bucket}/*",
    }
    register(fresh)
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    fresh.s3.put_bucket_policy(Bucket=fresh.bucket, Policy=policy)
    ship(there, "staging")
    now = serving(there, stage)
    assert now is not None
    assert (now.version, now.arn.split(":")[4]) == (1, OTHER)
    assert serving(fresh, dataclasses.replace(stage)) is None
    ship(fresh, "production")
    assert serving(fresh, STAGES["production"]) is not None
