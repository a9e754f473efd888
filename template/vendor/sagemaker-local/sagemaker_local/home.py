"""The state folder: where it is, what lies in it, and who runs the server in it."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

MARKER = "# the state of a local SageMaker; safe to delete with `sagemaker-local reset`\n*\n"
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

    def environment(self, home: "Home", region: str) -> dict[str, str]:
        """Return the environment that points boto3 and the SageMaker SDK to the server alone."""
        return self.constants(home) | {"AWS_DEFAULT_REGION": region, "AWS_REGION": region}

    def constants(self, home: "Home") -> dict[str, str]:
        """Return the part of that environment that is the same in every region."""
        no_proxy = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_EC2_METADATA_DISABLED": "true",
            "SAGEMAKER_VALIDATE_ROLE": "false",
            "SAGEMAKER_USER_CONFIG_OVERRIDE": str(home.sdk_config),
            # A proxy of the environment must not be asked for an address on loopback.
            "NO_PROXY": ",".join(filter(None, (no_proxy, "127.0.0.1,localhost"))),
        }


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
    def events(self) -> Path:
        """Every event that was published, one JSON document a line."""
        return self.path / "events.jsonl"

    @property
    def sdk_config(self) -> Path:
        """The configuration file that keeps the SageMaker SDK's telemetry at home."""
        return self.path / "sdk-config.yaml"

    @property
    def is_ours(self) -> bool:
        """Whether the folder was made by the local SageMaker."""
        marker = self.path / ".gitignore"
        return marker.is_file() and marker.read_text() == MARKER

    def prepare(self) -> None:
        """Make the folder, readable by its owner only, and keep it out of git."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.is_ours:
            # Moved into place, so that nobody ever sees the folder half marked.
            partial = self.path.parent / f".{self.path.name}.{os.getpid()}"
            partial.write_text(MARKER)
            partial.replace(self.path / ".gitignore")
        for folder in (self.jobs, self.endpoints, self.logs, self.objects):
            folder.mkdir(exist_ok=True)
        self.sdk_config.write_text(SDK_CONFIG)

    def remember_region(self, region: str) -> None:
        """Make a region the one that `sagemaker-local env` names from now on."""
        partial = self.path / f"region.{os.getpid()}"
        partial.write_text(region)
        partial.replace(self.path / "region")

    def remembered_region(self) -> str:
        """Return the region that was named last; empty when none was."""
        try:
            return (self.path / "region").read_text()
        except OSError:
            return ""

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

    def write_running(self, running: Running) -> None:
        """Publish how to reach the server, to this user only.

        The environment is there for a program that finds the server without a child process.
        """
        content = asdict(running) | {"environment": running.constants(self)}
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
        """Hold one of the folder's locks; yields False when it is taken and `wait` is off."""
        with open(self.path / f"{name}.lock", "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
            else:
                yield True


def find_home(explicit: str | None) -> Home:
    """Return the state folder that a command acts on.

    Parameters
    ----------
    explicit : the value of `--home`; without it the environment variable
        `SAGEMAKER_LOCAL_HOME` counts, and without that `.sagemaker-local` beside the nearest
        `pyproject.toml` above the working directory.
    """
    chosen = explicit or os.environ.get("SAGEMAKER_LOCAL_HOME")
    if chosen:
        return Home(Path(chosen).expanduser().resolve())
    here = Path.cwd()
    roots = [folder for folder in (here, *here.parents) if (folder / "pyproject.toml").is_file()]
    return Home((roots[0] if roots else here) / ".sagemaker-local")
