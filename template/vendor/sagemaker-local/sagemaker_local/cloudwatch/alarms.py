"""Keeps the states of CloudWatch's alarms true, by the samples that come in."""

import json
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from sagemaker_local.api.events import Events
from sagemaker_local.cloudwatch.evaluation import ALARM, Rule, datapoints, evaluate
from sagemaker_local.cloudwatch.metrics import Metrics, Sample, Series
from sagemaker_local.processes.settings import Settings
from sagemaker_local.storage.other_services import OtherServices

_log = logging.getLogger(__name__)
_TICK_SECONDS = 0.1
_SHORTEST_PERIOD = 0.25
"""However fast the clock, what comes in counts for so long, or a busy machine would miss it."""
_HELD_SECONDS = 3.0
"""So long a state stays that was set by hand. In AWS too the alarm's own state comes back, "often
within seconds" (API reference, SetAlarmState)."""
_PUBLISHING_SECONDS = 1.0
_BATCH = 500


class CloudWatchError(Exception):
    """CloudWatch refused what we asked; the message is what it said."""


@dataclass(frozen=True)
class _Watched:
    arn: str
    rule: Rule
    updated: float
    state: str
    held_until: float = 0.0


class Alarms:
    """The alarms of all regions, kept by the emulator and evaluated here in the background.

    Parameters
    ----------
    metrics : what they look at.
    services : whose CloudWatch has the alarms, and is told their states and our samples.
    events : announce changes of state.
    settings : how fast the clock is.
    """

    def __init__(
        self, metrics: Metrics, services: OtherServices, events: Events, settings: Settings
    ) -> None:
        self._metrics = metrics
        self._services = services
        self._events = events
        self._settings = settings
        self._watched: dict[tuple[str, str], _Watched] = {}
        self._unread: set[str] = set()
        self._changed = threading.Condition()
        for work, name in ((self._evaluate_all, "alarms"), (self._publish_all, "metrics")):
            threading.Thread(target=work, name=name, daemon=True).start()

    def read_again(self, region: str) -> None:
        """Note that the alarms of a region, or their states, were changed by a request."""
        with self._changed:
            self._unread.add(region)
            self._changed.notify_all()

    def missing(self, region: str, names: Iterable[str]) -> list[str]:
        """Return those of some alarms that do not exist."""
        wanted = list(names)
        found = {alarm["AlarmName"] for alarm in self._described(region, AlarmNames=wanted)}
        return [name for name in wanted if name not in found]

    def in_alarm(self, region: str, names: Iterable[str]) -> list[str]:
        """Return those of some alarms that are in state ALARM."""
        with self._changed:
            found = {name: self._watched.get((region, name)) for name in names}
        return [name for name, one in found.items() if one is not None and one.state == ALARM]

    def _evaluate_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._unread or self._watched)
                unread, self._unread = self._unread, set()
                watched = list(self._watched)
            try:
                for region in unread:
                    self._read(region)
                for region, name in watched:
                    self._evaluate(region, name)
            except Exception:
                # One alarm that cannot be read must not blind all the others for ever.
                _log.exception("evaluating alarms")
            time.sleep(_TICK_SECONDS)

    def _read(self, region: str) -> None:
        found = {
            alarm["AlarmName"]: alarm
            for alarm in self._described(region)
            # A scaling policy's alarm may be of a form that we do not evaluate.
            if alarm.get("MetricName") and alarm.get("Period")
        }
        with self._changed:
            for key in [key for key in self._watched if key[0] == region and key[1] not in found]:
                del self._watched[key]
            for name, alarm in found.items():
                self._watched[region, name] = self._read_one(region, alarm)

    def _read_one(self, region: str, alarm: Mapping[str, Any]) -> _Watched:
        state, updated = alarm["StateValue"], alarm["AlarmConfigurationUpdatedTimestamp"]
        earlier = self._watched.get((region, alarm["AlarmName"]))
        if earlier is None or earlier.updated != updated:
            return _Watched(alarm["AlarmArn"], Rule.of(region, alarm), updated, state)
        if earlier.state == state:
            return earlier
        held = max(_HELD_SECONDS, self._seconds(earlier.rule))
        return replace(earlier, state=state, held_until=time.time() + held)

    def _evaluate(self, region: str, name: str) -> None:
        with self._changed:
            watched = self._watched.get((region, name))
        now = time.time()
        if watched is None or now < watched.held_until:
            return
        rule, seconds = watched.rule, self._seconds(watched.rule)
        samples = self._metrics.since(rule.series, now - seconds * rule.periods)
        points = datapoints(rule, samples, now, seconds)
        state = evaluate(rule, points, watched.state)
        if state == watched.state:
            return
        with self._changed:
            if self._watched.get((region, name)) is not watched:
                return
            self._watched[region, name] = replace(watched, state=state)
        self._tell(region, name, watched, state, points)

    def _tell(
        self, region: str, name: str, watched: _Watched, state: str, points: list[float | None]
    ) -> None:
        rule = watched.rule
        there = [point for point in points if point is not None][: rule.evaluated]
        reason = (
            f"{rule.statistic} of {rule.series.name}: datapoints {there} of the last "
            f"{rule.periods} periods, threshold {rule.comparison} {rule.threshold}"
        )
        asked = {"AlarmName": name, "StateValue": state, "StateReason": reason}
        try:
            self._ask(region, "SetAlarmState", asked)
        except CloudWatchError as error:
            # It was deleted meanwhile, which the next reading finds.
            _log.warning("alarm %s is %s, which is not kept: %s", name, state, error)
            return
        said = {"value": state, "reason": reason, "timestamp": datetime.now(UTC).isoformat()}
        detail = {"alarmName": name, "state": said, "previousState": {"value": watched.state}}
        kind = "CloudWatch Alarm State Change"
        self._events.publish(region, kind, watched.arn, detail, source="aws.cloudwatch")

    def _seconds(self, rule: Rule) -> float:
        return max(self._settings.clocked(rule.period), _SHORTEST_PERIOD)

    def _described(self, region: str, **asked: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {}
        while True:
            answer = self._ask(region, "DescribeAlarms", {**asked, **page})
            found += answer.get("MetricAlarms", [])
            if not answer.get("NextToken"):
                return found
            page = {"NextToken": answer["NextToken"]}

    def _publish_all(self) -> None:
        while True:
            taken = list(self._metrics.take_unpublished(_PUBLISHING_SECONDS).items())
            places = sorted({(series.region, series.namespace) for series, _ in taken})
            for region, namespace in places:
                data = [
                    _datum(series, sample)
                    for series, sample in taken
                    if (series.region, series.namespace) == (region, namespace)
                ]
                for first in range(0, len(data), _BATCH):
                    batch = {"Namespace": namespace, "MetricData": data[first : first + _BATCH]}
                    try:
                        self._ask(region, "PutMetricData", batch)
                    except Exception:
                        _log.exception("metrics of %s were not kept", namespace)

    def _ask(self, region: str, action: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._services.request(
            "POST",
            "/",
            region=region,
            service="monitoring",
            headers={
                "X-Amz-Target": f"GraniteServiceVersion20100801.{action}",
                "Content-Type": "application/x-amz-json-1.0",
            },
            body=json.dumps(body).encode(),
        )
        if answer.status_code != HTTPStatus.OK:
            raise CloudWatchError(answer.get_data(as_text=True))
        said: dict[str, Any] = json.loads(answer.get_data() or b"{}")
        return said


def _datum(series: Series, sample: Sample) -> dict[str, Any]:
    return {
        "MetricName": series.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in sorted(series.dimensions)],
        "Timestamp": sample.time,
        "StatisticValues": {
            "SampleCount": sample.count,
            "Sum": sample.total,
            "Minimum": sample.least,
            "Maximum": sample.most,
        },
    }
