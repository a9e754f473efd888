"""What `settings.yaml` may say, and the one line that refuses anything else."""

from typing import Any

import pytest
from pydantic import ValidationError
from split import METHODS

from data_science.config.settings import Data, Instances, ModelCard, Quality, Settings


def test_an_instance_type_without_its_prefix_is_refused_with_the_right_one() -> None:
    with pytest.raises(ValidationError) as refused:
        Instances(processing="m5.large", training="ml.m5.large", inference=["ml.m5.large"])
    assert "an instance type of SageMaker starts with ml., as ml.m5.large does" in str(
        refused.value
    )


DATA: dict[str, Any] = {"input": "data/dataset.csv", "test_fraction": 0.2, "seed": 0}


def test_the_settings_know_the_ways_to_split_that_the_step_knows() -> None:
    for method in METHODS:
        by = "customer" if method in ("group", "time") else None
        given = {**DATA, "split": method, "split_by": by}
        assert Data(**given).split == method


@pytest.mark.parametrize(
    ("split", "by", "says"),
    [
        ("group", None, "split: group needs split_by, the column that it goes by"),
        ("time", None, "split: time needs split_by, the column that it goes by"),
        ("random", "customer", "split: random goes by no column; remove split_by"),
    ],
)
def test_a_way_to_split_and_its_column_belong_together(
    split: str, by: str | None, says: str
) -> None:
    with pytest.raises(ValidationError, match=says):
        Data.model_validate({**DATA, "split": split, "split_by": by})


DOCUMENT: dict[str, Any] = {
    "data": DATA,
    "quality": {"metric": "f1", "threshold": 0.9},
    "instances": {
        "processing": "ml.m5.large",
        "training": "ml.m5.large",
        "inference": ["ml.m5.large"],
    },
    "cache_days": 30,
}


@pytest.mark.parametrize(
    ("image", "good"),
    [
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1", True),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/mine@sha256:0af1", True),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/mine", False),
        ("mine:1", False),
        ("", False),
    ],
)
def test_an_image_is_one_of_amazon_ecr_with_its_version(image: str, good: bool) -> None:
    if good:
        assert Settings.model_validate({**DOCUMENT, "image": image}).image == image
        return
    with pytest.raises(ValidationError, match="image"):
        Settings.model_validate({**DOCUMENT, "image": image})


def test_keys_that_were_added_have_defaults() -> None:
    settings = Settings.model_validate(DOCUMENT)
    assert settings.image is None
    assert settings.hyperparameters == {}
    assert (settings.data.split, settings.data.split_by) == ("stratified", None)
    assert settings.quality == Quality(metric="f1", threshold=0.9, positive=None)
    assert settings.model_card == ModelCard(intended_uses="Not stated.", limits="Not stated.")
