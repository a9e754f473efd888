"""What the environment decides about how jobs and model servers run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

WORKERS = "SAGEMAKER_LOCAL_WORKERS"
IN_IMAGES = "docker"
WAIT_SCALE = "SAGEMAKER_LOCAL_WAIT_SCALE"


class SettingsError(Exception):
    """A variable has a wrong value; the message says which and what it may be."""


@dataclass(frozen=True)
class Settings:
    """The settings of one server, see the README.

    Attributes
    ----------
    warm : whether Python scripts run in a process that has imported what data science needs.
    in_images : whether training and processing jobs run in their images.
    wait_scale : what the waits that AWS prescribes are multiplied by.
    """

    warm: bool = True
    in_images: bool = False
    wait_scale: float = 1.0

    def scaled(self, seconds: float) -> float:
        """Return how long a wait of AWS's takes here, in seconds."""
        return seconds * self.wait_scale


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings that an environment asks for.

    Raises
    ------
    SettingsError : a value is wrong.
    """
    workers = environment.get(WORKERS) or "warm"
    if workers not in ("warm", "cold", IN_IMAGES):
        raise SettingsError(f"{WORKERS} is {workers!r}; it must be warm, cold or {IN_IMAGES}")
    text = environment.get(WAIT_SCALE) or "1"
    try:
        scale = float(text)
    except ValueError:
        scale = math.nan
    if not 0 <= scale < math.inf:
        raise SettingsError(f"{WAIT_SCALE} is {text!r}; it must be a number from 0 on")
    return Settings(warm=workers != "cold", in_images=workers == IN_IMAGES, wait_scale=scale)
