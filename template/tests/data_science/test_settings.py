"""What `settings.yaml` may say, and the one line that refuses anything else."""

from typing import Any

import pytest
from pydantic import ValidationError

from data_science.config.settings import Instances, ModelCard, Quality, Settings


def test_an_instance_type_without_its_prefix_is_refused_with_the_right_one() -> None:
    with pytest.raises(ValidationError) as refused:
        Instances(processing="m5.large", training="ml.m5.large", inference=["ml.m5.large"])
    assert "an instance type of SageMaker starts with ml., as ml.m5.large does" in str(
        refused.value
    )


def test_keys_that_were_added_have_defaults() -> None:
    document: dict[str, Any] = {
        "data": {"input": "data/dataset.csv", "test_fraction": 0.2, "seed": 0},
        "quality": {"metric": "f1", "threshold": 0.9},
        "instances": {
            "processing": "ml.m5.large",
            "training": "ml.m5.large",
            "inference": ["ml.m5.large"],
        },
        "cache_days": 30,
    }
    settings = Settings.model_validate(document)
    assert settings.hyperparameters == {}
    assert settings.quality == Quality(metric="f1", threshold=0.9, positive=None)
    assert settings.model_card == ModelCard(intended_uses="Not stated.", limits="Not stated.")
