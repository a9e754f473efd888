"""Measures the model registry beside moto's own: `uv run python tests/benchmarks/registry.py`.

Both servers are filled with the same versions over the same wire protocol, then asked in turns, in
this one run. Prints medians over the rounds, and how many times faster than moto we are.
"""

import argparse
import contextlib
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

sys.path[:0] = [str(Path(__file__).parents[1] / "local_sagemaker")]

from kit import IMAGE, Local  # type: ignore[import-not-found]  # noqa: E402

GROUP = "churn"
PAGE = 100
WRITERS = 16
VERSION: dict[str, Any] = {
    "ModelPackageGroupName": GROUP,
    "ModelPackageDescription": "A model that says which customers leave.",
    "InferenceSpecification": {
        "Containers": [
            {
                "Image": IMAGE,
                "ModelDataUrl": "s3://bucket-of-benchmarks/churn/model/job-1/output/model.tar.gz",
                "Environment": {
                    "SAGEMAKER_PROGRAM": "inference.py",
                    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                },
            }
        ],
        "SupportedContentTypes": ["text/csv", "application/json"],
        "SupportedResponseMIMETypes": ["text/csv", "application/json"],
    },
    "ModelMetrics": {
        "ModelQuality": {
            "Statistics": {
                "ContentType": "application/json",
                "S3Uri": "s3://bucket-of-benchmarks/churn/evaluation/evaluation.json",
            }
        }
    },
    "CustomerMetadataProperties": {f"property-{n}": "0123456789abcdef" * 2 for n in range(10)},
}
Rows = dict[str, dict[str, list[float]]]


class Server:
    """A SageMaker endpoint, asked over one connection a thread keeps open.

    Parameters
    ----------
    name : what the table calls it.
    url, key : its address, and the access key it admits.
    """

    def __init__(self, name: str, url: str, key: str) -> None:
        self.name = name
        self._address = urlsplit(url).netloc
        self._scope = f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/sagemaker/aws4_request"

    def connection(self) -> Callable[..., dict[str, Any]]:
        """Return a function that sends an action over a connection of its own."""
        connection = http.client.HTTPConnection(self._address)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def send(action: str, **members: Any) -> dict[str, Any]:
            headers = {
                "Authorization": f"{self._scope}, SignedHeaders=host, Signature=0",
                "X-Amz-Target": f"SageMaker.{action}",
                "Content-Type": "application/x-amz-json-1.1",
                "Host": self._address,
            }
            connection.request("POST", "/", body=json.dumps(members), headers=headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{self.name}: {action}: {content!r}")
            decoded: dict[str, Any] = json.loads(content or b"{}")
            return decoded

        return send


@contextlib.contextmanager
def ours(folder: Path) -> Iterator[Server]:
    """Run a local SageMaker in a folder."""
    local = Local(folder).up()
    try:
        variables = local.variables
        yield Server("ours", variables["AWS_ENDPOINT_URL"], variables["AWS_ACCESS_KEY_ID"])
    finally:
        local.down()


@contextlib.contextmanager
def moto() -> Iterator[Server]:
    """Run moto's own server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.1)
        yield Server("moto", f"http://127.0.0.1:{port}", "AKIAMOTO")
    finally:
        process.terminate()
        process.wait()


def timed(rows: Rows, what: str, server: Server, action: Callable[[], object]) -> None:
    """Add how long a call takes, in milliseconds."""
    started = time.perf_counter()
    action()
    rows[what][server.name].append((time.perf_counter() - started) * 1000)


def fill(server: Server, versions: int) -> None:
    """Create a group and its versions; every tenth is approved."""
    send = server.connection()
    send("CreateModelPackageGroup", ModelPackageGroupName=GROUP)
    for number in range(versions):
        status = "PendingManualApproval" if number % 10 else "Approved"
        send("CreateModelPackage", **VERSION, ModelApprovalStatus=status)


def all_pages(send: Callable[..., dict[str, Any]], group: str) -> int:
    """Read every page; returns how many versions there were."""
    seen, token = 0, dict[str, Any]()
    while True:
        page = send("ListModelPackages", ModelPackageGroupName=group, MaxResults=PAGE, **token)
        seen += len(page["ModelPackageSummaryList"])
        if "NextToken" not in page:
            return seen
        token = {"NextToken": page["NextToken"]}


def ask(server: Server, rows: Rows, versions: int) -> None:
    """Add one round of what a registry is asked."""
    send = server.connection()
    group: dict[str, Any] = {"ModelPackageGroupName": GROUP}
    newest = group | {"MaxResults": 1, "SortBy": "CreationTime", "SortOrder": "Descending"}
    approved = newest | {"ModelApprovalStatus": "Approved"}
    found: list[dict[str, Any]] = []
    for _ in range(5):
        timed(
            rows, "first page", server, lambda: send("ListModelPackages", **group, MaxResults=PAGE)
        )
        timed(rows, "newest", server, lambda: found.append(send("ListModelPackages", **newest)))
        timed(rows, "newest approved", server, lambda: send("ListModelPackages", **approved))
        timed(rows, "groups", server, lambda: send("ListModelPackageGroups"))
    arn = found[-1]["ModelPackageSummaryList"][0]["ModelPackageArn"]
    for _ in range(20):
        timed(rows, "describe", server, lambda: send("DescribeModelPackage", ModelPackageName=arn))
    seen: list[int] = []
    timed(rows, "all pages", server, lambda: seen.append(all_pages(send, GROUP)))
    if seen[0] < versions:
        raise RuntimeError(f"{server.name}: {seen[0]} of {versions} versions listed")
    for _ in range(20):
        timed(rows, "create", server, lambda: send("CreateModelPackage", **VERSION))


def write_at_once(server: Server, each: int) -> int:
    """Let many write at once into a group of their own; returns how many versions were lost."""
    group = "writers"
    server.connection()("CreateModelPackageGroup", ModelPackageGroupName=group)

    def write(_: int) -> None:
        send = server.connection()
        for _ in range(each):
            # What the server fails to write is missing in the list below.
            with contextlib.suppress(RuntimeError):
                send("CreateModelPackage", **VERSION | {"ModelPackageGroupName": group})

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    return WRITERS * each - all_pages(server.connection(), group)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--versions", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rows: Rows = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as name, ours(Path(name) / "home") as us, moto() as them:
        for server in (us, them):
            started = time.perf_counter()
            fill(server, options.versions)
            took = (time.perf_counter() - started) * 1000
            rows[f"fill {options.versions}"][server.name].append(took)
        for _ in range(options.rounds):
            for server in (us, them):
                ask(server, rows, options.versions)
        lost = {}
        for server in (us, them):
            started = time.perf_counter()
            lost[server.name] = write_at_once(server, 100)
            took = (time.perf_counter() - started) * 1000
            rows[f"{WRITERS} writers"][server.name].append(took)
    print(f"{'median, ms':<20} {'ours':>10} {'moto':>10} {'moto/ours':>10}")
    for what, values in rows.items():
        mine, theirs = median(values["ours"]), median(values["moto"])
        print(f"{what:<20} {mine:>10.2f} {theirs:>10.2f} {theirs / mine:>10.2f}")
    print(f"versions lost by {WRITERS} writers: ours {lost['ours']}, moto {lost['moto']}")


if __name__ == "__main__":
    main()
