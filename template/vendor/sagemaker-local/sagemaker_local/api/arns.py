"""ARNs of the resources here."""

from sagemaker_local.places import account_of, region_of
from sagemaker_local.regions import partition_of


def make_arn(service: str, place: str, path: str) -> str:
    """Return the ARN of `path`, such as `model/churn`, of a service in a place."""
    region = region_of(place)
    return f"arn:{partition_of(region)}:{service}:{region}:{account_of(place)}:{path}"
