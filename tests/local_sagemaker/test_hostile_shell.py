"""A shell that leads to a real account, and secrets in it: neither reaches where it must not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kit import Local, wait_until

GUARD = Path(__file__).parent / "loopback_only"
CLIENT = """
import boto3, json
print(json.dumps({
    "account": boto3.client("sts").get_caller_identity()["Account"],
    "buckets": [b["Name"] for b in boto3.client("s3").list_buckets()["Buckets"]],
    "projects": boto3.client("sagemaker").list_projects()["ProjectSummaryList"],
}))
"""
HOSTILE = {
    "AWS_PROFILE": "production",
    "AWS_DEFAULT_PROFILE": "production",
    "AWS_SESSION_TOKEN": "token-of-a-real-account",
    "AWS_ENDPOINT_URL_S3": "http://192.0.2.1",
    "AWS_ENDPOINT_URL_SAGEMAKER": "http://192.0.2.1",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/production",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/token",
    "AWS_CA_BUNDLE": "/no/such/bundle.pem",
    "HTTP_PROXY": "http://192.0.2.1:3128",
}
CONFIG = """
[profile production]
region = eu-west-3
ignore_configured_endpoint_urls = true
services = elsewhere
[default]
ignore_configured_endpoint_urls = true
services = elsewhere
[services elsewhere]
sts =
  endpoint_url = http://192.0.2.1
"""


@pytest.fixture
def home(tmp_path):
    local = Local(tmp_path / "state")
    yield local
    local.down()


def test_a_hostile_shell_is_led_to_the_local_server_alone(home, tmp_path):
    (tmp_path / "user" / ".aws").mkdir(parents=True)
    (tmp_path / "user" / ".aws" / "config").write_text(CONFIG)
    violations = tmp_path / "violations"
    violations.touch()
    command = f"{sys.executable} -m sagemaker_local env --home {home.home}"
    script = f'eval "$({command})"; exec {sys.executable} -c "$CLIENT"'
    done = subprocess.run(
        ["sh", "-c", script],
        env={
            **home.environment,
            **HOSTILE,
            "HOME": str(tmp_path / "user"),
            "PYTHONPATH": f"{GUARD}{os.pathsep}{home.environment['PYTHONPATH']}",
            "PYTHON_LOOPBACK_VIOLATIONS": str(violations),
            "CLIENT": CLIENT,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"account": "123456789012", "buckets": [], "projects": []}
    assert violations.read_text() == ""


def test_a_friendly_shell_has_nothing_to_unset(home):
    assert "unset" not in home.command("env").stdout


@pytest.mark.parametrize("command", ["up", "serve"])
def test_the_server_is_started_without_secrets(home, command):
    secrets = {"GITHUB_TOKEN": "planted-token", "AWS_SECRET_ACCESS_KEY": "planted-key"}
    home.environment |= secrets
    if command == "up":
        home.up()
        pid = home.status["pid"]
    else:
        process = subprocess.Popen(
            [sys.executable, "-m", "sagemaker_local", "serve", "--home", str(home.home)],
            env=home.environment,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: home.status["up"], bool)
        pid = home.status["pid"]
        # It was started anew under the same number.
        assert pid == process.pid
    assert b"planted" not in Path(f"/proc/{pid}/environ").read_bytes()
    home.down()
