"""The SQS queue that the approval events of the project arrive in, and one message of it at a time.

A message that is not deleted comes again when its time is over, and goes to the dead-letter queue
when it has come as often as the queue's redrive policy says: so one that nobody can handle ends
there, where somebody finds it.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.events.approval import DETAIL_TYPE, SOURCE
from project import registry
from project.aws import Connection
from project.errors import ProjectError

HIDDEN = 120
"""Seconds that a message is kept from others; renewed while it is worked on."""
LONGEST_POLL = 20
"""Most seconds that a request waits for a message (SQS API reference, ReceiveMessage)."""
TIMES = 5
"""How often a message comes before it goes to the dead-letter queue, in a queue made here."""


@dataclass(frozen=True)
class Message:
    """A message that was received.

    Attributes
    ----------
    body : its text.
    receipt : what names it while it is kept from others.
    times : how often it has come, this time among them.
    """

    body: str
    receipt: str
    times: int


@dataclass(frozen=True)
class Queue:
    """A queue of approval events.

    Attributes
    ----------
    client : the SQS client.
    url : the queue's address.
    """

    client: Any
    url: str

    @property
    def gives_up(self) -> bool:
        """Whether a message that nobody can handle goes to a dead-letter queue."""
        named = ["RedrivePolicy"]
        answer = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=named)
        return "RedrivePolicy" in answer.get("Attributes", {})

    def receive(self, seconds: int) -> Message | None:
        """Return the next message; None when there is none for so many seconds."""
        answer = self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=seconds,
            VisibilityTimeout=HIDDEN,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        for one in answer.get("Messages", []):
            times = int(one.get("Attributes", {}).get("ApproximateReceiveCount", 1))
            return Message(one["Body"], one["ReceiptHandle"], times)
        return None

    def delete(self, message: Message) -> None:
        """Take a message out of the queue: it has been handled."""
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message.receipt)

    @contextmanager
    def kept(self, message: Message) -> Iterator[None]:
        """Keep a message from others as long as it is worked on."""
        ended = threading.Event()

        def renew() -> None:
            while not ended.wait(HIDDEN / 3):
                # When it fails the message may come twice, which does no harm.
                with suppress(BotoCoreError, ClientError):
                    self.client.change_message_visibility(
                        QueueUrl=self.url, ReceiptHandle=message.receipt, VisibilityTimeout=HIDDEN
                    )

        thread = threading.Thread(target=renew, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def find_queue(connection: Connection, named: str | None = None) -> Queue:
    """Return the project's queue; in the local SageMaker it is made if it is not there.

    Parameters
    ----------
    connection : where it is: in the project's account and region.
    named : its name or address; by default what `project.yaml` says.

    Raises
    ------
    ProjectError : there is no such queue.
    """
    home = connection.home
    client = home.client("sqs")
    name = named or home.project.watch.queue or f"{home.project.name}-approvals"
    if name.startswith(("https://", "http://")):
        return Queue(client, name)
    try:
        return Queue(client, client.get_queue_url(QueueName=name)["QueueUrl"])
    except client.exceptions.QueueDoesNotExist:
        if home.target == "local":
            return Queue(client, _make(home, client, name))
        raise ProjectError(
            f"there is no queue {name} in account {home.account}, {home.region}; make it and its "
            "rule as the guide `deploy-what-was-approved` says, or name another one: "
            "`watch.queue` in project.yaml"
        ) from None


def pattern(connection: Connection) -> dict[str, Any]:
    """Return the pattern of the EventBridge rule that fills the queue."""
    return {
        "source": [SOURCE],
        "detail-type": [DETAIL_TYPE],
        "detail": {
            "ModelPackageGroupName": [registry.group_name(connection)],
            "ModelApprovalStatus": ["Approved", "Rejected"],
        },
    }


def _make(home: Connection, client: Any, name: str) -> str:
    """Make the queue, its dead-letter queue and its rule, as an administrator does in AWS."""

    def arn(url: str) -> str:
        answer = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    tags = {tag["Key"]: tag["Value"] for tag in home.tags}
    dead = client.create_queue(QueueName=f"{name}-failed", tags=tags)["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": arn(dead), "maxReceiveCount": TIMES})
    url: str = client.create_queue(
        QueueName=name, Attributes={"RedrivePolicy": redrive}, tags=tags
    )["QueueUrl"]
    home.events.put_rule(Name=name, EventPattern=json.dumps(pattern(home)), Tags=home.tags)
    home.events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn(url)}])
    return url
