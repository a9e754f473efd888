"""Measures what S3 costs the server: `uv run python tests/benchmarks/s3.py`.

Prints how much more memory than before the server takes at most while an object travels, and how
long the first answer of S3 takes after a restart with all objects there, beside an empty server.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from boto3.s3.transfer import TransferConfig

sys.path[:0] = [str(Path(__file__).parents[1] / "local_sagemaker")]

from kit import BUCKET, Local  # type: ignore[import-not-found]  # noqa: E402

MB = 1 << 20
Rows = dict[str, list[float]]


class Memory:
    """Watches how much memory a process takes.

    Parameters
    ----------
    pid : which process.
    """

    def __init__(self, pid: int) -> None:
        self._path = Path(f"/proc/{pid}/status")
        self._most = 0.0

    def now(self) -> float:
        """Return its resident memory without shared files, in MB."""
        lines = dict(line.split(":", 1) for line in self._path.read_text().splitlines())
        return float(lines["RssAnon"].split()[0]) / 1024

    def most(self, action: Callable[[], object]) -> float:
        """Return by how many MB it grows at most during a call."""
        before, done = self.now(), threading.Event()
        self._most = before

        def watch() -> None:
            while not done.wait(0.005):
                self._most = max(self._most, self.now())

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            action()
        finally:
            done.set()
            thread.join()
        return self._most - before


def big_file(path: Path, size: int) -> None:
    """Write a file whose blocks differ."""
    with path.open("wb") as file:
        for number in range(size):
            file.write(number.to_bytes(8, "big") * (MB // 8))


def transfers(local: Any, folder: Path, size: int, rows: Rows) -> None:
    """Add what moving a file of so many MB there, about and back costs, then what is left."""
    memory = Memory(local.status["pid"])
    s3, big, back = local.s3, folder / "big.bin", folder / "back.bin"
    s3.list_buckets()
    before = memory.now()
    whole = TransferConfig(multipart_threshold=2 * size * MB)
    source = {"Bucket": BUCKET, "Key": "parts.bin"}
    for what, action in {
        "upload in parts": lambda: s3.upload_file(str(big), BUCKET, "parts.bin"),
        "upload in one": lambda: s3.upload_file(str(big), BUCKET, "one.bin", Config=whole),
        "copy": lambda: s3.copy_object(Bucket=BUCKET, Key="copy.bin", CopySource=source),
        "copy in parts": lambda: s3.copy(source, BUCKET, "copies.bin"),
        "download in ranges": lambda: s3.download_file(BUCKET, "one.bin", str(back)),
        "download in one": lambda: s3.download_file(BUCKET, "parts.bin", str(back), Config=whole),
    }.items():
        started = time.perf_counter()
        grown = memory.most(action)
        rows[f"{what}, s"].append(time.perf_counter() - started)
        rows[f"{what}, MB more"].append(grown)
    if back.read_bytes() != big.read_bytes():
        raise RuntimeError("what came back is not what was sent")
    back.unlink()
    rows["afterwards, MB more"].append(memory.now() - before)


def restart(local: Any, what: str, rows: Rows) -> None:
    """Add how long `up` and the first answers after it take."""
    local.down()
    started = time.perf_counter()
    local.up()
    rows[f"up, {what}, s"].append(time.perf_counter() - started)
    s3 = local.s3
    firsts: dict[str, Callable[[], object]] = {
        "first object": lambda: s3.head_object(Bucket=BUCKET, Key="first"),
        "first bucket": lambda: s3.head_bucket(Bucket=BUCKET),
        "first list of buckets": s3.list_buckets,
    }
    for name, action in firsts.items():
        started = time.perf_counter()
        action()
        rows[f"{name}, {what}, s"].append(time.perf_counter() - started)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--objects", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows: Rows = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        big_file(folder / "big.bin", options.megabytes)
        local = Local(folder / "home").up()
        try:
            local.s3.create_bucket(Bucket=BUCKET)
            local.s3.put_object(Bucket=BUCKET, Key="first", Body=b"")
            for _ in range(options.rounds):
                restart(local, "empty", rows)
            for _ in range(options.rounds):
                transfers(local, folder, options.megabytes, rows)
            for number in range(options.objects):
                local.s3.put_object(Bucket=BUCKET, Key=f"small/{number}", Body=b"small")
            for _ in range(options.rounds):
                restart(local, "full", rows)
        finally:
            local.down()
    for what, values in rows.items():
        print(f"{what:<28} {median(values):>8.2f}")


if __name__ == "__main__":
    main()
