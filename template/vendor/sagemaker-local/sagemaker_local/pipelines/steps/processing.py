"""The Processing step: a processing job."""

from sagemaker_local.pipelines.job_step import run_job
from sagemaker_local.pipelines.step import StepType, step_type

PROCESSING = step_type(
    StepType(
        name="Processing",
        run=run_job,
        members={"PropertyFiles": list, "RetryPolicies": list},
        cache_key=("AppSpecification", "Environment", "ProcessingInputs"),
        job="ProcessingJob",
    )
)
