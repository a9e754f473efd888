"""What the step code imports is there in the container, or it is refused before it is sent."""

import pytest

from data_science.pipeline.bundle import Bundle, read_bundle
from data_science.pipeline.packages import check_imports
from project.errors import ProjectError


def test_our_own_step_code_passes() -> None:
    check_imports(read_bundle())


@pytest.mark.parametrize(
    "code",
    [
        "import os, json\nfrom collections.abc import Iterator",
        "import numpy.linalg, pandas as pd\nfrom sklearn.linear_model import Ridge",
        "import beside\nfrom part.inner import thing",
        "from . import beside",
        "def f():\n    from part import inner",
    ],
)
def test_what_the_container_has_or_lies_beside_passes(code: str) -> None:
    files = {"model.py": code.encode(), "beside.py": b"", "part/inner.py": b""}
    check_imports(Bundle(files))


def test_a_package_that_the_container_lacks_is_refused_with_what_to_do() -> None:
    files = {"model.py": b"import pandas\ndef f():\n    import lightgbm.sklearn\n"}
    with pytest.raises(ProjectError) as refused:
        check_imports(Bundle(files))
    assert str(refused.value) == (
        "data_science/steps/model.py imports lightgbm, which the container does not have; name its "
        "package in data_science/steps/requirements.txt"
    )


@pytest.mark.parametrize(
    ("requirements", "module"),
    [
        ("# a comment\nlightgbm==4.6.0\n", "lightgbm"),
        ("LightGBM >= 4 ; python_version > '3'\n", "lightgbm"),
        # Installed here under another name than its module's.
        ("PyYAML==6.0.2\n", "yaml"),
        # Nobody here can tell what its modules are called.
        ("opencv-of-nobody==1.0\n", "cv3"),
    ],
)
def test_a_package_that_is_required_passes(requirements: str, module: str) -> None:
    files = {"requirements.txt": requirements.encode(), "model.py": f"import {module}".encode()}
    check_imports(Bundle(files))


def test_a_package_that_happens_to_be_installed_here_is_refused() -> None:
    files = {"requirements.txt": b"boto3\n", "model.py": b"import yaml"}
    with pytest.raises(ProjectError, match="imports yaml, which the container does not have"):
        check_imports(Bundle(files))
