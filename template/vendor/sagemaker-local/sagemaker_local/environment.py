"""The variables that lead AWS clients to the server alone, and those that the server gets."""

import json
import os
import re
from collections.abc import Mapping

from sagemaker_local.home import Home, Running, put_text
from sagemaker_local.places import key_of, region_of

# What the machine's owner has set for programs in general; whatever else is in the environment may
# be a secret.
_FOR_PROGRAMS = re.compile(
    r"PATH|LANG|LANGUAGE|LC_\w+|TZ|TZDIR|TMPDIR|USER|LOGNAME|SHELL|VIRTUAL_ENV|LD_LIBRARY_PATH"
    r"|SSL_CERT_FILE|SSL_CERT_DIR|PYTHON\w+|(OMP|OPENBLAS|MKL)_NUM_THREADS"
)
_FOR_THE_ENGINE = re.compile(
    r"HOME|PATH|XDG_RUNTIME_DIR|DOCKER_(HOST|CONTEXT|CONFIG|TLS_VERIFY|CERT_PATH|API_VERSION)"
)
_FOR_THE_SERVER = re.compile(rf"SAGEMAKER_LOCAL_\w+|{_FOR_THE_ENGINE.pattern}")
_LEADS_ELSEWHERE = re.compile(r"AWS_\w+|SAGEMAKER_TRAINING_SESSION_(RUNTIME_)?ENDPOINT")
_LOOPBACK = ("127.0.0.1", "localhost")
_CLEAN = "SAGEMAKER_LOCAL_CLEAN"


def client_environment(home: Home, running: Running, region: str) -> dict[str, str]:
    """Return the environment that points boto3 and the SageMaker SDK to the server alone.

    Every other variable whose name starts with `AWS_` is to be removed: see `misleading`.
    """
    name = region_of(region)
    regions = {"AWS_DEFAULT_REGION": name, "AWS_REGION": name}
    keys = {"AWS_ACCESS_KEY_ID": key_of(region, running.access_key)}
    return regionless_environment(home, running) | regions | keys


def regionless_environment(home: Home, running: Running) -> dict[str, str]:
    """Return the part of `client_environment` that is the same in every region."""
    # A proxy must not be asked for an address on loopback; of the two spellings the lower one wins.
    spared = (os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or "").split(",")
    no_proxy = ",".join(filter(None, dict.fromkeys((*spared, *_LOOPBACK))))
    return {
        "AWS_ENDPOINT_URL": running.url,
        # Nor may what stands in the user's files lead elsewhere, or keep from coming here.
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_CONFIG_FILE": str(home.aws_config),
        "AWS_SHARED_CREDENTIALS_FILE": str(home.aws_credentials),
        "AWS_DATA_PATH": str(home.aws_models),
        "AWS_ACCESS_KEY_ID": running.access_key,
        "AWS_SECRET_ACCESS_KEY": running.secret_key,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAGEMAKER_VALIDATE_ROLE": "false",
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": str(home.sdk_config),
        "SAGEMAKER_USER_CONFIG_OVERRIDE": str(home.sdk_config),
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }


def misleading(environment: Mapping[str, str], ours: Mapping[str, str]) -> list[str]:
    """Return the names in an environment that would lead AWS clients elsewhere, beside ours."""
    return sorted(
        name for name in environment if name not in ours and _LEADS_ELSEWHERE.fullmatch(name)
    )


def program_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the part of an environment that any program may see: it holds no secrets."""
    return {name: value for name, value in environment.items() if _FOR_PROGRAMS.fullmatch(name)}


def engine_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the part of an environment that leads to a container engine."""
    return {name: value for name, value in environment.items() if _FOR_THE_ENGINE.fullmatch(name)}


def server_environment(home: Home, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that the server is to be started with.

    What a process was started with is there for all it starts, whatever it deletes later: Linux
    shows it in `/proc`. So the user's keys and tokens must not be in it.
    """
    settings = {
        name: value for name, value in environment.items() if _FOR_THE_SERVER.fullmatch(name)
    }
    own = {
        "AWS_CONFIG_FILE": str(home.aws_config),
        "AWS_SHARED_CREDENTIALS_FILE": str(home.aws_credentials),
        _CLEAN: "1",
    }
    return program_environment(environment) | settings | own


def is_clean(environment: Mapping[str, str]) -> bool:
    """Return whether this process was started with a `server_environment`."""
    return _CLEAN in environment


def write_models(home: Home, running: Running) -> None:
    """Have botocore lead STS to the server, also where a client names AWS's own address.

    The SageMaker SDK does: its `Session` asks `https://sts.<region>.amazonaws.com` for the account,
    whatever the environment says (`sagemaker.core.helper.session_helper`). botocore looks for the
    rules of a service's address in `AWS_DATA_PATH` before its own data, and rules may leave out
    what the client was given.
    """
    rules = {
        "version": "1.0",
        "parameters": {
            "Region": {"builtIn": "AWS::Region", "required": False, "type": "String"},
            "Endpoint": {"builtIn": "SDK::Endpoint", "required": False, "type": "String"},
        },
        "rules": [{"type": "endpoint", "conditions": [], "endpoint": {"url": running.url}}],
    }
    folder = home.aws_models / "sts" / "2011-06-15"
    folder.mkdir(parents=True, exist_ok=True)
    put_text(folder / "endpoint-rule-set-1.json", json.dumps(rules))
