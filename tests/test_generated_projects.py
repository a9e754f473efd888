"""Every generated project installs, passes its own tests, and shows its demo."""

import json
import zipfile
from itertools import product
from pathlib import Path

import pytest

from projects import PROBLEM_TYPES, ROOT, Runner, commit, copy, git, spoil_vendored

LOOPBACK_ONLY = ROOT / "tests" / "local_sagemaker" / "loopback_only"


def runner(request: pytest.FixtureRequest, framework: str) -> Runner:
    """Return what runs commands in projects of a framework; its environment is made when asked."""
    found = request.getfixturevalue("run_xgboost" if framework == "xgboost" else "run")
    assert isinstance(found, Runner)
    return found


@pytest.mark.parametrize(
    ("layout", "problem"),
    # A half has the same tests as the whole, so each is seen in one problem type.
    [
        *product(["monorepo"], PROBLEM_TYPES),
        ("data-science", "classification"),
        ("ops", "classification"),
    ],
)
def test_a_project_passes_its_own_tests(
    template: Path, tmp_path: Path, request: pytest.FixtureRequest, layout: str, problem: str
) -> None:
    # Called like a package that it needs, or like what YAML takes for no text.
    name = {"classification": "numpy", "regression": "null"}[problem]
    answers = {"layout": layout, "problem_type": problem, "project_name": name}
    # A monorepo shows the tests of data science with scikit-learn.
    answers["framework"] = "xgboost" if layout == "data-science" else "sklearn"
    run = runner(request, answers["framework"])
    project = copy(template, tmp_path / "project", **answers)
    if layout == "ops":
        # It must run where the SageMaker SDK was never installed.
        run = Runner(tmp_path / "environment")
        assert run(project, "python", "-c", "import sagemaker").returncode == 1
    spoil_vendored(project)
    # What operations does is the same in both problem types.
    again = (layout, problem) == ("monorepo", "regression")
    said = run.ok(project, "pytest", *(["tests/data_science", "tests/demo"] if again else []))
    assert " passed" in said.splitlines()[-1]


def test_the_demo_shows_the_whole_story_and_leaves_the_repository_clean(
    template: Path, tmp_path: Path, run: Runner
) -> None:
    project, violations = copy(template, tmp_path / "project"), tmp_path / "violations"
    # Every Python process of the demo, the SageMaker SDK's too, is kept from leaving this machine.
    guard = {"PYTHONPATH": str(LOOPBACK_ONLY), "PYTHON_LOOPBACK_VIOLATIONS": str(violations)}
    said = run.ok(project, "demo", **guard)
    assert not violations.exists(), violations.read_text()
    assert "The whole story" in said.splitlines()[-1]
    for scene in ("ds run", "ds approve 1", "ops promote staging", "ops promote production"):
        assert f"$ uv run {scene}" in said
    spoil_vendored(project)
    commit(project)
    run.ok(project, "ruff", "format", "--check", ".")
    run.ok(project, "ruff", "check", ".")
    run.ok(project, "mypy")
    run.ok(project, "pre-commit", "run", "--all-files")
    run.ok(project, "demo")
    assert git(project, "status", "--porcelain") == ""


@pytest.mark.parametrize("layout", ["data-science", "ops"])
def test_each_half_has_its_demo_which_leaves_alone_what_both_share(
    template: Path, tmp_path: Path, request: pytest.FixtureRequest, layout: str
) -> None:
    framework = "xgboost" if layout == "data-science" else "sklearn"
    run = runner(request, framework)
    answers = {"layout": layout, "problem_type": "regression", "framework": framework}
    project = copy(template, tmp_path / "project", **answers)
    shared = {"SAGEMAKER_LOCAL_HOME": str(tmp_path / "shared"), "PROJECT_TARGET": "local"}
    try:
        run.ok(project, "python", "-m", "demo.example_version", **shared)
        before = run.ok(project, "project", "status", "--json", **shared)
        assert "The whole story" in run.ok(project, "demo", **shared).splitlines()[-1]
        assert run.ok(project, "project", "status", "--json", **shared) == before
        if framework == "xgboost":
            # Its numpy tells other types than that of the demo of both halves.
            run.ok(project, "mypy")
    finally:
        run.ok(project, "sagemaker-local", "down", **shared)


def test_a_demo_that_fails_says_where_and_leaves_nothing_running(
    template: Path, tmp_path: Path, run: Runner
) -> None:
    project = copy(template, tmp_path / "project", layout="data-science")
    settings = project / "data_science" / "settings.yaml"
    settings.write_text(settings.read_text().replace("threshold: 0.9", "threshold: 1"))
    done = run(project, "demo")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert (
        last == "error: the demo failed: `uv run ds run --local` exited with 1; above it says why"
    )
    home = {"SAGEMAKER_LOCAL_HOME": str(project / ".sagemaker-local-demo")}
    assert run(project, "sagemaker-local", "status", **home).returncode == 1


EXAMPLE = """
from pathlib import Path
from data_science.dataset import write_example
write_example(Path("data/mine.csv"), "classification")
"""


def recipe(begins: str) -> str:
    """Return the block of the page about the pipeline that begins so."""
    page = (ROOT / "docs" / "how-to" / "change-the-pipeline.md").read_text()
    (block,) = (part for part in page.split("```")[1::2] if part.startswith(f"python\n{begins}"))
    return block.removeprefix("python\n")


def test_a_team_may_delete_the_example_data_and_follow_the_recipes(
    template: Path, tmp_path: Path, run: Runner
) -> None:
    project = copy(template, tmp_path / "project")
    run.ok(project, "python", "-c", EXAMPLE)
    for path in ("data_science/dataset.py", "tests/data_science/test_dataset.py"):
        (project / path).unlink()
    package = package_of_nobody(tmp_path)
    steps = project / "data_science" / "steps"
    (steps / "count.py").write_text(
        recipe('"""Counts').replace("from table", "from words import ROWS\nfrom table", 1)
    )
    (steps / "words.py").write_text('"""Words of the log."""\n\nROWS = "rows"\n')
    (steps / "requirements.txt").write_text(f"--no-index\n--find-links {package}\nof-nobody==1.0\n")
    changes: Changes = {
        "data_science/steps/count.py": [('{rows} rows")', '{rows} {ROWS}")')],
        "data_science/steps/hyperparameters.json": [
            ("{\n", '{\n  "rounds": {"type": "int", "default": 500, "min": 1},\n')
        ],
        "data_science/steps/model.py": [
            ("regularization: float)", "regularization: float, rounds: int)"),
            ("max_iter=1000", "max_iter=rounds * of_nobody.ONE"),
            ("from columns", "import of_nobody\nfrom columns"),
        ],
        "data_science/steps/metrics.py": [
            ("@classification()\n", f"{recipe('@classification')}\n\n@classification()\n")
        ],
        "data_science/pipeline/pipeline.py": [
            ("steps=[preprocess, train,", "steps=[preprocess, self.count(preprocess), train,"),
            ("    def train(self", f"{recipe('    def count')}\n    def train(self"),
        ],
        "data_science/settings.yaml": [
            ("  metric: f1\n", "  metric: jaccard\n"),
            ("data/dataset.csv", "data/mine.csv"),
        ],
        # What mypy needs to know of a package without types.
        "pyproject.toml": [('module = ["boto3.*",', 'module = ["of_nobody", "boto3.*",')],
    }
    change(project, changes)
    run.ok(project, "ruff", "check", "--fix", ".")
    run.ok(project, "mypy", "data_science")
    own = run(project, "python", "-c", "import of_nobody")
    assert own.returncode == 1
    added = {"PYTHONPATH": str(package / "module")}
    names = [
        "definition",
        "hyperparameters",
        "inference",
        "metrics",
        "packages",
        "quality",
        "run",
        "steps",
    ]
    run.ok(project, "pytest", *[f"tests/data_science/test_{name}.py" for name in names], **added)
    home = {"SAGEMAKER_LOCAL_PACKAGES": str(tmp_path / "packages")}
    try:
        definition = json.loads(run.ok(project, "ds", "definition", "--local", **home))
        done = run(project, "ds", "run", "--local", "--logs", **home)
        change(project, after_a_failure())
        failed = run(project, "ds", "run", "--local", **home)
    finally:
        run(project, "sagemaker-local", "down")
    parameter = {"Name": "rounds", "Type": "String", "DefaultValue": "500"}
    assert parameter in definition["Parameters"]
    assert "rows" in done.stdout and "Count " in done.stdout, done.stdout + done.stderr
    assert "jaccard" in done.stdout.splitlines()[-1], done.stdout + done.stderr
    assert failed.stderr.splitlines()[-1].startswith(
        "error: Train: ValueError: rounds must be odd (model.py:"
    )
    assert "  Count          Succeeded " in failed.stdout, failed.stdout


Changes = dict[str, list[tuple[str, str]]]
"""What stands for what in the files of a project."""


def change(project: Path, changes: Changes) -> None:
    """Replace the first of each."""
    for path, pairs in changes.items():
        for before, after in pairs:
            text = (project / path).read_text()
            assert before in text, (path, before)
            (project / path).write_text(text.replace(before, after, 1))


def after_a_failure() -> Changes:
    """Return what lets the step Count run when training has failed, and lets that fail."""
    page = (ROOT / "docs" / "how-to" / "change-the-pipeline.md").read_text()
    text = page.partition("### A step after a failure")[2]
    imported = text.split("`")[9]
    return {
        "data_science/pipeline/pipeline.py": [
            ("        gate = Cond", f"{recipe('        count =')}        gate = Cond"),
            ("preprocess, self.count(preprocess), train,", "preprocess, count, train,"),
            ("from data_science", f"{imported}\n\nfrom data_science"),
        ],
        "data_science/steps/model.py": [
            (
                "max_iter=rounds * of_nobody.ONE",
                "max_iter=odd(rounds)",
            ),
            (
                "\n\ndef build_model",
                "\n\ndef odd(rounds: int) -> int:\n"
                "    raise ValueError('rounds must be odd')\n\n\ndef build_model",
            ),
        ],
    }


def package_of_nobody(folder: Path) -> Path:
    """Write a package that no container has: as a wheel, and its module beside it."""
    info = "of_nobody-1.0.dist-info"
    files = {
        "of_nobody.py": "ONE = 1\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: of-nobody\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    wheels = folder / "wheels"
    (wheels / "module").mkdir(parents=True)
    (wheels / "module" / "of_nobody.py").write_text(files["of_nobody.py"])
    with zipfile.ZipFile(wheels / "of_nobody-1.0-py3-none-any.whl", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheels
