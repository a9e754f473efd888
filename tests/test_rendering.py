"""Whatever the answers, a project is complete, parses, and is clean under its own checks."""

import json
import re
import tomllib
from pathlib import Path

import copier
import pytest
import yaml

from projects import LAYOUTS, PROBLEM_TYPES, ROOT, Rendered, copy, files, run_python, run_tool

QUESTIONS = {
    name: question
    for name, question in yaml.safe_load((ROOT / "copier.yml").read_text()).items()
    if not name.startswith("_")
}
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


@pytest.mark.parametrize("layout", LAYOUTS)
def test_python_is_verbatim(template: Path, rendered: Rendered, layout: str) -> None:
    for name, content in files(rendered[layout, "regression"]).items():
        if name.endswith(".py"):
            assert content == (template / "template" / name).read_bytes(), name


@pytest.mark.parametrize("layout", LAYOUTS)
def test_python_is_formatted_linted_and_typed(
    rendered: Rendered, layout: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project = rendered[layout, "classification"]
    caches = tmp_path_factory.getbasetemp()
    run_tool(project, "ruff", "format", "--check", "--no-cache", ".")
    run_tool(project, "ruff", "check", "--no-cache", ".")
    run_tool(project, "mypy", f"--cache-dir={caches / 'mypy'}")


def test_workflows_are_valid_and_safe(rendered: Rendered) -> None:
    folder = rendered["monorepo", "classification"] / ".github" / "workflows"
    workflows = [str(path) for path in folder.iterdir()]
    run_tool(folder, "check-jsonschema", "--builtin-schema=vendor.github-workflows", *workflows)
    run_tool(folder, "zizmor", "--offline", "--quiet", *workflows)


def test_every_expression_of_a_workflow_stays_out_of_the_shell(rendered: Rendered) -> None:
    folder = rendered["monorepo", "classification"] / ".github" / "workflows"
    for path in folder.iterdir():
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            for step in job["steps"]:
                assert "${{" not in step.get("run", ""), f"{path.name}, {name}"


def test_at_most_eight_questions_are_asked_and_each_has_a_help_line() -> None:
    asked = [q for q in QUESTIONS.values() if q.get("ask", True) and q.get("when", True)]
    assert 1 <= len(asked) <= 8
    assert all("\n" not in question["help"].strip() for question in asked)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("project_name", "Churn", "lower-case letters, digits and single hyphens"),
        ("project_name", "1st-project", "starting with a letter"),
        ("project_name", "my--project", "single hyphens"),
        ("project_name", "project-", "not ending with a hyphen"),
        ("project_name", "ab", "3 to 32"),
        ("project_name", "a" * 33, "3 to 32"),
        ("project_name", "churn\nname: other", "lower-case letters"),
        ("description", " ", "one sentence"),
        ("description", "two\nlines", "on one line"),
        ("region", "Frankfurt", "code of an AWS region"),
        ("problem_type", "clustering", "Invalid choice"),
    ],
)
def test_a_wrong_answer_is_refused_with_the_rule(
    template: Path, tmp_path: Path, name: str, value: str, rule: str
) -> None:
    with pytest.raises(ValueError, match=r"(?s).*") as refused:
        copy(template, tmp_path / "project", **{name: value})
    assert rule in " ".join(str(refused.value).split())
    assert not (tmp_path / "project").exists()


@pytest.mark.parametrize("name", ["abc", "churn-2", "a" * 32, "a-b-c"])
def test_a_good_name_is_taken(template: Path, tmp_path: Path, name: str) -> None:
    project = copy(template, tmp_path / "project", project_name=name)
    settings = yaml.safe_load((project / "project.yaml").read_text())
    assert settings["name"] == settings["model_package_group"] == name
    assert settings["bucket"] == f"{name}-{{account}}-{{region}}"


AWKWARD = """He said: "it's {{ 1 }} # not %} 'x'", naïve 模型 \\n \\ & <b>, - [x]: {y}"""


@pytest.mark.parametrize("description", [AWKWARD, "null", "1.0", "#", "a: b", "'", "{account}"])
def test_any_description_reaches_the_files(
    template: Path, tmp_path: Path, description: str
) -> None:
    project = copy(template, tmp_path / "project", description=description)
    yaml_file, toml_file = project / "project.yaml", project / "pyproject.toml"
    assert yaml.safe_load(yaml_file.read_text("utf-8"))["description"] == description
    assert tomllib.loads(toml_file.read_text("utf-8"))["project"]["description"] == description
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text("utf-8"))
    assert answers["description"] == description


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
    folder = tmp_path / "churn"
    copier.run_copy(str(template), folder, data={"layout": layout}, defaults=True)
    said = capsys.readouterr().err
    assert f"cd {folder}" in said
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


def test_copying_asks_for_no_trust(template: Path, tmp_path: Path) -> None:
    configuration = yaml.safe_load((template / "copier.yml").read_text())
    assert not {"_tasks", "_jinja_extensions"} & set(configuration)
    assert all("version" in migration for migration in configuration.get("_migrations", []))
