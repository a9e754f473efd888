"""Botocore's own models of services: what requests and answers look like."""

import threading
from functools import cache

from botocore.loaders import create_loader
from botocore.model import ServiceModel, StructureShape

_one_at_a_time = threading.Lock()


def service_model() -> ServiceModel:
    """Return botocore's model of SageMaker."""
    return load_model("sagemaker")


def load_model(service: str) -> ServiceModel:
    """Return botocore's model of a service."""
    # Who comes first reads megabytes; who comes meanwhile would read them again.
    with _one_at_a_time:
        return _load(service)


@cache
def _load(service: str) -> ServiceModel:
    return ServiceModel(create_loader().load_service_model(service, "service-2"), service)


@cache
def input_shape(action: str) -> StructureShape:
    """Return the shape of an action's request; every action of SageMaker has one."""
    return service_model().operation_model(action).input_shape
