"""Finds what a file of the step code needs of the others, without running it."""

import ast
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from project.errors import ProjectError

REQUIREMENTS = "requirements.txt"
"""What pip installs for every step, if it is there."""


class Source(NamedTuple):
    """A Python file of the step code.

    Attributes
    ----------
    is_script : whether it is run by itself, which `if __name__ == "__main__"` says.
    modules : what it imports, with dots; each also with the names that are taken from it.
    texts : the text constants in it, among which are the names of the files that it opens.
    """

    is_script: bool
    modules: frozenset[str]
    texts: frozenset[str]


def read_source(name: str, content: bytes) -> Source:
    """Return what a Python file says of itself.

    Parameters
    ----------
    name : its path relative to the folder of the step code.
    content : its bytes.

    Raises
    ------
    ProjectError : it is no Python.
    """
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        place = f"data_science/steps/{name}" + (f", line {line}" if line else "")
        raise ProjectError(f"{place}: {getattr(error, 'msg', error)}") from None
    modules: set[str] = set()
    texts: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = PurePosixPath(name).parts[: -node.level] if node.level else ()
            module = ".".join([*parts, *([node.module] if node.module else [])])
            modules |= {module} | {f"{module}.{alias.name}".strip(".") for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
    is_script = any(isinstance(node, ast.If) and _is_guard(node.test) for node in tree.body)
    return Source(is_script, frozenset(modules - {""}), frozenset(texts))


def needed(start: str, files: Iterable[str], sources: Mapping[str, Source]) -> set[str]:
    """Return the files that a script needs, itself among them.

    These are the modules that it imports and the files that it names in a text, and what these
    need. `requirements.txt`, and a file that is neither imported nor named anywhere, are needed by
    every script: nobody can tell who reads it.

    Parameters
    ----------
    start : the script.
    files : the paths of all files.
    sources : the Python files among them.
    """
    names = set(files)
    references = {name: _references(source, names) for name, source in sources.items()}
    scripts = {name for name, source in sources.items() if source.is_script}
    unclaimed = names - scripts - set().union(*references.values())
    found: set[str] = set()
    waiting = {start} | unclaimed | (names & {REQUIREMENTS})
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= references.get(name, set()) - found
    return found


def _references(source: Source, names: set[str]) -> set[str]:
    found = names & source.texts
    for module in source.modules:
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            path = "/".join(parts[:end])
            found |= names & {f"{path}.py", f"{path}/__init__.py"}
    return found


def _is_guard(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(test))
