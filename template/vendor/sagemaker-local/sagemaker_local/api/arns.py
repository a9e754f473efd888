"""ARNs of this account: made, and told from those of others."""

from sagemaker_local.regions import partition_of

ACCOUNT = "123456789012"


def make_arn(service: str, region: str, path: str) -> str:
    """Return the ARN of `path`, such as `model/churn`, of a service in a region."""
    return f"arn:{partition_of(region)}:{service}:{region}:{ACCOUNT}:{path}"
