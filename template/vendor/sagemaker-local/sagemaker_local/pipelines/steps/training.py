"""The Training step: a training job."""

from sagemaker_local.pipelines.job_step import run_job
from sagemaker_local.pipelines.step import StepType, step_type

TRAINING = step_type(
    StepType(
        name="Training",
        run=run_job,
        members={"RetryPolicies": list},
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
)
