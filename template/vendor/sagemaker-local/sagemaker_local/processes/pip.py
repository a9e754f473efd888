"""Is the `pip` of a container: installs packages for one job, beside those of our Python.

A container is thrown away after its job, and so is what its pip installed. Here that lies in a
folder of the job's own, filled from a cache, and our Python's packages stay as they are. The work
is uv's. This file is run by itself: `python pip.py FOLDER CACHE install …`.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = "site"
"""Below a container's root: what its pip installed."""

_HOME = Path(pwd.getpwuid(os.getuid()).pw_dir)
_CACHE = Path(os.environ.get("SAGEMAKER_LOCAL_PACKAGES") or _HOME / ".cache" / "sagemaker-local")
# They say nothing of what is to be installed, and uv does not know all of them.
_WITHOUT_MEANING = re.compile(
    r"-q+|-v+|-U|--(quiet|verbose|upgrade|user|no-cache-dir|disable-pip-version-check"
    r"|no-warn-script-location|no-input|root-user-action=.*|progress-bar=.*)"
)
_SOURCE = re.compile(r"-i|-f|--(index-url|extra-index-url|no-index|find-links)")
# What uv says that it would install.
_NEW = re.compile(r"^ \+ (\S+)==(\S+?)(?: \(from (\S+)\))?$", re.MULTILINE)


def write_shim(tree: Path) -> None:
    """Let the commands of a container find this as `pip`, `pip3` and `python -m pip`.

    Parameters
    ----------
    tree : the folder that stands for the container's root.
    """
    site = tree / FOLDER
    argv = [sys.executable, __file__, str(site), str(_CACHE)]
    (tree / "bin").mkdir()
    (site / "pip").mkdir(parents=True)
    for name in ("pip", "pip3"):
        shim = tree / "bin" / name
        shim.write_text(f'#!/bin/sh\nexec {shlex.join(argv)} "$@"\n')
        shim.chmod(0o755)
    (site / "pip" / "__init__.py").write_text("")
    (site / "pip" / "__main__.py").write_text(
        f"import os, sys\nos.execv(sys.executable, [*{argv!r}, *sys.argv[1:]])\n"
    )


def main(site: Path, cache: Path, arguments: list[str]) -> int:
    """Do what a pip command asks for, and return its exit code.

    Parameters
    ----------
    site : where the packages shall appear.
    cache : where they are kept for the jobs to come.
    arguments : what follows `pip`.
    """
    if arguments[:1] == ["--version"]:
        print("pip, as far as the local SageMaker has it: `pip install` by uv")
        return 0
    if arguments[:1] == ["uninstall"]:
        return _uninstall([word for word in arguments[1:] if not word.startswith("-")])
    if arguments[:1] != ["install"]:
        return _failed(f"the local SageMaker has `pip install` alone, not pip {arguments[:1]}")
    uv = shutil.which("uv")
    if uv is None:
        return _failed("uv is not on the PATH; it installs what a job's pip is asked for")
    asked = [word for word in arguments[1:] if not _WITHOUT_MEANING.fullmatch(word)]
    cache.mkdir(parents=True, exist_ok=True)
    packages = cache / _key(asked)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not packages.is_dir():
            code = _install(uv, asked, packages)
            if code:
                return code
    for entry in packages.iterdir():
        with contextlib.suppress(FileExistsError):
            (site / entry.name).symlink_to(entry)
    return 0


def _uninstall(names: list[str]) -> int:
    """Do what pip does of packages that are not there: the SDK's `runproc.sh` asks for that."""
    for name in names:
        try:
            importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            print(f"WARNING: Skipping {name} as it is not installed.")
            continue
        return _failed(f"the local SageMaker cannot uninstall {name}: other jobs have it as well")
    return 0


def _key(asked: list[str]) -> str:
    """Return what is the same when the same would be installed."""
    ours = sorted(f"{one.name}=={one.version}" for one in importlib.metadata.distributions())
    digest = hashlib.sha256(f"{sys.executable}\0{asked}\0{ours}".encode())
    for path in _files(asked):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


def _files(asked: list[str]) -> list[Path]:
    names = (word.removeprefix("--requirement=").removeprefix("-r") for word in asked)
    return [path for path in map(Path, names) if path.is_file()]


def _sources(asked: list[str]) -> list[str]:
    """Return the options that say where packages come from, with their values."""
    found: list[str] = []
    for word, following in zip(asked, [*asked[1:], ""], strict=True):
        if _SOURCE.fullmatch(word.partition("=")[0]):
            found += [word] if "=" in word or word == "--no-index" else [word, following]
    return found


def _install(uv: str, asked: list[str], packages: Path) -> int:
    """Install what our Python lacks into a folder, whole or not at all."""
    ours = ["--python", sys.executable]
    planned = _run(uv, "install", "--dry-run", *ours, *asked)
    if planned.returncode:
        return _failed(planned.stderr)
    new = _NEW.findall(planned.stderr)
    unfinished = packages.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    if new:
        # Where they come from is said in the files, or on the command line.
        lines = [line for path in _files(asked) for line in path.read_text().splitlines()]
        wanted = [line for line in lines if _SOURCE.match(line)]
        wanted += [f"{name} @ {url}" if url else f"{name}=={version}" for name, version, url in new]
        exactly = packages.with_suffix(".txt")
        exactly.write_text("\n".join(wanted))
        into = ["--quiet", "--no-deps", "--target", str(unfinished), *ours, *_sources(asked)]
        done = _run(uv, "install", *into, "-r", str(exactly))
        if done.returncode:
            return _failed(done.stderr)
    unfinished.rename(packages)
    shown = ", ".join(f"{name} {version}" for name, version, _ in sorted(new))
    print(f"installed {shown or 'nothing: all of it is there'}", flush=True)
    return 0


def _run(uv: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    # uv's own settings, such as the package index, are the user's.
    environment = {**os.environ, "HOME": str(_HOME), "UV_PYTHON_DOWNLOADS": "never"}
    return subprocess.run(
        [uv, "pip", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def _failed(reason: str) -> int:
    said = " ".join(reason.split())
    print(f"ERROR: {re.sub(r'^Using Python .*? environment at: [^ ]+ (error: )?', '', said)}")
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
