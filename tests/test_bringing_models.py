"""The recipes of "Bring your own model" are followed as they stand there."""

import importlib.util
import json
from pathlib import Path

import pytest

from projects import ROOT, copy, run_python, run_tool

PAGE = (ROOT / "docs" / "how-to" / "bring-your-own-model.md").read_text("utf-8")
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1"


def block(kind: str, begins: str) -> str:
    """Return the block of the page, of a language, that begins so."""
    head = f"{kind}\n{begins}"
    (found,) = (part for part in PAGE.split("```")[1::2] if part.startswith(head))
    return found.removeprefix(f"{kind}\n")


def replace(path: Path, before: str, after: str) -> None:
    """Replace the only place in a file where a text stands."""
    text = path.read_text("utf-8")
    assert text.count(before) == 1, (path, before)
    path.write_text(text.replace(before, after), "utf-8")


@pytest.fixture(scope="module")
def with_network(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project whose model is the network of PyTorch, in an image of its own."""
    project = copy(template, tmp_path_factory.mktemp("network") / "project")
    steps = project / "data_science" / "steps"
    (steps / "network.py").write_text(block("python", '"""A small network'), "utf-8")
    before, build, _ = (steps / "model.py").read_text("utf-8").partition("def build_model(")
    model = before + block("python", build)
    (steps / "model.py").write_text(model, "utf-8")
    linear = "from sklearn.linear_model import LogisticRegression, Ridge"
    replace(steps / "model.py", linear, "from network import Classifier, Regressor")
    (steps / "hyperparameters.json").write_text(block("json", '{\n  "hidden"'), "utf-8")
    replace(steps / "train.py", '    "derived.py",\n', '    "derived.py",\n    "network.py",\n')
    pin = '    "werkzeug==3.1.8",\n'
    replace(project / "pyproject.toml", pin, f'{pin}    "torch==2.13.0",\n')
    assert f"image: {IMAGE}\n" == block("yaml", "image:")
    replace(project / "data_science" / "settings.yaml", f"# image: {IMAGE}\n", f"image: {IMAGE}\n")
    run_tool(project, "ruff", "check", "--quiet", "--no-cache", "--fix", ".")
    return project


SENT = """
import json
from data_science.config.settings import load_settings
from data_science.pipeline.bundle import read_bundle
from data_science.pipeline.packages import check_imports
bundle = read_bundle()
check_imports(bundle)
settings = load_settings("classification")
print(json.dumps([sorted(bundle.files), settings.image, settings.hyperparameters]))
"""


def test_a_network_of_pytorch_is_sent_in_an_image_of_ones_own(with_network: Path) -> None:
    run_tool(with_network, "ruff", "format", "--quiet", "--no-cache", "--check", ".")
    names, image, hyperparameters = json.loads(run_python(with_network, SENT))
    assert {"network.py", "model.py"} <= set(names)
    assert image == IMAGE
    assert hyperparameters == {"hidden": 16, "epochs": 200, "learning_rate": 0.01}


TRAINED = """
import pickle, sys
sys.path.insert(0, "data_science/steps")
import numpy as np
from network import Classifier, Regressor
rows = np.array([[0.0], [1.0], [2.0], [3.0]] * 10)
names = np.where(rows.ravel() < 1.5, "low", "high")
classifier = pickle.loads(pickle.dumps(Classifier(8, 300, 0.05).fit(rows, names)))
assert classifier.predict([[0.2], [2.8]]).tolist() == ["low", "high"]
assert classifier.classes_.tolist() == ["high", "low"]
assert np.allclose(classifier.predict_proba(rows).sum(axis=1), 1)
numbers = Regressor(8, 500, 0.05).fit(rows, 100 * rows.ravel())
assert np.allclose(numbers.predict([[1.0], [2.0]]), [100, 200], atol=15)
"""


@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="PyTorch is not installed")
def test_the_network_learns_classes_and_numbers(with_network: Path) -> None:
    run_python(with_network, TRAINED)


def test_the_page_shows_the_images_and_hyperparameters_of_the_template() -> None:
    declared = ROOT / "template" / "frameworks" / "xgboost" / "hyperparameters.json"
    assert block("json", '{\n  "n_est') == declared.read_text("utf-8")
    jobs = (ROOT / "template" / "data_science" / "pipeline" / "jobs.py").read_text("utf-8")
    version = PAGE.partition("sagemaker-scikit-learn:")[2].partition("-cpu-py3")[0]
    assert f'"sklearn": "{version}"' in jobs
