"""Whatever the answers, a project is complete, parses, and is clean under its own checks."""

import json
import os
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import copier
import pytest
import yaml

from projects import (
    ANSWERS,
    LAYOUTS,
    PROBLEM_TYPES,
    Rendered,
    commit,
    copy,
    files,
    git,
    matches,
    run_python,
    run_tool,
    spoil_vendored,
)

MODEL = Path("data_science/steps/model.py")
# Jinja's marks, but for the expressions of GitHub's workflows.
JINJA = re.compile(r"(?<!\$)\{\{|\{%|\{#")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("problem", PROBLEM_TYPES)
def test_every_file_is_text_without_jinja_and_parses(
    rendered: Rendered, layout: str, problem: str
) -> None:
    for name, content in files(rendered[layout, problem]).items():
        assert not name.endswith(".jinja")
        text = content.decode()
        # Python is verbatim, and has braces of its own.
        assert name.endswith(".py") or not JINJA.search(text), name
        assert not text or text.endswith("\n"), f"{name} ends without a newline"
        assert not re.search(r"[ \t]$", text, re.MULTILINE), f"{name} has trailing blanks"
        if name.endswith((".yaml", ".yml")):
            yaml.safe_load(text)
        elif name.endswith(".toml"):
            tomllib.loads(text)
        elif name.endswith(".json"):
            json.loads(text)


@pytest.mark.parametrize("problem", PROBLEM_TYPES)
def test_a_layout_only_leaves_out(rendered: Rendered, problem: str) -> None:
    paths = {layout: set(files(rendered[layout, problem])) for layout in LAYOUTS}
    assert paths["monorepo"] == paths["data-science"] | paths["ops"]
    assert not {path for path in paths["ops"] if "data_science" in path or "data-science" in path}
    assert not {path for path in paths["data-science"] if re.match(r"(tests/)?ops/", path)}


def test_the_readme_says_nothing_that_an_update_could_make_untrue(rendered: Rendered) -> None:
    # It is in the tier keep; what depends on the answers stands in the folders' own.
    assert len({(project / "README.md").read_bytes() for project in rendered.values()}) == 1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_python_is_verbatim(template: Path, rendered: Rendered, layout: str) -> None:
    for name, content in files(rendered[layout, "regression"]).items():
        if name.endswith(".py") and Path(name) != MODEL:
            assert content == (template / "template" / name).read_bytes(), name


def test_a_framework_decides_on_its_model_and_its_packages_alone(
    template: Path, rendered: Rendered, tmp_path: Path
) -> None:
    project = copy(template, tmp_path / "project", layout="data-science", framework="xgboost")
    ours, theirs = files(project), files(rendered["data-science", "classification"])
    differing = {path for path in ours | theirs if ours.get(path) != theirs.get(path)}
    decided = {MODEL.as_posix(), "data_science/steps/hyperparameters.json"}
    assert differing == {*decided, ANSWERS, "project.yaml", "pyproject.toml"}
    for framework, found in (("xgboost", ours), ("sklearn", theirs)):
        for path in decided:
            source = template / "template" / "frameworks" / framework / Path(path).name
            assert found[path] == source.read_bytes(), path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_python_is_formatted_linted_and_typed_and_what_is_vendored_left_alone(
    template: Path, tmp_path: Path, layout: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    framework = "xgboost" if layout == "data-science" else "sklearn"
    project = copy(template, tmp_path / "project", layout=layout, framework=framework)
    spoil_vendored(project)
    caches = tmp_path_factory.getbasetemp()
    run_tool(project, "ruff", "format", "--check", "--no-cache", ".")
    run_tool(project, "ruff", "check", "--no-cache", ".")
    run_tool(project, "mypy", f"--cache-dir={caches / 'mypy'}")


def test_workflows_are_valid_and_safe(rendered: Rendered) -> None:
    folder = rendered["monorepo", "classification"] / ".github" / "workflows"
    workflows = [str(path) for path in folder.iterdir()]
    run_tool(folder, "check-jsonschema", "--builtin-schema=vendor.github-workflows", *workflows)
    run_tool(folder, "zizmor", "--offline", "--quiet", *workflows)


def test_a_workflow_checks_what_is_vendored_and_the_same_on_main_as_in_a_pull_request(
    rendered: Rendered,
) -> None:
    folder = rendered["monorepo", "classification"] / ".github" / "workflows"
    for path in folder.iterdir():
        # YAML reads the key `on` as true.
        events = yaml.safe_load(path.read_text())[True]
        assert events["pull_request"]["paths"] == events["push"]["paths"]
        vendored = "vendor/sagemaker-local/sagemaker_local/cli.py"
        assert matches(vendored, events["push"]["paths"])


@pytest.mark.parametrize(
    ("changed", "runs"),
    [
        (["vendor/sagemaker-local/README.md", ".copier-answers.yml", "tests/conftest.py"], False),
        (["vendor/sagemaker-local/README.md", "data_science/steps/train.py"], True),
        (["uv.lock"], True),
    ],
)
def test_a_push_runs_the_pipeline_once_a_part_of_it_changed(
    template: Path, tmp_path: Path, changed: list[str], runs: bool
) -> None:
    project = copy(template, tmp_path / "project", layout="data-science")
    commit(project)
    before = git(project, "rev-parse", "HEAD").strip()
    for path in changed:
        with (project / path).open("a") as file:
            file.write("\n")
    commit(project)
    jobs = yaml.safe_load((project / ".github/workflows/data-science.yml").read_text())["jobs"]
    assert "needs.check.outputs.pipeline == 'true'" in jobs["run"]["if"]
    assert jobs["run"]["needs"] == "check"
    assert jobs["check"]["outputs"] == {"pipeline": "${{ steps.changed.outputs.pipeline }}"}
    script = next(step["run"] for step in jobs["check"]["steps"] if step.get("id") == "changed")
    # The last two: a new branch, and a push that rewrote what was there.
    for number, (commit_before, said) in enumerate(
        [(before, runs), ("0" * 40, True), ("1" * 40, True)]
    ):
        output = tmp_path / f"output-{number}"
        output.touch()
        variables = {**os.environ, "BEFORE": commit_before, "GITHUB_OUTPUT": str(output)}
        subprocess.run(["bash", "-e", "-c", script], cwd=project, env=variables, check=True)
        assert output.read_text() == "pipeline=true\n" * said


def test_every_expression_of_a_workflow_stays_out_of_the_shell(rendered: Rendered) -> None:
    folder = rendered["monorepo", "classification"] / ".github" / "workflows"
    for path in folder.iterdir():
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            for step in job["steps"]:
                assert "${{" not in step.get("run", ""), f"{path.name}, {name}"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_project_reads_its_own_settings(rendered: Rendered, layout: str) -> None:
    code = "from project.settings import load_project; print(load_project().name)"
    project = rendered[layout, "regression"]
    assert run_python(project, code) == "my-project\n"


@pytest.mark.parametrize(
    ("layout", "story"),
    [
        ("monorepo", "train, register, approve, deploy and ask a model"),
        ("data-science", "train, register and approve a model"),
        ("ops", "deploy, verify and ask an example model"),
    ],
)
def test_the_message_after_copy_says_what_comes_next(
    template: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    layout: str,
    story: str,
) -> None:
    folder = tmp_path / "it's churn"
    copier.run_copy(str(template), folder, data={"layout": layout}, defaults=True)
    said = capsys.readouterr().err
    command = next(line for line in said.splitlines() if line.startswith("  cd "))
    assert shlex.split(command) == ["cd", str(folder)]
    assert "git init" in said
    assert f"uv run demo    # {story}" in said


def test_without_the_local_sagemaker_nothing_of_it_is_left(template: Path, tmp_path: Path) -> None:
    project = copy(template, tmp_path / "project", local_sagemaker=False)
    pyproject = tomllib.loads((project / "pyproject.toml").read_text())
    assert not (project / "vendor").exists()
    assert "sagemaker-local" not in json.dumps(pyproject["dependency-groups"])
    assert "sources" not in pyproject["tool"]["uv"]
    assert "local" not in pyproject["dependency-groups"]
    assert "local" not in pyproject["tool"]["uv"]["default-groups"]
    assert yaml.safe_load((project / "project.yaml").read_text())["target"] == "aws"


def test_without_a_ci_provider_there_is_no_ci(template: Path, tmp_path: Path) -> None:
    project = copy(template, tmp_path / "project", ci_provider="none")
    assert not (project / ".github").exists()


def test_newer_packages_are_asked_for_where_no_update_writes(
    rendered: Rendered, tmp_path: Path
) -> None:
    project = rendered["monorepo", "classification"]
    assert "`uv.toml`" in (project / "pyproject.toml").read_text()
    assert not (project / "uv.toml").exists()
    ours = tomllib.loads((project / "pyproject.toml").read_text())["tool"]["uv"]["exclude-newer"]
    (tmp_path / "pyproject.toml").write_text(
        f'[project]\nname = "a"\nversion = "1"\n[tool.uv]\nexclude-newer = "{ours}"\n'
    )
    (tmp_path / "uv.toml").write_text('exclude-newer = "2039-01-01T00:00:00Z"\n')
    subprocess.run(["uv", "lock", "--quiet", "--offline"], cwd=tmp_path, check=True)
    lock = tomllib.loads((tmp_path / "uv.lock").read_text())
    assert lock["options"]["exclude-newer"] == "2039-01-01T00:00:00Z"


def test_copying_asks_for_no_trust(template: Path, tmp_path: Path) -> None:
    configuration = yaml.safe_load((template / "copier.yml").read_text())
    assert not {"_tasks", "_jinja_extensions"} & set(configuration)
    assert all("version" in migration for migration in configuration.get("_migrations", []))
