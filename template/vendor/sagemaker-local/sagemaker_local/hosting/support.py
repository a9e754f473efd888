"""The support matrix of models, endpoint configurations and endpoints."""

from sagemaker_local.api.support import MODIFIED, NAMED, declare, declare_values

declare("DescribeModel DeleteModel", acted="ModelName")
declare("DescribeEndpointConfig DeleteEndpointConfig", acted="EndpointConfigName")
declare("DescribeEndpoint DeleteEndpoint", acted="EndpointName")
declare("ListModels ListEndpointConfigs", acted=NAMED)
declare("ListEndpoints", acted=NAMED + MODIFIED + "StatusEquals")
declare_values("OrderKey", "Ascending Descending")
declare_values("ModelSortKey EndpointConfigSortKey", "Name CreationTime")
declare_values("EndpointSortKey", "Name CreationTime Status")
declare_values(
    "EndpointStatus",
    "OutOfService Creating Updating SystemUpdating RollingBack InService Deleting Failed "
    "UpdateRollbackFailed",
)

declare(
    "CreateModel",
    acted="ModelName PrimaryContainer Containers Tags",
    kept="ExecutionRoleArn VpcConfig EnableNetworkIsolation",
    refused="InferenceExecutionConfig",
)
declare(
    "ContainerDefinition",
    acted="Image Mode ModelDataUrl Environment ModelPackageName",
    kept="ContainerHostname ImageConfig",
    refused="ModelDataSource AdditionalModelDataSources InferenceSpecificationName "
    "MultiModelConfig ContainerMetricsConfig",
)
declare_values("ContainerMode", "SingleModel", "MultiModel")

declare(
    "CreateEndpointConfig",
    acted="EndpointConfigName ProductionVariants ShadowProductionVariants DataCaptureConfig "
    "AsyncInferenceConfig Tags",
    kept="KmsKeyId ExecutionRoleArn VpcConfig EnableNetworkIsolation",
    refused="ExplainerConfig MetricsConfig CrossRegionTrafficConfig",
)
declare(
    "ProductionVariant",
    acted="VariantName ModelName InitialVariantWeight ContainerStartupHealthCheckTimeoutInSeconds "
    "ServerlessConfig",
    kept="InitialInstanceCount InstanceType VolumeSizeInGB ModelDataDownloadTimeoutInSeconds "
    "EnableSSMAccess RoutingConfig InferenceAmiVersion",
    refused="InstancePools VariantInstanceProvisionTimeoutInSeconds AcceleratorType "
    "CoreDumpConfig ManagedInstanceScaling CapacityReservationConfig "
    "AcceleratorPartitionLayouts",
)
declare(
    "ProductionVariantServerlessConfig",
    acted="MemorySizeInMB MaxConcurrency ProvisionedConcurrency",
)
declare(
    "DataCaptureConfig",
    acted="EnableCapture InitialSamplingPercentage DestinationS3Uri CaptureOptions "
    "CaptureContentTypeHeader",
    kept="KmsKeyId",
)
declare("CaptureOption", acted="CaptureMode")
declare("CaptureContentTypeHeader", acted="CsvContentTypes JsonContentTypes")
declare_values("CaptureMode", "Input Output InputAndOutput")

declare("AsyncInferenceConfig", acted="ClientConfig OutputConfig")
declare("AsyncInferenceClientConfig", acted="MaxConcurrentInvocationsPerInstance")
declare(
    "AsyncInferenceOutputConfig",
    acted="S3OutputPath S3FailurePath NotificationConfig",
    kept="KmsKeyId",
)
declare(
    "AsyncInferenceNotificationConfig",
    acted="SuccessTopic ErrorTopic",
    refused="IncludeInferenceResponseIn",
)

declare("CreateEndpoint", acted="EndpointName EndpointConfigName DeploymentConfig Tags")
declare(
    "UpdateEndpoint",
    acted="EndpointName EndpointConfigName DeploymentConfig RetainAllVariantProperties "
    "ExcludeRetainedVariantProperties RetainDeploymentConfig",
)
declare("UpdateEndpointWeightsAndCapacities", acted="EndpointName DesiredWeightsAndCapacities")
declare(
    "DesiredWeightAndCapacity",
    acted="VariantName DesiredWeight DesiredInstanceCount ServerlessUpdateConfig",
)
declare("ProductionVariantServerlessUpdateConfig", acted="MaxConcurrency ProvisionedConcurrency")
declare("VariantProperty", acted="VariantPropertyType")
declare_values("VariantPropertyType", "DesiredInstanceCount DesiredWeight DataCaptureConfig")
declare(
    "DeploymentConfig",
    acted="BlueGreenUpdatePolicy RollingUpdatePolicy AutoRollbackConfiguration",
)
declare("AutoRollbackConfig", acted="Alarms")
declare("Alarm", acted="AlarmName")
declare(
    "BlueGreenUpdatePolicy",
    acted="TrafficRoutingConfiguration TerminationWaitInSeconds MaximumExecutionTimeoutInSeconds",
)
declare(
    "RollingUpdatePolicy",
    acted="MaximumBatchSize WaitIntervalInSeconds MaximumExecutionTimeoutInSeconds",
    kept="RollbackMaximumBatchSize",
)
declare("TrafficRoutingConfig", acted="Type WaitIntervalInSeconds CanarySize LinearStepSize")
declare("CapacitySize", acted="Type Value")
declare_values("CapacitySizeType", "INSTANCE_COUNT CAPACITY_PERCENT")
declare_values("TrafficRoutingConfigType", "ALL_AT_ONCE CANARY LINEAR")
