"""Event source mappings: queues of SQS whose messages are handed to functions.

They go with the server, as the queues do. Form of requests, answers and events: API reference of
Lambda, CreateEventSourceMapping, and developer guide, "Using Lambda with Amazon SQS".
"""

import json
import logging
import re
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sagemaker_local.api.errors import AwsError
from sagemaker_local.functions.configuration import refused
from sagemaker_local.functions.functions import Functions, plain_name
from sagemaker_local.places import place_of, region_of
from sagemaker_local.storage.clients import Clients
from sagemaker_local.storage.store import Body

_log = logging.getLogger(__name__)
_PATH = re.compile(r"/2015-03-31/event-source-mappings(?:/([^/]+))?")
_QUEUE = re.compile(r"arn:[a-z-]+:sqs:([a-z0-9-]+):([0-9]{12}):([A-Za-z0-9_.-]+)")
_KNOWN = {"EventSourceArn", "FunctionName", "BatchSize", "Enabled"}
_MOST_AT_ONCE = 10
_PAUSE_SECONDS = 0.25


@dataclass
class _Source:
    """One mapping, and the thread that reads its queue."""

    region: str
    queue: str
    body: Body
    ended: threading.Event = field(default_factory=threading.Event)


class EventSources:
    """All event source mappings.

    Parameters
    ----------
    functions : what is called.
    clients : read the queues.
    """

    def __init__(self, functions: Functions, clients: Clients) -> None:
        self._functions = functions
        self._clients = clients
        self._sources: dict[str, _Source] = {}

    def answer(
        self, method: str, path: str, region: str, query: Mapping[str, str], body: Body
    ) -> tuple[int, Body] | None:
        """Return status and answer of a request, or None if it is about something else.

        Raises
        ------
        AwsError : it is refused.
        """
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        identifier = match[1]
        if identifier is None:
            if method == "POST":
                return 202, self._create(region, body)
            return 200, {"EventSourceMappings": self._list(region, query)}
        source = self._sources.get(identifier)
        if source is None or source.region != region:
            gone = "The resource you requested does not exist."
            raise AwsError("ResourceNotFoundException", gone, 404, Type="User")
        if method == "PUT":
            self._change(source, body)
        elif method == "DELETE":
            source.ended.set()
            del self._sources[identifier]
            return 202, source.body | {"State": "Deleting"}
        return (202 if method == "PUT" else 200), source.body

    def _create(self, region: str, body: Body) -> Body:
        _check(body)
        queue = _QUEUE.fullmatch(str(body.get("EventSourceArn")))
        if queue is None or place_of(queue[2], queue[1]) != region:
            what = f"the event source {body.get('EventSourceArn')}: only queues of its own region"
            raise refused(f"the local SageMaker does not support {what}")
        self._url(region, queue[3])
        function = self._functions.configuration(region, body["FunctionName"])
        source = _Source(
            region,
            queue[3],
            {
                "UUID": str(uuid.uuid4()),
                "BatchSize": body.get("BatchSize", _MOST_AT_ONCE),
                "MaximumBatchingWindowInSeconds": 0,
                "EventSourceArn": body["EventSourceArn"],
                "FunctionArn": function["FunctionArn"],
                "LastModified": time.time(),
                "State": _state(body.get("Enabled", True)),
                "StateTransitionReason": "USER_INITIATED",
            },
        )
        self._sources[source.body["UUID"]] = source
        threading.Thread(
            target=self._read, args=(source,), name=source.body["UUID"], daemon=True
        ).start()
        return source.body

    def _list(self, region: str, query: Mapping[str, str]) -> list[Body]:
        wanted = query.get("FunctionName")
        name = plain_name(region, wanted) if wanted else ""
        return [
            source.body
            for source in list(self._sources.values())
            if source.region == region
            and (not name or plain_name(region, source.body["FunctionArn"]) == name)
            and query.get("EventSourceArn") in (None, source.body["EventSourceArn"])
        ]

    def _change(self, source: _Source, body: Body) -> None:
        _check(body)
        changes: Body = {"LastModified": time.time()}
        if "BatchSize" in body:
            changes["BatchSize"] = body["BatchSize"]
        if "Enabled" in body:
            changes["State"] = _state(body["Enabled"])
        if "FunctionName" in body:
            function = self._functions.configuration(source.region, body["FunctionName"])
            changes["FunctionArn"] = function["FunctionArn"]
        source.body = source.body | changes

    def _url(self, region: str, queue: str) -> str:
        from botocore.exceptions import ClientError

        try:
            url: str = self._clients.client("sqs", region).get_queue_url(QueueName=queue)[
                "QueueUrl"
            ]
            return url
        except ClientError as error:
            # Unconfirmed.
            raise refused(f"Error occurred while ReceiveMessage. {error}") from None

    def _read(self, source: _Source) -> None:
        """Hand on the messages of a queue until the mapping is no more."""
        trouble = ""
        while not source.ended.wait(_PAUSE_SECONDS):
            try:
                while source.body["State"] == "Enabled" and self._hand_on(source):
                    trouble = ""
            except Exception as error:
                # A function that was deleted is missed many times, and told of once.
                if str(error) != trouble:
                    _log.warning("event source mapping %s: %s", source.body["UUID"], error)
                trouble = str(error)

    def _hand_on(self, source: _Source) -> bool:
        """Hand a batch of messages to the function; returns whether there may be more at once."""
        sqs, url = (
            self._clients.client("sqs", source.region),
            self._url(source.region, source.queue),
        )
        messages = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(source.body["BatchSize"], _MOST_AT_ONCE),
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return False
        event = json.dumps({"Records": [_record(source, message) for message in messages]})
        function = self._functions.configuration(source.region, source.body["FunctionArn"])
        answer = self._functions.invoke(source.region, function, event.encode(), str(uuid.uuid4()))
        if answer.failed:
            # The messages come back when their time of invisibility is over.
            return False
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return True


def _check(body: Body) -> None:
    unknown = sorted(name for name in body.keys() - _KNOWN if body[name] not in ([], {}, 0))
    if unknown:
        what = f"{', '.join(unknown)} of an event source mapping"
        raise refused(f"the local SageMaker does not support {what}")


def _state(enabled: object) -> str:
    return "Enabled" if enabled else "Disabled"


def _record(source: _Source, message: Mapping[str, Any]) -> Body:
    attributes = {
        name: {
            "stringValue": value.get("StringValue"),
            "dataType": value["DataType"],
        }
        for name, value in message.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": source.body["EventSourceArn"],
        "awsRegion": region_of(source.region),
    }
