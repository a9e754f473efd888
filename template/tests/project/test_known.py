"""A region that no partition has is refused before anything is asked of it."""

import botocore.session
import pytest

from project import aws
from project.errors import ProjectError
from project.known import refuse_unknown_region
from project.settings import Target, load_project


@pytest.mark.parametrize("target", ["local", "aws"])
def test_a_misspelt_region_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, target: Target
) -> None:
    misspelt = load_project().model_copy(update={"region": "us-esat-1"})
    monkeypatch.setattr(aws, "load_project", lambda: misspelt)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with pytest.raises(ProjectError) as caught:
        aws.connect(target)
    said = "project.yaml: key `region`: there is no region us-esat-1, as far as the installed boto3"
    assert str(caught.value).startswith(said)
    assert "us-east-1, or update boto3 if it" in str(caught.value)


def test_every_region_with_sagemaker_is_taken() -> None:
    session = botocore.session.Session()
    for partition in session.get_available_partitions():
        for region in session.get_available_regions("sagemaker", partition):
            refuse_unknown_region(session, region)
