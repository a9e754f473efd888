"""Finds the local SageMaker, starts it when it is not up, and points this process to it alone."""

import http.client
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from project.errors import ProjectError
from project.settings import ROOT

HOME = "SAGEMAKER_LOCAL_HOME"
"""The environment variable that names another state folder than the project's own."""
_LOOPBACK = ("127.0.0.1", "localhost")
_ANSWER_SECONDS = 5.0


def point_to_local_sagemaker(region: str) -> None:
    """Let every AWS client of this process, the SageMaker SDK's too, reach the local SageMaker.

    Parameters
    ----------
    region : the AWS region that clients ask for.

    Raises
    ------
    ProjectError : it is not installed, or it did not start.
    """
    home = Path(os.environ.get(HOME) or ROOT / ".sagemaker-local").expanduser()
    spared = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
    variables = _environment_of_running(home) or _start(home, region)
    # A profile, a session token or another endpoint would lead to a real account; so would what
    # stands in the configuration files, such as `ignore_configured_endpoint_urls`.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(variables)
    os.environ.update(
        AWS_DEFAULT_REGION=region,
        AWS_REGION=region,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    )
    # Both spellings: a proxy must not be asked for an address on loopback, and the lower one wins.
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(filter(None, (spared, *_LOOPBACK)))


def check_installed() -> None:
    """Refuse to go on where the local SageMaker is not installed.

    Raises
    ------
    ProjectError : says how to install it.
    """
    if importlib.util.find_spec("sagemaker_local") is None:
        raise ProjectError(
            "the local SageMaker is not installed; run `uv sync --group local`, "
            "or name AWS as the target with PROJECT_TARGET=aws"
        )


def loopback_endpoint() -> str | None:
    """Return the variable that points this shell's AWS clients to this machine, None if none does.

    `sagemaker-local env` prints such variables.
    """
    for name, value in os.environ.items():
        if name.startswith("AWS_ENDPOINT_URL") and urlsplit(value).hostname in _LOOPBACK:
            return name
    return None


def _environment_of_running(home: Path) -> dict[str, str] | None:
    """Return the variables that lead to the server of a state folder, None when it is not up.

    A command that only asks would wait for the start of a child process, `sagemaker-local up`,
    longer than for its answer. Who answers with the recorded process number to the recorded key
    is that server.
    """
    try:
        record = json.loads((home / "server.json").read_text("utf-8"))
        variables = {str(key): str(value) for key, value in record["environment"].items()}
        status = _status(record["url"], record["access_key"])
        # Of one whose code was replaced `sagemaker-local up` says what to do.
        alive = status["pid"] == record["pid"] and not status.get("outdated", True)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, http.client.HTTPException):
        return None
    return variables if alive else None


def _status(url: str, access_key: str) -> Any:
    """Return what the server at an address says of itself to the holder of its key."""
    address = urlsplit(url)
    if address.hostname not in _LOOPBACK:
        raise ValueError(f"{url} is not on this machine")
    scope = f"Credential={access_key}/20000101/us-east-1/sagemaker-local/aws4_request"
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", "/", headers={"Authorization": f"AWS4-HMAC-SHA256 {scope}"})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def _start(home: Path, region: str) -> dict[str, str]:
    check_installed()
    options = ["--json", "--home", str(home), "--region", region]
    done = subprocess.run(
        [sys.executable, "-m", "sagemaker_local", "up", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().removeprefix("sagemaker-local: ")
        raise ProjectError(f"the local SageMaker cannot be used: {said}")
    print(done.stderr, end="", file=sys.stderr)
    variables: dict[str, str] = json.loads(done.stdout)
    return variables
