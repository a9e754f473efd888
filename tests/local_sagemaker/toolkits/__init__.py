"""Runs scripts and artefacts under the training and serving toolkits that AWS publishes."""

import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path(__file__).parents[3] / ".cache" / "toolkits"
_NO_INDEX = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_INDEX_URL": "http://127.0.0.1:9/",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
}
"""Variables that lead whatever asks a package index to a port on which nobody listens."""

_OUTER = ("AWS_", "PIP_", "PYTHON", "SAGEMAKER_", "SM_", "UV_", "VIRTUAL_ENV")


def lacking():
    """Return what this machine lacks to run the toolkits; empty when it lacks nothing."""
    if _python() is None:
        return "there is no Python 3.12, which the container has"
    if shutil.which("nginx") is None:
        return "there is no nginx, which the container has; `apt-get install nginx-light`"
    return ""


def environment():
    """Return the folder of an environment with what the container has; make it when needed."""
    requirements = HERE / "requirements.txt"
    key = hashlib.sha256(requirements.read_bytes() + _python().encode()).hexdigest()[:16]
    folder = CACHE / key
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "complete"
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            run = {"check": True, "cwd": CACHE}
            subprocess.run(["uv", "venv", "--quiet", "--python", _python(), folder], **run)
            install = ["uv", "pip", "install", "--quiet", "--python", folder / "bin" / "python"]
            subprocess.run([*install, "--requirement", requirements], **run)
            subprocess.run([*install, "--no-deps", "sagemaker-containers==2.8.6.post2"], **run)
            # As the container's own build does it: the name moved in Python 3.10.
            (mapping,) = folder.glob("lib/*/site-packages/sagemaker_containers/_mapping.py")
            mapping.write_text(
                mapping.read_text().replace("collections.Mapping", "collections.abc.Mapping")
            )
            done.touch()
    return folder


def _python():
    # With pyenv, its shims say which Python they stand for only when one is asked for.
    asked = {**os.environ, "PYENV_VERSION": "3.12"}
    found = subprocess.run(
        ["uv", "python", "find", "--no-project", "3.12"], env=asked, capture_output=True, text=True
    )
    return found.stdout.strip() or None


def _variables(opt_ml, more):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_OUTER)}
    return {
        **clean,
        "PATH": f"{environment() / 'bin'}{os.pathsep}{clean['PATH']}",
        "SAGEMAKER_BASE_DIR": str(opt_ml),
        "AWS_DEFAULT_REGION": "us-east-1",
        # The toolkit waits for the DNS to know the cluster's hosts, except when told this.
        "SM_STUDIO_LOCAL_MODE": "true",
        "HOME": str(opt_ml),
        **_NO_INDEX,
        **more,
    }


def train(opt_ml, code, hyperparameters, channels, instance_type="ml.m5.large", **variables):
    """Run the training toolkit on a tree like `/opt/ml`; return how its process ended.

    Parameters
    ----------
    opt_ml : the folder to make the tree in.
    code : files by name; the first is what runs.
    hyperparameters : as a training job's request has them, all texts.
    channels : folders by channel.
    """
    config = opt_ml / "input" / "config"
    config.mkdir(parents=True)
    for folder in ("model", "output/data", "input/data"):
        (opt_ml / folder).mkdir(parents=True)
    for name, folder in channels.items():
        shutil.copytree(folder, opt_ml / "input" / "data" / name)
    source = opt_ml / "source.tar.gz"
    with tarfile.open(source, "w:gz") as archive:
        for name, path in code.items():
            archive.add(path, name)
    script = {"sagemaker_program": next(iter(code)), "sagemaker_submit_directory": str(source)}
    cluster = {
        "current_host": "algo-1",
        "current_instance_type": instance_type,
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1"],
        "instance_groups": [
            {
                "instance_group_name": "homogeneousCluster",
                "instance_type": instance_type,
                "hosts": ["algo-1"],
            }
        ],
        "network_interface_name": "lo",
    }
    data = {
        name: {
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
        for name in channels
    }
    for name, content in (
        ("hyperparameters", {**script, **hyperparameters}),
        ("inputdataconfig", data),
        ("resourceconfig", cluster),
    ):
        (config / f"{name}.json").write_text(json.dumps(content))
    # The command `train` is either toolkit's, whichever was installed last.
    return subprocess.run(
        [environment() / "bin" / "python", "-m", "sagemaker_training.cli.train"],
        env=_variables(opt_ml, {"TRAINING_JOB_NAME": "job", **variables}),
        cwd=opt_ml,
        capture_output=True,
        text=True,
        timeout=120,
    )


class Server:
    """The serving toolkit with a model, nginx before gunicorn, on a free port of loopback.

    Parameters
    ----------
    model_dir : the unpacked artefact, with its code in `code/`.
    variables : the model's own environment.
    """

    def __init__(self, model_dir, variables):
        # nginx drops its rights, and a socket's path may not be long.
        self.folder = Path(tempfile.mkdtemp(prefix="toolkit-"))
        self.folder.chmod(0o711)
        opt_ml = self.folder / "opt_ml"
        shutil.copytree(model_dir, opt_ml / "model")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        given = {
            "SAGEMAKER_BIND_TO_PORT": f"127.0.0.1:{self.port}",
            "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
            "PYTHONPATH": str(HERE),
            **{k: v.replace("/opt/ml", str(opt_ml)) for k, v in variables.items()},
        }
        # What `pip install .` installs must not stay in the environment that all share.
        site = self.folder / "site"
        site.mkdir()
        given |= {"PIP_TARGET": str(site), "PYTHONPATH": f"{HERE}{os.pathsep}{site}"}
        self.log = self.folder / "log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [environment() / "bin" / "python", HERE / "serve.py", self.folder],
                env=_variables(opt_ml, given),
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self):
        deadline = time.monotonic() + 60
        while self.ask("GET", "/ping")[0] != 200:
            ended = self._process.poll() is not None or time.monotonic() > deadline
            if ended:
                said = "".join(
                    line for line in self.log.open() if "/ping" not in line and "502" not in line
                )
                self.__exit__()
                raise AssertionError(f"the server does not answer:\n{said}")
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, method, path, body=b"", headers=()):
        """Return status, content type and body of an answer; status 0 when nobody answers."""
        body = body.encode() if isinstance(body, str) else body
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Content-Type", ""), answer.read()
        except OSError:
            return 0, "", b""
        finally:
            connection.close()
