"""Measures what a person waits for, in a fresh project: `uv run python tests/benchmarks/run.py`.

Prints a table of medians. Ratios are measured within one round: how much longer `ds run --local`
takes than the bare step scripts in processes of their own, and a command that only asks than
boto3 takes to make a SageMaker client.
"""

import argparse
import re
import shutil
import sys
import tarfile
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from projects import Runner, commit, copy, write_snapshot

Rows = dict[str, list[float]]
BACKGROUND_SECONDS = 4
PART = re.compile(r"^\[\d+/\d+\] (?P<title>.+)$|^\((?P<seconds>[\d.]+) s\)$")


def seconds(action: Callable[..., object], *arguments: object) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    action(*arguments)
    return time.perf_counter() - started


def demo(project: Path, run: Runner, rows: Rows) -> None:
    """Add the demo's duration, from an empty local SageMaker, and those of its parts."""
    shutil.rmtree(project / ".sagemaker-local-demo", ignore_errors=True)
    started = time.perf_counter()
    said = run.ok(project, "--no-sync", "demo")
    rows["demo"].append(time.perf_counter() - started)
    title = ""
    for found in filter(None, map(PART.match, said.splitlines())):
        if found["title"]:
            title = found["title"]
        else:
            rows[f"demo: {title}"].append(float(found["seconds"]))


def overhead(project: Path, run: Runner, rows: Rows) -> None:
    """Add how long a local run takes, warm and cold, beside its bare scripts by hand.

    The local SageMaker must be down before, and is down afterwards.
    """
    steps = project / "data_science" / "steps"

    def script(name: str, *arguments: object) -> None:
        run.ok(project, "--no-sync", "python", f"{steps / name}.py", *map(str, arguments))

    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        data, model = work / "data", work / "model"
        data.mkdir()
        shutil.copy(project / "data" / "dataset.csv", data)

        def bare() -> None:
            script("preprocess", "--input", data, "--output", work)
            script("train", "--train", work / "train", "--model-dir", model)
            (work / "artefact").mkdir()
            with tarfile.open(work / "artefact" / "model.tar.gz", "w:gz") as archive:
                archive.add(model, ".")
            test, output = work / "test", work / "evaluation"
            rules = ("--metric", "f1", "--threshold", "f1=0.9", "--positive", "malignant")
            judged = ("--test", test, "--output", output)
            script("evaluate", "--model", work / "artefact", *judged, *rules)

        alone = seconds(bare)
    rows["bare step scripts"].append(alone)
    for workers in ("warm", "cold"):
        run.ok(project, "--no-sync", "sagemaker-local", "up", SAGEMAKER_LOCAL_WORKERS=workers)
        # What it loads in the background is loaded before people have typed a command.
        time.sleep(BACKGROUND_SECONDS)
        local = seconds(run.ok, project, "--no-sync", "ds", "run", "--local")
        rows[f"ds run --local, {workers}"].append(local)
        rows[f"ds run --local, {workers} / bare step scripts"].append(local / alone)
        run.ok(project, "--no-sync", "sagemaker-local", "down")


def asking(project: Path, run: Runner, rows: Rows) -> None:
    """Add how long commands that only ask take, and how much that is beside a boto3 client."""
    code = "import boto3; boto3.client('sagemaker', region_name='us-east-1')"
    bare = seconds(run.ok, project, "--no-sync", "python", "-c", code)
    rows["boto3 client"].append(bare)
    for command in ("ds versions", "ops status", "project status"):
        waited = seconds(run.ok, project, "--no-sync", *command.split())
        rows[command].append(waited)
        rows[f"{command} / boto3 client"].append(waited / bare)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    rows: Rows = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "template").mkdir()
        write_snapshot(folder / "template")
        commit(folder / "template")
        run, project = Runner(folder / "venv"), folder / "project"
        rows["copy a project"].append(seconds(copy, folder / "template", project))
        rows["uv sync"].append(seconds(run.fill, project))
        # Every run of a step counts, so none may come from the cache.
        settings = project / "data_science" / "settings.yaml"
        settings.write_text(re.sub(r"cache_days: \d+", "cache_days: 0", settings.read_text()))
        for _ in range(rounds):
            for command in ("ds", "ops", "project"):
                waited = seconds(run.ok, project, "--no-sync", command, "--help")
                rows[f"{command} --help"].append(waited)
            demo(project, run, rows)
            run.ok(project, "--no-sync", "sagemaker-local", "up")
            asking(project, run, rows)
            run.ok(project, "--no-sync", "sagemaker-local", "down")
            overhead(project, run, rows)
    width = max(map(len, rows))
    print(f"{'median of ' + str(rounds) + ' rounds':<{width}}  {'s':>7}")
    for what, values in rows.items():
        print(f"{what:<{width}}  {median(values):>7.2f}")


if __name__ == "__main__":
    main()
