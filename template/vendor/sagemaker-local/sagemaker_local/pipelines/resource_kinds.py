"""How pipelines, their versions, executions and steps appear in the API."""

from sagemaker_local.api.resource_kind import ResourceKind

PIPELINE = ResourceKind(
    noun="Pipeline",
    path="pipeline",
    summaries="PipelineSummaries",
    missing="Pipeline '{arn}' does not exist.",
    missing_code="ResourceNotFound",
    duplicate="Pipeline names must be unique within an AWS account and region. "
    "Pipeline with name ({name}) already exists.",
    newest_first=True,
)
VERSION = ResourceKind(
    noun="PipelineVersion",
    path="pipeline",
    summaries="PipelineVersionSummaries",
    missing="Pipeline version '{arn}' does not exist.",
    missing_code="ResourceNotFound",
    newest_first=True,
)
EXECUTION = ResourceKind(
    noun="PipelineExecution",
    path="pipeline",
    summaries="PipelineExecutionSummaries",
    missing="Pipeline execution '{arn}' does not exist.",
    missing_code="ResourceNotFound",
    status="PipelineExecutionStatus",
    newest_first=True,
)
STEP = ResourceKind(
    noun="Step",
    path="pipeline",
    summaries="PipelineExecutionSteps",
    missing="Step '{arn}' does not exist.",
    status="StepStatus",
    newest_first=True,
)
ACTIVE = ("Executing", "Stopping")
