"""Measures start and idle memory beside moto's server: `uv run python tests/benchmarks/start.py`.

Both are started in turns, in this one run. Prints medians of the seconds until a first answer (of
ours from the typing of `sagemaker-local up` on), until S3 answers too, and of the memory of the
server and all it started, 8 s later: what each process has for itself, and its share of the rest.
"""

import argparse
import contextlib
import http.client
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

sys.path[:0] = [str(Path(__file__).parents[1] / "local_sagemaker")]

from kit import Local  # type: ignore[import-not-found]  # noqa: E402

IDLE_SECONDS = 8
Rows = dict[str, dict[str, list[float]]]


def answers(url: str, key: str, service: str) -> bool:
    """Return whether a server answers ListModels or ListBuckets."""
    address = urlsplit(url).netloc
    scope = f"Credential={key}/20260101/us-east-1/{service}/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-amz-json-1.1",
        "Host": address,
    }
    method = "GET"
    if service == "sagemaker":
        method, headers["X-Amz-Target"] = "POST", "SageMaker.ListModels"
    connection = http.client.HTTPConnection(address, timeout=60)
    with contextlib.closing(connection), contextlib.suppress(OSError):
        connection.request(method, "/", body=b"{}" if method == "POST" else None, headers=headers)
        return connection.getresponse().status == 200
    return False


def family(pid: int) -> list[int]:
    """Return a process and all that it started."""
    done = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
    rows = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    found = [pid]
    for parent in found:
        found += [child for child, its_parent in rows if its_parent == parent]
    return found


def megabytes(pid: int) -> float:
    """Return the memory of a process and all that it started (Linux: proportional set size)."""
    total = 0
    for one in family(pid):
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in text.splitlines() if line[:4] == "Pss:")
    return total / 1024


@contextlib.contextmanager
def ours(folder: Path, workers: str) -> Iterator[tuple[str, str, int]]:
    """Run a local SageMaker; gives its address, key and process."""
    local = Local(folder, SAGEMAKER_LOCAL_WORKERS=workers).up()
    try:
        yield local.variables["AWS_ENDPOINT_URL"], local.variables["AWS_ACCESS_KEY_ID"], local.pid
    finally:
        local.down()


@contextlib.contextmanager
def moto() -> Iterator[tuple[str, str, int]]:
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
        yield f"http://127.0.0.1:{port}", "AKIAMOTO", process.pid
    finally:
        process.terminate()
        process.wait()


def measure(rounds: int, folder: Path) -> Rows:
    """Start each server so often; returns what was measured by what it is, then by the server."""
    rows: Rows = defaultdict(lambda: defaultdict(list))
    for number in range(rounds):
        for name in ("moto", "warm", "cold"):
            began = time.perf_counter()
            with moto() if name == "moto" else ours(folder / f"{name}-{number}", name) as server:
                url, key, pid = server
                for what, service in (("first answer, s", "sagemaker"), ("S3 too, s", "s3")):
                    while not answers(url, key, service):
                        time.sleep(0.005)
                    rows[what][name].append(time.perf_counter() - began)
                time.sleep(IDLE_SECONDS)
                rows["idle memory, MB"][name].append(megabytes(pid))
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        rows = measure(rounds, Path(name))
    print(f"{'median of ' + str(rounds):<18} {'moto':>8} {'warm':>8} {'cold':>8} {'warm/moto':>10}")
    for what, values in rows.items():
        seen = {name: median(found) for name, found in values.items()}
        columns = " ".join(f"{seen[name]:>8.2f}" for name in ("moto", "warm", "cold"))
        print(f"{what:<18} {columns} {seen['warm'] / seen['moto']:>10.2f}")


if __name__ == "__main__":
    main()
