"""Only what SageMaker says of an approval of the project's own version deploys."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ops.events.approval import read, read_approval
from project.errors import ProjectError, UsageError
from tests.ops.events.made_up import NOON, event
from tests.ops.offline import offline_connection

HERE = offline_connection(model_package_group="demo-models", region="us-east-1")
OTHERS = "arn:aws:sagemaker:us-east-1:210987654321:model-package/demo-models/3"


def test_an_approval_names_the_version_and_its_time() -> None:
    said = read(HERE, event(HERE, 3, seconds=90))

    assert (said.number, said.status, said.at) == (3, "Approved", NOON + timedelta(seconds=90))
    assert (said.approves, said.rejects) == (True, False)
    assert read(HERE, event(HERE, 3, "Rejected")).rejects


def test_the_names_in_an_arn_may_be_in_lower_case() -> None:
    there = offline_connection(model_package_group="Demo-Models")
    lower = json.loads(json.dumps(event(there, 3)).replace("/Demo-Models/", "/demo-models/"))
    assert read(there, lower).number == 3


def test_a_group_of_another_account_sends_its_events_from_there() -> None:
    group = "arn:aws:sagemaker:eu-central-1:210987654321:model-package-group/demo-models"
    there = offline_connection(model_package_group=group)
    assert read(there, event(there, 3)).number == 3
    with pytest.raises(ProjectError, match=r"not of aws\.sagemaker, 210987654321, eu-central-1"):
        read(there, {**event(there, 3), "account": "123456789012"})


@pytest.mark.parametrize(
    ("updated", "says"),
    [
        (["ModelLifeCycle"], "ModelLifeCycle of version 3 changed, not its approval"),
        (
            ["sourceUri", "CustomerMetadataProperties"],
            "CustomerMetadataProperties, sourceUri of version 3 changed, not its approval",
        ),
    ],
)
def test_another_change_of_an_approved_version_is_no_approval(
    updated: list[str], says: str
) -> None:
    said = read(HERE, event(HERE, 3, updated=updated))
    assert not said.approves and not said.rejects
    assert said.says == says


def test_without_the_names_of_what_changed_the_status_counts() -> None:
    document = event(HERE, 3)
    del document["detail"]["UpdatedModelPackageFields"]
    assert read(HERE, document).approves


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "no 'SageMaker Model Package State Change'"),
        ({"detail-type": "Object Created"}, "no 'SageMaker Model Package State Change'"),
        ({**event(HERE, 3), "detail": {}}, "names no model version"),
        ({**event(HERE, 3), "time": "yesterday"}, "names no model version"),
        ({**event(HERE, 3), "time": "2026-11-24T12:00:00"}, "has no time zone"),
        (event(HERE, 3, UpdatedModelPackageFields=7), "names no model version"),
        (event(HERE, 3, ModelPackageGroupName="others"), "the group others, not about demo-models"),
        ({**event(HERE, 3), "source": "my.own"}, "is of my.own, 123456789012, us-east-1, not of"),
        ({**event(HERE, 3), "account": "210987654321"}, "is of aws.sagemaker, 210987654321"),
        ({**event(HERE, 3), "region": "eu-west-1"}, "aws.sagemaker, 123456789012, eu-west-1"),
        (event(HERE, 3, ModelPackageArn=OTHERS), f"is about {OTHERS}, which is not"),
        ({**event(HERE, 3), "resources": [OTHERS]}, "which is not .*; look at who sends it"),
        ({**event(HERE, 3), "resources": []}, None),
    ],
)
def test_another_event_is_refused(document: Any, message: str | None) -> None:
    if message is None:
        assert read(HERE, document).number == 3
        return
    with pytest.raises(ProjectError, match=message):
        read(HERE, document)


def test_a_file_must_hold_an_approval(tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text("{")
    with pytest.raises(UsageError, match="no JSON file with an event"):
        read_approval(HERE, file)
    file.write_text(json.dumps(event(HERE, 3, "Rejected")))
    with pytest.raises(
        ProjectError, match="says that version 3 is Rejected; only an approval deploys"
    ):
        read_approval(HERE, file)
    file.write_text(json.dumps(event(HERE, 3, updated=["ModelLifeCycle"])))
    with pytest.raises(ProjectError, match="not its approval; only an approval deploys"):
        read_approval(HERE, file)
    file.write_text(json.dumps(event(HERE, 3)))
    assert read_approval(HERE, file).number == 3
