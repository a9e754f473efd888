"""The state folder: where it is, what lies in it, and who runs the server in it."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

MARKER = "# the state of a local SageMaker; safe to delete with `sagemaker-local reset`\n*\n"
_LOG_BYTES = 1_000_000
NO_LOOPBACK = "this machine has no loopback network; `ip link set lo up` starts it, as root"
SDK_CONFIG = """\
SchemaVersion: '1.0'
SageMaker:
  PythonSDK:
    Modules:
      TelemetryOptOut: true
"""


@dataclass(frozen=True)
class Running:
    """How to reach a running server: the content of `server.json`."""

    url: str
    pid: int
    access_key: str
    secret_key: str
    started: float


@dataclass(frozen=True)
class Home:
    """The state folder of one local SageMaker."""

    path: Path

    @property
    def database(self) -> Path:
        """The SQLite file with every resource."""
        return self.path / "state.db"

    @property
    def jobs(self) -> Path:
        """The private `/opt/ml` trees of jobs."""
        return self.path / "jobs"

    @property
    def endpoints(self) -> Path:
        """The unpacked models of endpoints."""
        return self.path / "endpoints"

    @property
    def logs(self) -> Path:
        """Log files: one folder a kind of job, and `server.log`."""
        return self.path / "logs"

    @property
    def objects(self) -> Path:
        """The bodies of S3 objects."""
        return self.path / "s3"

    @property
    def functions(self) -> Path:
        """The code of Lambda functions."""
        return self.path / "functions"

    @property
    def events(self) -> Path:
        """Every event that was published, one JSON document a line."""
        return self.path / "events.jsonl"

    @property
    def sdk_config(self) -> Path:
        """The configuration file that keeps the SageMaker SDK's telemetry at home."""
        return self.path / "sdk-config.yaml"

    @property
    def aws_config(self) -> Path:
        """The configuration file of AWS clients that are to see none of the user's; not there."""
        return self.path / "aws" / "config"

    @property
    def aws_credentials(self) -> Path:
        """The credentials file of such clients; not there either."""
        return self.path / "aws" / "credentials"

    @property
    def aws_models(self) -> Path:
        """What botocore loads before its own data: where `AWS_DATA_PATH` leads."""
        return self.path / "aws" / "models"

    @property
    def log(self) -> Path:
        """What the server prints."""
        return self.logs / "server.log"

    @property
    def is_ours(self) -> bool:
        """Whether the folder was made by the local SageMaker."""
        marker = self.path / ".gitignore"
        return marker.is_file() and marker.read_text() == MARKER

    def prepare(self) -> None:
        """Make the folder, readable by its owner only, and keep it out of git."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.is_ours:
            # From beside it, so that nobody ever sees the folder half marked.
            partial = self.path.parent / f".{self.path.name}.{os.getpid()}"
            put_text(self.path / ".gitignore", MARKER, partial)
        for folder in (self.jobs, self.endpoints, self.logs, self.objects, self.functions):
            folder.mkdir(exist_ok=True)
        if not self.sdk_config.exists() or self.sdk_config.read_text() != SDK_CONFIG:
            put_text(self.sdk_config, SDK_CONFIG)

    def remember_region(self, region: str) -> None:
        """Make a region the one that `sagemaker-local env` names from now on."""
        put_text(self.path / "region", region)

    def remembered_region(self) -> str:
        """Return the region that was named last; empty when none was."""
        try:
            return (self.path / "region").read_text()
        except OSError:
            return ""

    def trim_log(self) -> None:
        """Begin `server.log` anew when it is long."""
        trim(self.log, _LOG_BYTES)

    def clear(self) -> None:
        """Delete everything in the folder, and the folder."""
        shutil.rmtree(self.path)

    def read_running(self) -> Running | None:
        """Return what `server.json` says, which need not be true any more."""
        try:
            said = json.loads((self.path / "server.json").read_text())
            return Running(**{field.name: said[field.name] for field in fields(Running)})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write_running(self, running: Running, environment: Mapping[str, str]) -> None:
        """Publish how to reach the server, to this user only.

        Parameters
        ----------
        running : its address and keys.
        environment : the variables that lead AWS clients to it, for a program that finds it
            without a child process.
        """
        content = asdict(running) | {"environment": environment}
        partial = self.path / "server.json.part"
        partial.unlink(missing_ok=True)
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(content, file)
        partial.replace(self.path / "server.json")

    def forget_running(self) -> None:
        """Delete `server.json`: no server runs here any more."""
        (self.path / "server.json").unlink(missing_ok=True)

    @contextmanager
    def lock(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        """Hold one of the folder's locks; yields False when it is taken and `wait` is off.

        Raises
        ------
        OSError : there is no such folder, or it cannot be written to.
        """
        path = self.path / f"{name}.lock"
        while True:
            with path.open("a") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
                except BlockingIOError:
                    yield False
                    return
                # Whoever waited while the folder was deleted holds the lock of nothing.
                if _is_same(path, os.fstat(file.fileno())):
                    yield True
                    return

    @contextmanager
    def serving(self, seconds: float = 1) -> Iterator["Serving | None"]:
        """Be the server of this folder; yields None if there is one already.

        Parameters
        ----------
        seconds : how long to try: others may be looking, just now, whether there is one.
        """
        deadline = time.monotonic() + seconds
        while True:
            with self.lock("server", wait=False) as free:
                if free:
                    self._server_lock.write_text(str(os.getpid()))
                    yield Serving(self._server_lock, self._server_lock.stat())
                    return
            if time.monotonic() > deadline:
                yield None
                return
            time.sleep(0.02)

    def server_pid(self) -> int | None:
        """Return the pid of the server of this folder, None if there is none.

        In the moment when a server begins it is 0, or that of the one before.
        """
        try:
            with self._server_lock.open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(file.read() or 0)
                return None
        except OSError:
            return None

    @property
    def _server_lock(self) -> Path:
        return self.path / "server.lock"


@dataclass(frozen=True)
class Serving:
    """The lock that the server of a folder holds."""

    path: Path
    status: os.stat_result

    @property
    def holds(self) -> bool:
        """Whether the folder is still there, and this server still its own."""
        return _is_same(self.path, self.status)


def _is_same(path: Path, status: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), status)
    except (FileNotFoundError, NotADirectoryError):
        return False


def trim(path: Path, most: int) -> bool:
    """Begin a file anew when it is long; what was in it is in one with `.1` at its name's end then.

    Who prints into it goes on with the same file, so that is what gets empty.

    Parameters
    ----------
    path : the file, which need not be there.
    most : how long it may be, in bytes.

    Returns
    -------
    Whether it was begun anew.
    """
    if not path.exists() or path.stat().st_size <= most:
        return False
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    os.truncate(path, 0)
    return True


def put_text(path: Path, text: str, partial: Path | None = None) -> None:
    """Write a file that is there as a whole or not at all.

    Parameters
    ----------
    path : the file.
    text : what is to be in it.
    partial : where it is written before it is moved; default beside it.
    """
    partial = partial or path.with_name(f"{path.name}.{os.getpid()}")
    try:
        partial.write_text(text)
        partial.replace(path)
    finally:
        # On a full disk each attempt would leave another one.
        partial.unlink(missing_ok=True)


def find_home(
    explicit: str | None, environment: Mapping[str, str], here: Path, python: str
) -> Home:
    """Return the state folder that a command acts on: named, else that of a project.

    The project is the one whose environment the command is installed in, as that of any other
    command of it is, wherever it is typed; without one it is the nearest above the working
    directory.

    Parameters
    ----------
    explicit : the value of `--home`.
    environment : its variable `SAGEMAKER_LOCAL_HOME` counts without that.
    here : the working directory.
    python : the folder of the Python environment, `sys.prefix`.
    """
    chosen = explicit or environment.get("SAGEMAKER_LOCAL_HOME")
    if chosen:
        return Home(Path(chosen).expanduser().resolve())
    folders = (Path(python).parent, here, *here.parents)
    roots = (folder for folder in folders if (folder / "pyproject.toml").is_file())
    return Home(next(roots, here) / ".sagemaker-local")
