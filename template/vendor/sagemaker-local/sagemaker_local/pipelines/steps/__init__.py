"""The step types: each is a module of this folder that adds itself to the table."""

from sagemaker_local.pipelines.step import STEP_TYPES
from sagemaker_local.pipelines.steps import (  # noqa: F401
    condition,
    fail,
    model,
    processing,
    register_model,
    training,
)

__all__ = ["STEP_TYPES"]
