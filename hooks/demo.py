# /// script
# requires-python = ">=3.11"
# dependencies = ["copier>=9.19"]
#
# [tool.uv]
# exclude-newer = "2026-11-20T00:00:00Z"
# ///
"""Copies a project with the default answers into a new folder and runs its demo there."""

import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import copier
from copier.errors import DirtyLocalWarning

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Exit with the demo's own exit code; 2 when the folder cannot be used."""
    if len(sys.argv) > 2 or sys.argv[1:2] in (["-h"], ["--help"]):
        print("usage: uv run hooks/demo.py [FOLDER]   (default: my-project beside this folder)")
        raise SystemExit(0 if len(sys.argv) == 2 else 2)
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) == 2 else ROOT.parent / "my-project"
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        print(f"error: {folder} is not empty; name another folder", file=sys.stderr)
        raise SystemExit(2)
    print(f"$ copier copy --defaults {ROOT} {folder}", flush=True)
    started = time.monotonic()
    # The newest state of this clone, not its newest release.
    with warnings.catch_warnings(action="ignore", category=DirtyLocalWarning):
        copier.run_copy(str(ROOT), folder, defaults=True, vcs_ref="HEAD", quiet=True)
    print(f"  {time.monotonic() - started:.1f} s", flush=True)
    print(f"$ cd {folder}\n$ uv run demo", flush=True)
    environment = {**os.environ}
    # This script's own environment is not the project's.
    environment.pop("VIRTUAL_ENV", None)
    done = subprocess.run(["uv", "run", "demo"], cwd=folder, env=environment, check=False)
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
