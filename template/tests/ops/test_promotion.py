"""Versions go from stage to stage; one that fails leaves what served before where it was."""

import json

import pytest

from demo.example_version import Fault, register
from ops import endpoint, ledger
from ops.choose import choose
from ops.desired import desired
from ops.promote import verify_stage
from ops.rollback import rollback
from ops.serving import serving
from project import registry, s3
from project.aws import Connection
from project.contract import ANSWERS_PIN, EXPECTED_ANSWERS
from project.errors import ProjectError
from project.status import gather
from project.tags import MARKS
from tests.ops.conftest import STAGES, ship

STAGING, PRODUCTION = STAGES["staging"], STAGES["production"]


def serves(connection: Connection, stage: str) -> int | None:
    now = serving(connection, STAGES[stage])
    assert now is None or now.status == "InService"
    return None if now is None else now.version


def expect_other_answers(connection: Connection, number: int) -> None:
    """Let a version's expected answers be others than its model gives."""
    version = registry.version(connection, number)
    uri = version.metadata[EXPECTED_ANSWERS]
    expected = s3.read_json(connection, uri)
    expected["answers"] = {"predictions": [0.0, 0.0]}
    s3.write(connection, uri, json.dumps(expected).encode())
    pin = {ANSWERS_PIN: s3.sha256(connection, uri)}
    connection.sagemaker.update_model_package(
        ModelPackageArn=version.arn, CustomerMetadataProperties=pin
    )


def test_a_version_goes_through_staging_to_production(fresh: Connection) -> None:
    register(fresh)
    with pytest.raises(ProjectError, match="version 1 was never verified in staging"):
        ship(fresh, "production", 1)

    ship(fresh, "staging")
    ship(fresh, "production")

    assert (serves(fresh, "staging"), serves(fresh, "production")) == (1, 1)
    now = serving(fresh, PRODUCTION)
    assert now is not None
    assert now.variant["InitialInstanceCount"] == 2
    own = {key: value for key, value in now.tags.items() if key not in MARKS}
    expected = {**own, "stage": "production", "model-package-version": "1"}
    assert fresh.tags_of(now.arn) == own == expected
    assert fresh.tags_of(now.model["ModelArn"]) == own


def test_the_stage_before_decides_which_version_comes_next(fresh: Connection) -> None:
    first, second = register(fresh, slope=2), register(fresh, slope=3)
    ship(fresh, "staging", first)

    assert choose(fresh, STAGES, STAGING).version.number == second
    assert choose(fresh, STAGES, PRODUCTION).version.number == first
    assert choose(fresh, STAGES, PRODUCTION).why == "what staging serves"


def test_promoting_what_serves_already_changes_nothing_but_verifies(
    fresh: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    register(fresh)
    ship(fresh, "staging")
    before = serving(fresh, STAGING)

    ship(fresh, "staging")

    after = serving(fresh, STAGING)
    assert before is not None and after is not None
    assert (after.config, after.modified) == (before.config, before.modified)
    assert "version 1 serves staging already" in capsys.readouterr().out
    actions = [(record.action, record.outcome) for record in ledger.records(fresh, STAGING)]
    assert actions == [("verify", "succeeded"), ("promote", "succeeded"), ("promote", "started")]


def test_what_must_not_be_deployed_is_refused_before_anything_is_touched(
    fresh: Connection,
) -> None:
    with pytest.raises(ProjectError, match=r"no version in .* is approved"):
        choose(fresh, STAGES, STAGING)
    with pytest.raises(ProjectError, match="staging serves nothing"):
        choose(fresh, STAGES, PRODUCTION)
    refused = [
        (register(fresh, approval="PendingManualApproval"), "is not approved"),
        (register(fresh, approval="Rejected"), "is rejected"),
        (register(fresh, fault="no model card"), "breaks the model contract.* a model card"),
        (register(fresh, project_id="p-other"), "belongs to the project p-other"),
        (99, "there is no version 99"),
    ]
    for number, message in refused:
        with pytest.raises(ProjectError, match=message):
            choose(fresh, STAGES, STAGING, number)

    with pytest.raises(ProjectError, match=r"artefact .* lacks code/inference\.py"):
        ship(fresh, "staging", register(fresh, fault="no inference code"))

    assert serving(fresh, STAGING) is None


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("model does not load", "version 2 was not promoted to staging: .*"),
        ("wrong answers", r"answers: predictions\[0\] is 2\.0.*, not 3\.0.*"),
    ],
)
def test_a_version_that_fails_is_rolled_back(fresh: Connection, fault: Fault, message: str) -> None:
    register(fresh)
    ship(fresh, "staging")
    before = serving(fresh, STAGING)
    register(fresh, fault=fault)

    with pytest.raises(ProjectError, match=f"{message}; version 1 serves staging as before$"):
        ship(fresh, "staging")

    after = serving(fresh, STAGING)
    assert before is not None and after is not None
    assert (after.config, after.status) == (before.config, "InService")
    assert fresh.tags_of(after.arn)["model-package-version"] == "1"
    newest = next(ledger.records(fresh, STAGING))
    assert (newest.version, newest.outcome, newest.previous_version) == (2, "rolled-back", 1)
    assert newest.put_back_version == 1
    with pytest.raises(ProjectError, match=r"version 2 (was never verified )?in staging"):
        ship(fresh, "production", 2)


@pytest.mark.parametrize("fault", ["model does not load", "wrong answers"])
def test_a_first_version_that_fails_leaves_no_endpoint(fresh: Connection, fault: Fault) -> None:
    register(fresh, fault=fault)

    with pytest.raises(ProjectError, match=r"nothing serves staging$"):
        ship(fresh, "staging")

    assert serving(fresh, STAGING) is None
    outcomes = [record.outcome for record in ledger.records(fresh, STAGING)]
    assert outcomes == ["failed", "started"]


def test_an_endpoint_that_this_run_did_not_create_is_never_deleted(fresh: Connection) -> None:
    register(fresh)
    ship(fresh, "staging")
    # The ledger is gone, and the endpoint's answers are not what they should be any more.
    bucket, prefix = s3.split_uri(f"{fresh.prefix}/deployments/")
    for item in fresh.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
        fresh.s3.delete_object(Bucket=bucket, Key=item["Key"])
    expect_other_answers(fresh, 1)

    with pytest.raises(ProjectError, match=r"not promoted to staging: answers: .*; version 1 "):
        ship(fresh, "staging")

    assert serves(fresh, "staging") == 1


def test_a_failed_endpoint_is_replaced(fresh: Connection) -> None:
    # Somebody's promotion was killed while the endpoint could not be created.
    broken = registry.version(fresh, register(fresh, fault="model does not load"))
    want = desired(fresh, STAGING, broken)
    fresh.sagemaker.create_model(**want.model)
    fresh.sagemaker.create_endpoint_config(**want.config)
    fresh.sagemaker.create_endpoint(
        EndpointName=f"{fresh.project.name}-staging", EndpointConfigName=want.config_name
    )
    register(fresh)
    endpoint.settle(fresh, STAGING)

    told = r"-staging is Failed: .* health check: .*; run `uv run ops promote staging`$"
    with pytest.raises(ProjectError, match=told):
        verify_stage(fresh, STAGING)
    ship(fresh, "staging")

    assert serves(fresh, "staging") == 2


def test_an_endpoint_outlives_its_configuration(fresh: Connection) -> None:
    for slope in (1.0, 2.0):
        register(fresh, slope)
        ship(fresh, "staging")
    first, second = (
        desired(fresh, STAGING, registry.version(fresh, number)).config_name for number in (1, 2)
    )
    for name in (first, second):
        fresh.sagemaker.delete_endpoint_config(EndpointConfigName=name)

    (shown,) = gather(fresh)["endpoints"]
    assert (shown["endpoint"], shown["status"]) == (f"{fresh.project.name}-staging", "InService")
    assert (shown["stage"], shown["version"]) == ("staging", "")
    assert serves(fresh, "staging") is None
    with pytest.raises(
        ProjectError, match=f"cannot go back: {first} of version 1 is gone; promote"
    ):
        rollback(fresh, STAGING)


def test_rollback_goes_back_through_what_was_verified(fresh: Connection) -> None:
    with pytest.raises(ProjectError, match="staging serves nothing"):
        rollback(fresh, STAGING)
    for slope in (1.0, 2.0, 3.0):
        register(fresh, slope)
        ship(fresh, "staging")

    rollback(fresh, STAGING)
    assert serves(fresh, "staging") == 2

    registry.set_approval(fresh, 1, "Rejected", "")
    with pytest.raises(ProjectError, match="cannot go back: version 1 is Rejected now; promote"):
        rollback(fresh, STAGING)
    registry.set_approval(fresh, 1, "Approved", "")
    rollback(fresh, STAGING)
    assert serves(fresh, "staging") == 1

    done = [one for one in ledger.records(fresh, STAGING) if one.outcome == "succeeded"]
    assert [(one.action, one.version, one.previous_version) for one in done] == [
        ("rollback", 1, 2),
        ("rollback", 2, 3),
        ("promote", 3, 2),
        ("promote", 2, 1),
        ("promote", 1, None),
    ]
    with pytest.raises(ProjectError, match="was rolled back to version 1, and nothing served"):
        rollback(fresh, STAGING)


def start_to_serve(connection: Connection, number: int) -> None:
    """Do what a promotion does that is killed before it verifies."""
    want = desired(connection, STAGING, registry.version(connection, number))
    endpoint.create_missing(connection, want)
    endpoint.switch(connection, STAGING, want.config_name, number)


def test_a_rollback_that_fails_does_not_bring_back_what_was_rejected(fresh: Connection) -> None:
    for slope in (1.0, 2.0, 3.0):
        register(fresh, slope)
    ship(fresh, "staging", 1)
    ship(fresh, "staging", 2)
    start_to_serve(fresh, 3)
    registry.set_approval(fresh, 1, "Rejected", "")
    expect_other_answers(fresh, 2)

    with pytest.raises(ProjectError, match="version 2 was not rolled back to staging"):
        rollback(fresh, STAGING)

    assert serves(fresh, "staging") == 3


def test_nothing_is_deleted_when_only_what_was_rejected_served_before(fresh: Connection) -> None:
    register(fresh)
    ship(fresh, "staging")
    register(fresh, 2.0, "wrong answers")
    start_to_serve(fresh, 2)
    registry.set_approval(fresh, 1, "Rejected", "")

    with pytest.raises(ProjectError, match=r"not promoted to staging: answers.*version 2 serves"):
        ship(fresh, "staging", 2)

    assert serves(fresh, "staging") == 2


def test_a_verification_is_recorded_and_counts(fresh: Connection) -> None:
    register(fresh)
    ship(fresh, "staging")
    expect_other_answers(fresh, 1)

    with pytest.raises(ProjectError, match="version 1, which serves staging, failed"):
        verify_stage(fresh, STAGING)

    assert serves(fresh, "staging") == 1
    newest = next(ledger.records(fresh, STAGING))
    assert (newest.action, newest.outcome, newest.verified) == ("verify", "failed", False)
    with pytest.raises(ProjectError, match="last verification of version 1 in staging failed"):
        choose(fresh, STAGES, PRODUCTION)
