"""Botocore's own model of the SageMaker service: what requests and answers look like."""

from functools import cache

import botocore.session
from botocore.model import ServiceModel, StructureShape


@cache
def service_model() -> ServiceModel:
    """Return botocore's model of SageMaker."""
    return botocore.session.Session().get_service_model("sagemaker")


@cache
def input_shape(action: str) -> StructureShape:
    """Return the shape of an action's request; every action of SageMaker has one."""
    return service_model().operation_model(action).input_shape
