"""The metrics of endpoints, namespace AWS/SageMaker.

Developer guide, "Amazon SageMaker AI metrics in Amazon CloudWatch": names, units and dimensions.
That they come with the dimension EndpointConfigName too is in "Auto-Rollback Configuration and
Monitoring".
"""

import time

from sagemaker_local.cloudwatch.metrics import Metrics, Sample, Series
from sagemaker_local.hosting.running_server import Answer, ModelServer

_MICROSECONDS = 1e6


def record_invocation(
    metrics: Metrics,
    region: str,
    endpoint: str,
    server: ModelServer,
    answer: Answer,
    seconds: tuple[float, float],
) -> None:
    """Note an invocation of an endpoint.

    Parameters
    ----------
    metrics : where.
    region, endpoint : where it is, and its name.
    server, answer : who answered what.
    seconds : how long the model took, and the whole request so far.
    """
    model, whole = seconds
    values = {
        "Invocations": 1.0,
        "Invocation4XXErrors": float(400 <= answer.status < 500),
        "Invocation5XXErrors": float(answer.status >= 500),
        "InvocationModelErrors": float(not answer.is_good),
        "ModelLatency": model * _MICROSECONDS,
        "OverheadLatency": (whole - model) * _MICROSECONDS,
    }
    fleet = {"EndpointName": endpoint, "VariantName": server.name}
    of_config = {**fleet, "EndpointConfigName": server.config["EndpointConfigName"]}
    moment = time.time()
    for name, value in values.items():
        sample = Sample.of(value, moment)
        metrics.add(Series.of(region, "AWS/SageMaker", name, fleet), sample)
        # Asked with fewer dimensions, the emulator answers with this series too: a second one
        # would count twice.
        published = Series.of(region, "AWS/SageMaker", name, of_config)
        metrics.add(published, sample, publish=True)
