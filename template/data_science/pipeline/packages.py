"""Checks that the step code will find the packages it imports, before anything is sent."""

import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions

from data_science.pipeline.bundle import Bundle
from data_science.pipeline.references import REQUIREMENTS
from project.errors import ProjectError
from project.settings import ROOT

_MODULES = {"scikit-learn": "sklearn", "xgboost-cpu": "xgboost"}
"""Names of modules that are not those of their packages; only to be quick about them."""


def check_imports(bundle: Bundle) -> None:
    """Refuse step code that imports what neither the container has nor `requirements.txt` names.

    A package that is not installed here may have modules of any name: with one of those among the
    requirements, nothing is refused.

    Parameters
    ----------
    bundle : all of the step code.

    Raises
    ------
    ProjectError : names the file and the module.
    """
    required = _names(bundle.files.get(REQUIREMENTS, b"").decode("utf-8", "replace").splitlines())
    own = {name.partition("/")[0].removesuffix(".py") for name in bundle.sources}
    packages = _container() | required
    found = own | {_MODULES.get(name, name.replace("-", "_")) for name in packages}
    for name, source in bundle.sources.items():
        for module in sorted({path.partition(".")[0] for path in source.modules}):
            if module in found or module in sys.stdlib_module_names:
                continue
            installed = {_normal(one) for one in packages_distributions().get(module, [])}
            if installed & packages or (not installed and required - _installed()):
                continue
            raise ProjectError(
                f"data_science/steps/{name} imports {module}, which the container does not have; "
                f"name its package in data_science/steps/{REQUIREMENTS}"
            )


@cache
def _container() -> set[str]:
    """Return the packages that pyproject.toml pins because the container has them."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    return _names(groups["container"])


def _installed() -> set[str]:
    return {_normal(one) for names in packages_distributions().values() for one in names}


def _names(lines: list[str]) -> set[str]:
    found = (re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line.strip()) for line in lines)
    return {_normal(one[0]) for one in found if one}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
