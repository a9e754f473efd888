"""The support matrix of the model registry."""

from sagemaker_local.api.support import NAMED, declare, declare_values

declare("DescribeModelPackageGroup DeleteModelPackageGroup", acted="ModelPackageGroupName")
declare("PutModelPackageGroupPolicy", acted="ModelPackageGroupName ResourcePolicy")
declare("GetModelPackageGroupPolicy DeleteModelPackageGroupPolicy", acted="ModelPackageGroupName")
declare("DescribeModelPackage", acted="ModelPackageName", refused="IncludedData")
declare("DeleteModelPackage", acted="ModelPackageName")
declare("ListModelPackageGroups", acted=NAMED, refused="CrossAccountFilterOption")
declare(
    "ListModelPackages",
    acted=NAMED + "ModelApprovalStatus ModelPackageGroupName ModelPackageType",
)
declare_values("SortOrder", "Ascending Descending")
declare_values("ModelPackageGroupSortBy ModelPackageSortBy", "Name CreationTime")
declare_values("ModelPackageType", "Versioned Unversioned Both")
declare_values("ModelApprovalStatus", "Approved Rejected PendingManualApproval")

declare(
    "CreateModelPackageGroup",
    acted="ModelPackageGroupName Tags",
    kept="ModelPackageGroupDescription",
    refused="ManagedConfiguration",
)
declare(
    "CreateModelPackage",
    acted="ModelPackageName ModelPackageGroupName InferenceSpecification CertifyForMarketplace "
    "Tags ModelApprovalStatus ClientToken CustomerMetadataProperties ModelCard ModelLifeCycle "
    "AdditionalInferenceSpecifications",
    kept="ModelPackageDescription ModelPackageRegistrationType MetadataProperties ModelMetrics "
    "Domain Task SamplePayloadUrl DriftCheckBaselines SkipModelValidation SourceUri "
    "SecurityConfig",
    refused="ValidationSpecification SourceAlgorithmSpecification ManagedStorageType",
    only={"CertifyForMarketplace": (False,)},
)
declare(
    "UpdateModelPackage",
    acted="ModelPackageArn ModelApprovalStatus InferenceSpecification CustomerMetadataProperties "
    "CustomerMetadataPropertiesToRemove AdditionalInferenceSpecificationsToAdd ModelCard "
    "ModelLifeCycle ClientToken",
    kept="ModelPackageRegistrationType ApprovalDescription SourceUri",
)
declare(
    "InferenceSpecification",
    acted="Containers",
    kept="SupportedTransformInstanceTypes SupportedRealtimeInferenceInstanceTypes "
    "SupportedContentTypes SupportedResponseMIMETypes",
)
declare(
    "ModelPackageContainerDefinition",
    acted="Image ImageDigest ModelDataETag ModelDataUrl Environment",
    kept="ContainerHostname ModelDataSource ProductId ModelInput Framework "
    "FrameworkVersion NearestModelName AdditionalModelDataSources AdditionalS3DataSource "
    "IsCheckpoint BaseModel",
)
declare(
    "AdditionalInferenceSpecificationDefinition",
    kept="Name Description Containers SupportedTransformInstanceTypes "
    "SupportedRealtimeInferenceInstanceTypes SupportedContentTypes SupportedResponseMIMETypes",
)
declare("ModelPackageModelCard", kept="ModelCardContent ModelCardStatus")
declare("ModelLifeCycle", kept="Stage StageStatus StageDescription")
