"""The support matrix of pipelines; that of definitions is `definition` and `steps`."""

from sagemaker_local.api.support import PAGED, declare, declare_values

declare("DeletePipeline", acted="PipelineName ClientRequestToken")
declare("DescribePipeline", acted="PipelineName PipelineVersionId", refused="PipelineVersionAlias")
declare("StopPipelineExecution", acted="PipelineExecutionArn ClientRequestToken")
declare(
    "DescribePipelineExecution DescribePipelineDefinitionForExecution",
    acted="PipelineExecutionArn",
)
declare(
    "ListPipelines",
    acted=PAGED + "SortBy PipelineNamePrefix CreatedAfter CreatedBefore",
    refused="ManagedBy",
)
declare("ListPipelineVersions", acted=PAGED + "PipelineName CreatedAfter CreatedBefore")
declare(
    "ListPipelineExecutions",
    acted=PAGED + "SortBy PipelineName CreatedAfter CreatedBefore",
    refused="PipelineVersionAlias",
)
declare("ListPipelineExecutionSteps", acted=PAGED + "PipelineExecutionArn")
declare("ListPipelineParametersForExecution", acted="PipelineExecutionArn NextToken MaxResults")
declare_values("SortPipelinesBy", "Name CreationTime")
declare_values("SortPipelineExecutionsBy", "CreationTime PipelineExecutionArn")

_BOTH = "PipelineName PipelineDefinition PipelineDefinitionS3Location ParallelismConfiguration "
_KEPT = "PipelineDisplayName PipelineDescription RoleArn"
declare(
    "CreatePipeline",
    acted=_BOTH + "ClientRequestToken Tags",
    kept=_KEPT,
    refused="PipelineVersionAliases",
)
declare("UpdatePipeline", acted=_BOTH, kept=_KEPT, refused="PipelineVersionAliases")
declare("PipelineDefinitionS3Location", acted="Bucket ObjectKey", refused="VersionId")
declare("ParallelismConfiguration", acted="MaxParallelExecutionSteps")

declare(
    "StartPipelineExecution",
    acted="PipelineName PipelineParameters ClientRequestToken ParallelismConfiguration "
    "PipelineVersionId SelectiveExecutionConfig",
    kept="PipelineExecutionDisplayName PipelineExecutionDescription RoleArn",
    refused="MlflowExperimentName PipelineVersionAlias",
)
declare("Parameter", acted="Name Value")
declare("SelectiveExecutionConfig", acted="SourcePipelineExecutionArn SelectedSteps")
declare("SelectedStep", acted="StepName")
