"""The settings that the environment makes, and what is said when it makes them wrong."""

import pytest
from kit import Local

from sagemaker_local.processes.settings import Settings, SettingsError, read_settings


def test_defaults_are_warm_starts_and_the_waits_of_aws():
    assert read_settings({}) == Settings(warm=True, wait_scale=1, clock=60)
    assert read_settings({}).scaled(120) == 120
    assert read_settings({}).clocked(3600) == 60


def test_values():
    asked = {"SAGEMAKER_LOCAL_WORKERS": "cold", "SAGEMAKER_LOCAL_WAIT_SCALE": "0.05"}
    assert read_settings(asked) == Settings(warm=False, wait_scale=0.05)
    assert read_settings(asked).scaled(120) == 6
    assert read_settings({"SAGEMAKER_LOCAL_CLOCK": "1200"}).clocked(3600) == 3
    assert read_settings({"SAGEMAKER_LOCAL_WORKERS": "docker"}) == Settings(in_images=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SAGEMAKER_LOCAL_WORKERS", "hot"),
        ("SAGEMAKER_LOCAL_WAIT_SCALE", "fast"),
        ("SAGEMAKER_LOCAL_WAIT_SCALE", "-1"),
        ("SAGEMAKER_LOCAL_WAIT_SCALE", "inf"),
        ("SAGEMAKER_LOCAL_WAIT_SCALE", "nan"),
        ("SAGEMAKER_LOCAL_CLOCK", "0"),
        ("SAGEMAKER_LOCAL_CLOCK", "soon"),
    ],
)
def test_a_wrong_value_is_named_with_those_that_may_be(name, value):
    with pytest.raises(SettingsError, match=f"{name} is '{value}'; it must be"):
        read_settings({name: value})


def test_a_server_with_a_wrong_setting_does_not_start_and_says_why(tmp_path):
    local = Local(tmp_path / "home", SAGEMAKER_LOCAL_WORKERS="hot")
    done = local.command("up")
    assert done.returncode == 1
    log = (local.home / "logs" / "server.log").read_text()
    assert "SAGEMAKER_LOCAL_WORKERS is 'hot'; it must be warm, cold or docker" in log
    assert "Traceback" not in log
