"""The Training step: a training job."""

from sagemaker_local.pipelines.job_step import run_job
from sagemaker_local.pipelines.step import StepType

STEP_TYPE = StepType(
    name="Training",
    run=run_job,
    cache_key=(
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ),
    job="TrainingJob",
)
