"""The project's tags are SageMaker's two and its own, in the order of their keys."""

from project.tags import project_tags


def test_the_own_tags_stand_among_sagemakers_two() -> None:
    own = {"team": "a", "Zone": "b"}
    assert project_tags("p-1", "churn", own) == [
        {"Key": "Zone", "Value": "b"},
        {"Key": "sagemaker:project-id", "Value": "p-1"},
        {"Key": "sagemaker:project-name", "Value": "churn"},
        {"Key": "team", "Value": "a"},
    ]
    assert own == {"team": "a", "Zone": "b"}


def test_no_own_tag_takes_the_place_of_sagemakers() -> None:
    taken = {"sagemaker:project-id": "p-2", "sagemaker:project-name": "other"}
    assert project_tags("p-1", "churn", taken) == project_tags("p-1", "churn", {})
