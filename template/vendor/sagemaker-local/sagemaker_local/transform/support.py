"""The support matrix of transform jobs."""

from sagemaker_local.api.support import MODIFIED, NAMED, declare, declare_values

declare("DescribeTransformJob StopTransformJob", acted="TransformJobName")
declare("ListTransformJobs", acted=NAMED + MODIFIED + "StatusEquals")
declare_values("TransformJobStatus", "InProgress Completed Failed Stopping Stopped")

declare(
    "CreateTransformJob",
    acted="TransformJobName ModelName MaxConcurrentTransforms ModelClientConfig MaxPayloadInMB "
    "BatchStrategy Environment TransformInput TransformOutput DataProcessing Tags",
    kept="TransformResources ExperimentConfig",
    refused="DataCaptureConfig",
)
declare("ModelClientConfig", acted="InvocationsTimeoutInSeconds InvocationsMaxRetries")
declare_values("BatchStrategy", "MultiRecord SingleRecord")
declare("TransformInput", acted="DataSource ContentType CompressionType SplitType")
declare("TransformDataSource", acted="S3DataSource")
declare("TransformS3DataSource", acted="S3DataType S3Uri")
declare_values("CompressionType", "None Gzip")
declare_values("SplitType", "None Line", "RecordIO TFRecord")
declare("TransformOutput", acted="S3OutputPath Accept AssembleWith", kept="KmsKeyId")
declare_values("AssemblyType", "None Line")
declare("DataProcessing", acted="InputFilter OutputFilter JoinSource")
declare_values("JoinSource", "Input None")
