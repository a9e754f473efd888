"""Which model a copied report is about."""

from datetime import UTC, datetime

from data_science.runs import identity
from project.registry import Version

CREATED = datetime(2026, 11, 24, 18, 5, 0, tzinfo=UTC)
CARD = (
    '{"training_details": {"training_job_details": {"user_provided_hyper_parameters": '
    '[{"name": "depth", "value": "3"}, {"name": "rate", "value": "0.1"}]}}}'
)


def test_a_version_is_named_by_all_that_it_says_of_itself() -> None:
    metadata = {
        "pipeline_execution": "arn:aws:sagemaker:eu-west-1:1:pipeline/p/execution/im9kizp7tdpl",
        "git_commit": "abc1234",
        "data_hash": "f00d",
    }
    package = {
        "CustomerMetadataProperties": metadata,
        "ModelCard": {"ModelCardContent": CARD},
    }
    version = Version(3, "arn", "Approved", CREATED, package)
    assert identity.of_version("churn", version) == {
        "project": "churn",
        "version": "3",
        "registered": "2026-11-24T18:05:00+00:00",
        "run": "im9kizp7tdpl",
        "commit": "abc1234",
        "data SHA-256": "f00d",
        "hyperparameters": "depth 3, rate 0.1",
    }
    bare = identity.of_version("churn", Version(3, "arn", "Approved", CREATED, {}))
    assert list(bare) == ["project", "version", "registered"]


def test_the_facts_stand_below_the_title() -> None:
    page = "<h1>Evaluation</h1><p>good</p><h1>again</h1>"
    assert identity.written_into(page, {"project": "a<b", "version": "3"}) == (
        '<h1>Evaluation</h1><p class="note">project a&lt;b, version 3</p><p>good</p><h1>again</h1>'
    )
    assert identity.written_into("<p>a team's own</p>", {"version": "3"}) == "<p>a team's own</p>"
