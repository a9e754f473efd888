"""The table of step types: one more is a module of this folder, and its name below."""

from sagemaker_local.pipelines.steps import (
    condition,
    fail,
    model,
    processing,
    register_model,
    training,
)

STEP_TYPES = {
    module.STEP_TYPE.name: module.STEP_TYPE
    for module in (condition, fail, model, processing, register_model, training)
}
