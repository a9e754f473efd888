"""The stages are files; a wrong one is refused in a sentence that names it."""

from pathlib import Path

import pytest
import yaml

from ops.stage import find_stage, load_stages
from project.errors import ProjectError, UsageError
from tests.ops.conftest import FIRST, STAGES


def write(folder: Path, **after: str | None) -> Path:
    for name, before in after.items():
        content = FIRST.model_copy(update={"after": before}).model_dump()
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content))
    return folder


def test_the_stages_of_this_project_are_valid() -> None:
    stages = load_stages()

    assert next(iter(stages.values())).settings.after is None


def test_stages_come_in_the_order_in_which_versions_pass_them(tmp_path: Path) -> None:
    stages = load_stages(write(tmp_path, live="trial", check=None, trial="check"))

    assert list(stages) == ["check", "trial", "live"]


def test_an_unknown_stage_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="no stage 'prod'; there are staging, production"):
        find_stage(STAGES, "prod")


def test_after_must_name_a_stage(tmp_path: Path) -> None:
    with pytest.raises(
        ProjectError, match=r"live\.yaml: .*no stage 'trial'; there are check, live$"
    ):
        load_stages(write(tmp_path, check=None, live="trial"))


@pytest.mark.parametrize(
    ("after", "circle"),
    [
        ({"a": "a"}, "a after a"),
        ({"a": "b", "b": "a"}, "a after b after a"),
        ({"a": "b", "b": "c", "c": "b"}, "a after b after c after b"),
    ],
)
def test_stages_must_not_form_a_circle(
    tmp_path: Path, after: dict[str, str | None], circle: str
) -> None:
    with pytest.raises(ProjectError, match=f"^the stages {circle} form a circle; write `after: nu"):
        load_stages(write(tmp_path, **after))


def test_a_folder_without_stages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="holds no stage; add a file like staging"):
        load_stages(tmp_path)


def test_a_misspelt_key_is_refused(tmp_path: Path) -> None:
    (write(tmp_path, live=None) / "live.yaml").write_text("after: null\ninstances: 2\n")

    with pytest.raises(ProjectError, match=r"live\.yaml: key `"):
        load_stages(tmp_path)


def test_only_what_guards_a_stage_must_be_said(tmp_path: Path) -> None:
    path = write(tmp_path, live=None) / "live.yaml"
    path.write_text("after: null\n")
    defaults = load_stages(tmp_path)["live"].settings
    assert (defaults.instance_type, defaults.instance_count) == ("ml.m5.large", 1)
    assert defaults.verify.latency_ms == 2000

    path.write_text("instance_count: 2\n")
    with pytest.raises(ProjectError, match="key `after` is missing"):
        load_stages(tmp_path)


def test_the_name_of_a_stage_must_fit_the_names_of_endpoints(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"Live_1\.yaml is no name for a stage"):
        load_stages(write(tmp_path, Live_1=None))
