"""Answers CloudWatch's requests: passes them on, and hears what they say of metrics and alarms."""

import gzip
import io
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request, Response

from sagemaker_local.api.errors import AwsError
from sagemaker_local.api.serialization import read_body
from sagemaker_local.cloudwatch.alarms import Alarms
from sagemaker_local.cloudwatch.evaluation import COMPARISONS
from sagemaker_local.cloudwatch.metrics import Metrics, Sample, Series, is_statistic
from sagemaker_local.storage.other_services import OtherServices

_CHANGE_ALARMS = ("PutMetricAlarm", "DeleteAlarms", "SetAlarmState")
_FORM = "application/x-www-form-urlencoded"
_MEMBER = re.compile(r"member\.(\d+)")


class CloudWatch:
    """CloudWatch's front.

    Parameters
    ----------
    services : answer.
    metrics, alarms : hear of it.
    """

    def __init__(self, services: OtherServices, metrics: Metrics, alarms: Alarms) -> None:
        self._services = services
        self._metrics = metrics
        self._alarms = alarms

    def serve(self, request: Request, region: str) -> Response:
        """Answer a request.

        Raises
        ------
        AwsError : it asks for an alarm that would never be evaluated.
        """
        sent = request.get_data()
        # Read here, it is put back for the service that is to answer.
        request.environ["wsgi.input"] = io.BytesIO(sent)
        action, body = _read(request, sent)
        _refuse_unevaluated(action, body)
        answer = Response.from_app(self._services, request.environ)
        if answer.status_code == 200:
            self._hear(region, action, body)
        return answer

    def _hear(self, region: str, action: str, body: Mapping[str, Any]) -> None:
        if action in _CHANGE_ALARMS:
            self._alarms.read_again(region)
        if action == "PutMetricData":
            for datum in body.get("MetricData", []):
                dimensions = {one["Name"]: one["Value"] for one in datum.get("Dimensions", [])}
                series = Series.of(region, body["Namespace"], datum["MetricName"], dimensions)
                for sample in _samples(datum):
                    self._metrics.add(series, sample)


def _read(request: Request, sent: bytes) -> tuple[str, dict[str, Any]]:
    """Return action and members of a request, which is JSON or a form."""
    if request.headers.get("Content-Encoding") == "gzip":
        sent = gzip.decompress(sent)
    if request.mimetype == _FORM:
        members = _members(sent.decode())
        return str(members.get("Action", "")), members
    body = read_body(sent) if "X-Amz-Target" in request.headers else {}
    action = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    return action, body if isinstance(body, dict) else {}


def _members(form: str) -> dict[str, Any]:
    """Return the members that a form of AWS's query protocol stands for; values stay text."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        path = _MEMBER.sub(r"\1", name).split(".")
        place = root
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value
    return {name: _lists(value) for name, value in root.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _lists(member) for name, member in value.items()}


def _samples(datum: Mapping[str, Any]) -> Iterator[Sample]:
    """Yield the samples of one datum of PutMetricData.

    Alarms go by when it came in: its own time has whole seconds, of which a fast clock makes many.
    """
    now = time.time()
    if "Value" in datum:
        yield Sample.of(float(datum["Value"]), now)
    if "StatisticValues" in datum:
        told = {name: float(value) for name, value in datum["StatisticValues"].items()}
        yield Sample(now, told["Sum"], told["SampleCount"], told["Minimum"], told["Maximum"])
    values = datum.get("Values", [])
    counts = datum.get("Counts") or [1] * len(values)
    for value, count in zip(values, counts, strict=False):
        yield Sample.of(float(value), now, float(count))


def _refuse_unevaluated(action: str, body: Mapping[str, Any]) -> None:
    if action == "PutCompositeAlarm":
        raise _refusal("PutCompositeAlarm")
    if action != "PutMetricAlarm":
        return
    for member in ("Metrics", "ThresholdMetricId"):
        if body.get(member):
            raise _refusal(f"{member} of an alarm (metric math)")
    comparison = body.get("ComparisonOperator")
    if comparison is not None and comparison not in COMPARISONS:
        raise _refusal(f"ComparisonOperator = {comparison!r}")
    statistic = body.get("ExtendedStatistic")
    if statistic is not None and not is_statistic(str(statistic)):
        raise _refusal(f"ExtendedStatistic = {statistic!r}")


def _refusal(what: str) -> AwsError:
    return AwsError("ValidationError", f"the local SageMaker does not support {what}")
