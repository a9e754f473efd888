"""The step types: each is a module of this folder that adds itself to the table."""

import sagemaker_local.pipelines.steps.callback
import sagemaker_local.pipelines.steps.condition
import sagemaker_local.pipelines.steps.fail
import sagemaker_local.pipelines.steps.for_each
import sagemaker_local.pipelines.steps.lambda_function
import sagemaker_local.pipelines.steps.model
import sagemaker_local.pipelines.steps.processing
import sagemaker_local.pipelines.steps.register_model
import sagemaker_local.pipelines.steps.training
import sagemaker_local.pipelines.steps.transform
import sagemaker_local.pipelines.steps.tuning  # noqa: F401
from sagemaker_local.pipelines.step import STEP_TYPES

__all__ = ["STEP_TYPES"]
