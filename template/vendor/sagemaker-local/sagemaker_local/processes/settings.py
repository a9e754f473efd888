"""What the environment decides about how jobs and model servers run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

WORKERS = "SAGEMAKER_LOCAL_WORKERS"
IN_IMAGES = "docker"
WAIT_SCALE = "SAGEMAKER_LOCAL_WAIT_SCALE"
CLOCK = "SAGEMAKER_LOCAL_CLOCK"


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
    clock : how many seconds of a deployment's waits, an alarm's periods, cooldowns and schedules
        pass here in one.
    """

    warm: bool = True
    in_images: bool = False
    wait_scale: float = 1.0
    clock: float = 60.0

    def scaled(self, seconds: float) -> float:
        """Return how long a wait of AWS's takes here, in seconds."""
        return seconds * self.wait_scale

    def clocked(self, seconds: float) -> float:
        """Return how long a time that goes by the accelerated clock takes here, in seconds."""
        return seconds / self.clock


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings that an environment asks for.

    Raises
    ------
    SettingsError : a value is wrong.
    """
    workers = environment.get(WORKERS) or "warm"
    if workers not in ("warm", "cold", IN_IMAGES):
        raise SettingsError(f"{WORKERS} is {workers!r}; it must be warm, cold or {IN_IMAGES}")
    scale = _number(environment, WAIT_SCALE, "1")
    if not 0 <= scale < math.inf:
        raise SettingsError(
            f"{WAIT_SCALE} is {environment[WAIT_SCALE]!r}; it must be a number from 0 on"
        )
    clock = _number(environment, CLOCK, "60")
    if not 0 < clock < math.inf:
        raise SettingsError(f"{CLOCK} is {environment[CLOCK]!r}; it must be a number above 0")
    return Settings(
        warm=workers != "cold", in_images=workers == IN_IMAGES, wait_scale=scale, clock=clock
    )


def _number(environment: Mapping[str, str], variable: str, default: str) -> float:
    try:
        return float(environment.get(variable) or default)
    except ValueError:
        return math.nan
