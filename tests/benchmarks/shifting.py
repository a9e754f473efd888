"""Counts requests lost while traffic moves: `uv run python tests/benchmarks/shifting.py`.

Sends at least so many requests, four at a time, while an endpoint is updated again and again, in
turn all at once, as a canary, in linear steps and rolling. Exit code 1 if one request failed.
"""

import argparse
import itertools
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests/local_sagemaker")]

from kit import BUCKET, INFERENCE, Local  # type: ignore[import-not-found]  # noqa: E402


def policies() -> list[dict[str, object]]:
    """Return a deployment configuration of each kind, each with bakes of a fifth of a second."""

    def routing(kind: str, **sizes: object) -> dict[str, object]:
        asked = {"Type": kind, "WaitIntervalInSeconds": 120, **sizes}
        return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": asked}}

    size = {"Type": "CAPACITY_PERCENT", "Value": 20}
    rolling = {"MaximumBatchSize": size, "WaitIntervalInSeconds": 120}
    return [
        routing("ALL_AT_ONCE"),
        routing("CANARY", CanarySize=size),
        routing("LINEAR", LinearStepSize=size),
        {"RollingUpdatePolicy": rolling},
    ]


def main() -> int:
    """Measure, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=5000)
    least = parser.parse_args().requests
    answered: list[bytes] = []
    failed: list[Exception] = []
    done = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        local = Local(Path(folder) / "home").up()
        try:
            local.s3.create_bucket(Bucket=BUCKET)
            for name, factor in (("one", 1), ("two", 2)):
                local.deploy(name, INFERENCE, factor=factor)
            local.sm.create_endpoint(EndpointName="e", EndpointConfigName="one")
            local.wait_for_endpoint("e")

            def ask() -> None:
                while not done.is_set():
                    try:
                        answered.append(local.invoke("e", "[1]")["Body"].read())
                    except Exception as error:
                        failed.append(error)

            threads = [threading.Thread(target=ask) for _ in range(4)]
            for thread in threads:
                thread.start()
            updates = 0
            turns = zip(itertools.cycle(policies()), itertools.cycle(("two", "one")), strict=False)
            for policy, config in turns:
                local.sm.update_endpoint(
                    EndpointName="e", EndpointConfigName=config, DeploymentConfig=policy
                )
                assert local.wait_for_endpoint("e")["EndpointConfigName"] == config
                updates += 1
                if len(answered) + len(failed) >= least and updates % 4 == 0:
                    break
            done.set()
            for thread in threads:
                thread.join()
        finally:
            local.down()
    sent = len(answered) + len(failed)
    shares = {answer.decode(): answered.count(answer) for answer in set(answered)}
    print(f"{sent} requests over {updates} updates: {len(failed)} lost; answers {shares}")
    for error in failed[:5]:
        print(error)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
