"""How pipelines, their versions, executions and steps appear in the API."""

from sagemaker_local.api.resource_kind import ResourceKind

PIPELINE = ResourceKind(
    noun="Pipeline",
    path="pipeline",
    summaries="PipelineSummaries",
    # ACK's controller (generator.yaml, Pipeline): the code, and the end of the message.
    missing="Pipeline '{arn}' does not exist.",
    missing_code="ResourceNotFound",
    # awsdocs/aws-doc-sdk-examples, SageMaker scenario: the first sentence and the code.
    duplicate="Pipeline names must be unique within an AWS account and region. "
    "Pipeline with name ({name}) already exists.",
    newest_first=True,
)
VERSION = ResourceKind(
    noun="PipelineVersion",
    path="pipeline",
    summaries="PipelineVersionSummaries",
    # Unconfirmed.
    missing="Pipeline version '{arn}' does not exist.",
    missing_code="ResourceNotFound",
    newest_first=True,
)
EXECUTION = ResourceKind(
    noun="PipelineExecution",
    path="pipeline",
    summaries="PipelineExecutionSummaries",
    # ACK's controller (generator.yaml, PipelineExecution): the code, and the end of the message.
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
