"""The Transform step: a transform job."""

from sagemaker_local.pipelines.job_step import run_job
from sagemaker_local.pipelines.step import StepType, step_type

TRANSFORM = step_type(
    StepType(
        name="Transform",
        run=run_job,
        members={"RetryPolicies": list},
        cache_key=("DataProcessing", "Environment", "ModelName", "TransformInput"),
        job="TransformJob",
    )
)
