"""The Processing step: a processing job."""

from sagemaker_local.pipelines.job_step import run_job
from sagemaker_local.pipelines.step import StepType

STEP_TYPE = StepType(
    name="Processing",
    run=run_job,
    cache_key=("AppSpecification", "Environment", "ProcessingInputs"),
    job="ProcessingJob",
)
