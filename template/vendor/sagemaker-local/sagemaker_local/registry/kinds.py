"""What model package groups and their versions are called in the API."""

from sagemaker_local.api.resource_kind import ResourceKind

GROUP = ResourceKind(
    noun="ModelPackageGroup",
    path="model-package-group",
    summaries="ModelPackageGroupSummaryList",
    # ACK's runtime, a test of its generated code.
    missing="ModelPackageGroup {arn} does not exist.",
    # Matched so, with its code, by several users; the ARN is unconfirmed.
    duplicate="Model Package Group already exists: {arn}",
    status="ModelPackageGroupStatus",
)
PACKAGE = ResourceKind(
    noun="ModelPackage",
    path="model-package",
    summaries="ModelPackageSummaryList",
    # ACK's controller (generator.yaml, ModelPackage): the end of the message.
    missing="ModelPackage {arn} does not exist.",
    # aws/sagemaker-python-sdk, model_registry.py: its start.
    duplicate="ModelPackage already exists: {arn}",
    status="ModelPackageStatus",
)
