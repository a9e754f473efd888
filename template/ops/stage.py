"""Reads the stages: one file in `ops/stages` each, the desired endpoint of that stage."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from ops.monitoring.settings import Monitoring
from project.errors import ProjectError, UsageError
from project.names import AccountId, Region, RoleArn
from project.settings import ROOT, Strict, load

STAGES = ROOT / "ops" / "stages"


class VerifySettings(Strict):
    """What the endpoint's answers must keep; `latency_ms` is the slowest accepted, in ms."""

    latency_ms: Annotated[int, Field(gt=0)] = 2000


class StageSettings(Strict):
    """The content of a stage's file.

    `after` is the stage that a version must have passed before, null for the first one. It alone
    has no default: a line that was lost would open the stage to whatever was approved last. Without
    `monitoring` nothing looks for drift. `account`, `region` and `role` are where the stage is and
    what is assumed for it, null for the project's own.
    """

    after: str | None
    account: AccountId | None = None
    region: Region | None = None
    role: RoleArn | None = None
    instance_type: str = "ml.m5.large"
    instance_count: Annotated[int, Field(ge=1)] = 1
    verify: VerifySettings = VerifySettings()
    monitoring: Monitoring | None = None


@dataclass(frozen=True)
class Stage:
    """A stage that versions are promoted to.

    Attributes
    ----------
    name : the name of its file.
    settings : the content of that file.
    """

    name: str
    settings: StageSettings

    @property
    def file(self) -> str:
        """The file as messages call it."""
        return f"ops/stages/{self.name}.yaml"


def load_stages(folder: Path = STAGES) -> dict[str, Stage]:
    """Read every stage, the first ones first.

    Parameters
    ----------
    folder : holds a YAML file per stage.

    Raises
    ------
    ProjectError : there is no stage, a file is wrong, or `after` names no stage or leads back
        to where it started.
    """
    found = {path.stem: Stage(path.stem, _settings(path)) for path in sorted(folder.glob("*.yaml"))}
    if not found:
        raise ProjectError(f"{folder} holds no stage; add a file like staging.yaml")
    order = {name: len(_before(found, name)) for name in found}
    return {name: found[name] for name in sorted(found, key=lambda name: (order[name], name))}


def find_stage(stages: Mapping[str, Stage], name: str) -> Stage:
    """Return a stage by its name.

    Raises
    ------
    UsageError : there is none of that name; the message lists those there are.
    """
    if name not in stages:
        raise UsageError(f"there is no stage {name!r}; there are {', '.join(stages)}")
    return stages[name]


def _settings(path: Path) -> StageSettings:
    # The name becomes part of the names of endpoints.
    if not re.fullmatch(r"[a-z](-?[a-z0-9])*", path.stem):
        raise ProjectError(
            f"{path.name} is no name for a stage; use lower-case letters, digits and single hyphens"
        )
    return load(path, StageSettings)


def _before(stages: Mapping[str, Stage], name: str) -> list[str]:
    """Return the stages that a version passes before the named one, the nearest first."""
    passed: list[str] = []
    current = name
    while (after := stages[current].settings.after) is not None:
        if after not in stages:
            raise ProjectError(
                f"{stages[current].file}: key `after`: there is no stage {after!r}; "
                f"there are {', '.join(sorted(stages))}"
            )
        if after == name or after in passed:
            raise ProjectError(
                f"the stages {' after '.join([name, *passed, after])} form a circle; "
                "write `after: null` in the file of the first one"
            )
        passed.append(after)
        current = after
    return passed
