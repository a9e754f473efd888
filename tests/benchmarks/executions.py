"""Measures whether earlier executions of a pipeline slow later ones.

Run as `uv run python tests/benchmarks/executions.py`. Prints how long StartPipelineExecution takes,
and how long until the execution has ended, in a server that has run many and in one that has run
few, asked in turns, and how much slower the first of them is.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1] / "local_sagemaker")]

from kit import ROLE, Local  # type: ignore[import-not-found]  # noqa: E402

COMPARED = 100
DEFINITION = {
    "Version": "2020-12-01",
    "Parameters": [],
    "Steps": [
        {
            "Name": "Choose",
            "Type": "Condition",
            "Arguments": {
                "Conditions": [{"Type": "Equals", "LeftValue": 1, "RightValue": 1}],
                "IfSteps": [],
                "ElseSteps": [],
            },
        }
    ],
}


def run(local: Any) -> tuple[float, float]:
    """Run the pipeline; returns how long its start and all of it took, in milliseconds."""
    begin = time.perf_counter()
    arn = local.sm.start_pipeline_execution(PipelineName="p")["PipelineExecutionArn"]
    started = time.perf_counter()
    asked = {"PipelineExecutionArn": arn}
    while local.sm.describe_pipeline_execution(**asked)["PipelineExecutionStatus"] == "Executing":
        time.sleep(0.001)
    return (started - begin) * 1000, (time.perf_counter() - begin) * 1000


def server(folder: Path) -> Any:
    """Start a local SageMaker with a pipeline that has run a few times."""
    local = Local(folder).up()
    text = json.dumps(DEFINITION)
    local.sm.create_pipeline(PipelineName="p", PipelineDefinition=text, RoleArn=ROLE)
    for _ in range(COMPARED):
        run(local)
    return local


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--executions", type=int, default=5_000)
    count = parser.parse_args().executions
    with tempfile.TemporaryDirectory() as name:
        few, many = server(Path(name) / "few"), server(Path(name) / "many")
        try:
            for _ in range(count):
                run(many)
            runs = [(*run(few), *run(many)) for _ in range(COMPARED)]
        finally:
            few.down()
            many.down()
    start_few, whole_few, start_many, whole_many = map(median, zip(*runs, strict=True))
    print(f"{'median, ms':<12} {'few':>8} {'many':>8} {'many/few':>10}")
    print(f"{'start':<12} {start_few:>8.2f} {start_many:>8.2f} {start_many / start_few:>10.2f}")
    print(f"{'whole':<12} {whole_few:>8.2f} {whole_many:>8.2f} {whole_many / whole_few:>10.2f}")


if __name__ == "__main__":
    main()
