"""What was not approved or not verified is refused."""

import pytest

from ops.choose import refuse_unapproved, refuse_unverified
from project.errors import ProjectError
from tests.ops.offline import FAILED, offline_version, record


@pytest.mark.parametrize(
    ("approval", "message"),
    [
        ("PendingManualApproval", "version 3 is not approved.*ds approve 3"),
        ("Rejected", "version 3 is rejected"),
    ],
)
def test_only_an_approved_version_is_deployed(approval: str, message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        refuse_unapproved(offline_version(approval=approval))


def test_an_approved_version_is_let_through() -> None:
    refuse_unapproved(offline_version(approval="Approved"))


def test_a_version_must_have_been_verified_in_the_stage_before() -> None:
    failed = record(3, checks=FAILED)

    refuse_unverified(offline_version(), "staging", record(3))
    with pytest.raises(ProjectError, match=r"never verified in staging.*promote staging --ver"):
        refuse_unverified(offline_version(), "staging", None)
    with pytest.raises(ProjectError, match="last verification of version 3 in staging failed"):
        refuse_unverified(offline_version(), "staging", failed)
