"""Finds the input data of a run and what identifies its sources."""

import hashlib
import importlib.util
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from data_science.config.settings import Settings
from data_science.runs.parameters import CHAMPION, CHAMPION_NAME, PROVENANCE, completed
from project import registry, s3
from project.aws import Connection
from project.aws_errors import is_not_found
from project.errors import ProjectError
from project.settings import ROOT

EXAMPLE = "data/dataset.csv"
INPUT_VERSION = "InputDataVersion"
"""The parameter that tells data apart which lie at the same URI; SageMaker compares no contents."""


def upload_input(connection: Connection, settings: Settings) -> str:
    """Return the S3 URI of the input data, after uploading them if they lie in this folder.

    A local file goes to a prefix named by the hash of its content, so the same data are
    uploaded once and the step cache recognises them. The example data set is written when
    it is not there yet.

    Raises
    ------
    ProjectError : the file is not there, or is a folder.
    """
    source = settings.data.input
    if source.startswith("s3://"):
        return source
    return upload_file(connection, _path(connection, source))


def input_uri(connection: Connection, settings: Settings) -> str:
    """Return the S3 URI that `upload_input` would, without uploading anything.

    Raises
    ------
    ProjectError : as `upload_input`.
    """
    source = settings.data.input
    return source if source.startswith("s3://") else _uri(connection, _path(connection, source))


def _path(connection: Connection, source: str) -> Path:
    path = ROOT / source
    if path.is_dir():
        raise ProjectError(
            f"{source} is a folder; name a file in it as `data.input` in data_science/settings.yaml"
        )
    if not path.is_file():
        if source != EXAMPLE:
            raise ProjectError(
                f"{source} is not there; data_science/settings.yaml names it as `data.input`"
            )
        _write_example(connection.project.problem_type)
    return path


def upload_file(connection: Connection, path: Path) -> str:
    """Upload a file to a prefix named by the hash of its content, and return its S3 URI."""
    uri = _uri(connection, path)
    if not s3.exists(connection, uri):
        with path.open("rb") as file:
            s3.write(connection, uri, file)
    return uri


def _uri(connection: Connection, path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{connection.prefix}/data/{digest}/{path.name}"


def champion(connection: Connection, definition: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters that name the model to compare with, if the pipeline compares.

    Parameters
    ----------
    definition : of the pipeline that is started.

    Returns
    -------
    Nothing when no version was approved: the pipeline's own default stands for that.
    """
    if CHAMPION not in {parameter["Name"] for parameter in definition["Parameters"]}:
        return {}
    approved = registry.newest(connection, "Approved")
    if approved is None:
        return {}
    name = f"{approved.name} of group {connection.project.model_package_group}"
    return {CHAMPION: str(approved.container["ModelDataUrl"]), CHAMPION_NAME: name}


def with_usual(
    connection: Connection,
    settings: Settings,
    definition: Mapping[str, Any],
    given: Mapping[str, str],
    locate: Callable[[Connection, Settings], str],
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the parameters that a run is started with, and the usual values among them.

    Parameters
    ----------
    definition : of the pipeline that is started.
    given : the values that were asked for, by name.
    locate : `upload_input`, or `input_uri` where nothing is started.

    Returns
    -------
    Both by name, without what says where the run comes from. What starts the pipeline by itself
    works with the usual values, so the data are among them also where a run has others.

    Raises
    ------
    ProjectError : as `upload_input` and `input_version`.
    """
    usual = champion(connection, definition)
    if "InputDataUrl" not in given or settings.triggers.declared:
        usual["InputDataUrl"] = locate(connection, settings)
    found = completed(given, usual)
    uri = found["InputDataUrl"]
    local_file = uri == usual.get("InputDataUrl") and not settings.data.input.startswith("s3://")
    if local_file and objects_at(connection, uri) == []:
        # The URI tells its content apart, and `locate` has not uploaded it.
        version = "unknown"
    else:
        version = input_version(connection, uri)
    found.setdefault(INPUT_VERSION, version)
    return found, usual


def input_version(connection: Connection, uri: str) -> str:
    """Return what changes when the objects at a URI do: a hash of their names and ETags.

    In AWS the pipeline's role may read what the user may not: then it is `unknown`.

    Parameters
    ----------
    uri : S3 URI of an object, or of the prefix of some.

    Raises
    ------
    ProjectError : the local SageMaker does not have it; the message says how to bring it here.
    """
    objects = objects_at(connection, uri)
    if objects is None:
        return "unknown"
    if not objects and connection.target == "local":
        raise ProjectError(
            f"{uri} is not in the local SageMaker, whose S3 is its own; copy it here with `aws s3 "
            f"cp {uri} data/` and name the file as `data.input` in data_science/settings.yaml"
        )
    digest = hashlib.sha256()
    for item in objects:
        digest.update(f"{item['Key']}\0{item['ETag']}\0".encode())
    return digest.hexdigest()[:16]


def objects_at(connection: Connection, uri: str) -> list[Any] | None:
    """Return what S3 lists of the objects at a URI; None if the user may not list them in AWS.

    Parameters
    ----------
    uri : S3 URI of an object, or of the prefix of some.
    """
    bucket, prefix = s3.split_uri(uri)
    client = connection.s3
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    try:
        return [item for page in pages for item in page.get("Contents", [])]
    except client.exceptions.ClientError as error:
        if connection.target != "local":
            return None
        if not is_not_found(error):
            raise
        return []


def _write_example(problem_type: str) -> None:
    # A team deletes dataset.py once it has data of its own.
    if importlib.util.find_spec("data_science.dataset") is None:
        raise ProjectError(f"{EXAMPLE} is not there; name your data in data_science/settings.yaml")
    dataset = importlib.import_module("data_science.dataset")
    dataset.write_example(ROOT / EXAMPLE, problem_type)


def provenance() -> dict[str, str]:
    """Return the parameters that say where a run comes from."""
    return dict(zip(PROVENANCE, (git_commit(), template_version()), strict=True))


def git_commit() -> str:
    """Return the commit the project stands at, with `-dirty` when files differ from it.

    `unknown` outside a git repository.
    """
    commit = _git("rev-parse", "HEAD")
    if not commit:
        return "unknown"
    return f"{commit}-dirty" if _git("status", "--porcelain") else commit


def template_version() -> str:
    """Return the version of the project template, from the answers file."""
    answers = ROOT / ".copier-answers.yml"
    if not answers.is_file():
        return "unknown"
    commit = re.search(r"^_commit: *['\"]?([^'\"\s]+)", answers.read_text("utf-8"), re.MULTILINE)
    return commit[1] if commit else "unknown"


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
