"""The support matrix of jobs."""

from sagemaker_local.api.support import MODIFIED, NAMED, declare, declare_values

declare("DescribeProcessingJob StopProcessingJob", acted="ProcessingJobName")
declare("DescribeTrainingJob StopTrainingJob", acted="TrainingJobName")
declare("ListProcessingJobs", acted=NAMED + MODIFIED + "StatusEquals")
declare(
    "ListTrainingJobs",
    acted=NAMED + MODIFIED + "StatusEquals",
    refused="WarmPoolStatusEquals TrainingPlanArnEquals",
)
declare_values("SortBy", "Name CreationTime Status")
declare_values("ProcessingJobStatus", "InProgress Completed Failed Stopping Stopped")
declare_values("TrainingJobStatus", "InProgress Completed Failed Stopping Stopped Deleting")

declare(
    "CreateProcessingJob",
    acted="ProcessingJobName ProcessingInputs ProcessingOutputConfig ProcessingResources "
    "StoppingCondition AppSpecification Environment Tags",
    kept="NetworkConfig RoleArn ExperimentConfig",
)
declare("AppSpecification", acted="ContainerEntrypoint ContainerArguments", kept="ImageUri")
declare("ProcessingResources", acted="ClusterConfig")
declare(
    "ProcessingClusterConfig",
    acted="InstanceCount",
    kept="InstanceType VolumeSizeInGB VolumeKmsKeyId",
    refused="InstancePreferences SelectedInstanceType SelectedInstanceCount",
    only={"InstanceCount": (1,)},
)
declare("ProcessingStoppingCondition", acted="MaxRuntimeInSeconds")
declare(
    "ProcessingInput",
    acted="InputName AppManaged S3Input",
    refused="DatasetDefinition",
    only={"AppManaged": (False,)},
)
declare(
    "ProcessingS3Input",
    acted="S3Uri LocalPath S3DataType S3InputMode S3DataDistributionType S3CompressionType",
)
declare_values("ProcessingS3DataType", "S3Prefix ManifestFile")
declare_values("ProcessingS3InputMode", "File", "Pipe")
# With one instance both mean that it gets all of the data.
declare_values(
    "ProcessingS3DataDistributionType S3DataDistribution", "FullyReplicated ShardedByS3Key"
)
declare_values("ProcessingS3CompressionType", "None", "Gzip")
declare("ProcessingOutputConfig", acted="Outputs", kept="KmsKeyId")
declare(
    "ProcessingOutput",
    acted="OutputName S3Output AppManaged",
    refused="FeatureStoreOutput",
    only={"AppManaged": (False,)},
)
declare("ProcessingS3Output", acted="S3Uri LocalPath S3UploadMode")
declare_values("ProcessingS3UploadMode", "EndOfJob", "Continuous")

declare(
    "CreateTrainingJob",
    acted="TrainingJobName HyperParameters AlgorithmSpecification InputDataConfig "
    "OutputDataConfig ResourceConfig StoppingCondition Environment CheckpointConfig Tags",
    # RetryStrategy: the faults that it retries do not happen here.
    kept="RoleArn VpcConfig EnableNetworkIsolation EnableInterContainerTrafficEncryption "
    "EnableManagedSpotTraining DebugHookConfig ExperimentConfig ProfilerConfig RetryStrategy",
    refused="DebugRuleConfigurations TensorBoardOutputConfig "
    "ProfilerRuleConfigurations RemoteDebugConfig InfraCheckConfig "
    "SessionChainingConfig ServerlessJobConfig MlflowConfig ModelPackageConfig",
)
declare(
    "AlgorithmSpecification",
    acted="TrainingInputMode MetricDefinitions ContainerEntrypoint ContainerArguments",
    kept="TrainingImage EnableSageMakerMetricsTimeSeries TrainingImageConfig",
    refused="AlgorithmName",
)
declare_values("TrainingInputMode", "File FastFile", "Pipe")
declare("MetricDefinition", acted="Name Regex")
declare(
    "Channel",
    acted="ChannelName DataSource ContentType CompressionType RecordWrapperType InputMode",
    # It changes the order in which objects are read, and files have none.
    kept="ShuffleConfig",
    # API reference: compressed and wrapped records are for Pipe mode.
    only={"CompressionType": ("None",), "RecordWrapperType": ("None",)},
)
declare("DataSource", acted="S3DataSource", refused="FileSystemDataSource DatasetSource")
declare(
    "S3DataSource",
    acted="S3DataType S3Uri S3DataDistributionType",
    refused="AttributeNames InstanceGroupNames ModelAccessConfig HubAccessConfig",
)
# API reference: AugmentedManifestFile needs Pipe mode.
declare_values("S3DataType", "S3Prefix ManifestFile", "AugmentedManifestFile Converse")
declare("OutputDataConfig", acted="S3OutputPath CompressionType", kept="KmsKeyId")
declare_values("OutputCompressionType", "GZIP NONE")
declare("CheckpointConfig", acted="S3Uri LocalPath")
declare(
    "ResourceConfig",
    acted="InstanceCount",
    kept="InstanceType VolumeSizeInGB VolumeKmsKeyId KeepAlivePeriodInSeconds",
    refused="InstanceGroups TrainingPlanArn InstancePlacementConfig InstancePreferences "
    "SelectedInstanceType SelectedInstanceCount",
    only={"InstanceCount": (1,)},
)
declare(
    "StoppingCondition",
    acted="MaxRuntimeInSeconds",
    kept="MaxWaitTimeInSeconds MaxPendingTimeInSeconds",
)
