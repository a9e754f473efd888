"""Batch scoring: which version answers, where the files are, and where the answers lie."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from data_science.adopt.kinds import rewritten
from data_science.adopt.source import read_source
from data_science.runs import execution
from data_science.runs.inputs import objects_at, upload_file
from project import registry, s3
from project.aws import Connection
from project.errors import ProjectError, UsageError
from project.registry import Version

SCORES = "scores"
"""Name of the step's output."""


def version_to_ask(connection: Connection, number: int | None) -> Version:
    """Return a version by its number, or the newest that is approved.

    Raises
    ------
    ProjectError : there is none.
    """
    if number is not None:
        return registry.version(connection, number)
    newest = next(registry.summaries(connection, "Approved", page=1), None)
    if newest is None:
        raise ProjectError("no version is approved; approve one, or name one with --version")
    return registry.version(connection, newest.number)


def check_source(source: str) -> None:
    """Refuse what cannot name rows to score.

    Parameters
    ----------
    source : a file or folder here, or the S3 URI of a CSV file or of the prefix of some.

    Raises
    ------
    UsageError : it is neither.
    """
    if source.startswith("s3://"):
        s3.split_uri(source)
    elif not Path(source).exists():
        raise UsageError(f"{source} is not there; name a CSV file, or an s3:// prefix of some")


def check_output(folder: Path) -> None:
    """Refuse a folder that answers cannot be written to, before there are any.

    Raises
    ------
    UsageError : it is a file, lies in one, or may not be written to.
    """
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise UsageError(f"--output: {folder} is no folder that you may write to; name another")


def input_uri(connection: Connection, source: str, columns: Mapping[str, str | list[str]]) -> str:
    """Return the S3 URI of the rows to score, after uploading what is here.

    What is here is read as `ds adopt` reads it, so any separator, encoding, decimal comma, way of
    writing dates, and Parquet will do.

    Parameters
    ----------
    source : what `check_source` takes.
    columns : what each may hold, as `schema.json` says it.

    Raises
    ------
    ProjectError : it holds no table, a date may be read in two ways, or nothing lies in S3.
    """
    if source.startswith("s3://"):
        if objects_at(connection, source) == []:
            local = " in the local SageMaker, whose S3 is its own"
            raise ProjectError(
                f"nothing lies at {source}{local if connection.target == 'local' else ''}; name a "
                "CSV file of this machine, or another URI"
            )
        return source
    path = Path(source)
    table = _as_read(path, columns)
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / f"{path.resolve().name.partition('.')[0]}.csv"
        table.to_csv(written, index=False)
        return upload_file(connection, written)


def _as_read(path: Path, columns: Mapping[str, str | list[str]]) -> pd.DataFrame:
    """Return a table with numbers and dates as the model's code reads them."""
    found = read_source(path)
    table = found.table
    for name in table.columns:
        kind = columns.get(name)
        if isinstance(kind, str):
            try:
                table[name] = rewritten(table[name], kind, found.decimal_comma)
            except ValueError as error:
                raise ProjectError(f"{path}: column {name!r} {error}") from None
    return table


def scores_uri(connection: Connection, arn: str) -> str:
    """Return the S3 prefix that a run wrote its answers to.

    Parameters
    ----------
    arn : of a run of the scoring pipeline that has succeeded.
    """
    [step] = execution.steps(connection, arn)
    job = connection.sagemaker.describe_processing_job(
        ProcessingJobName=step.job_arn.rpartition("/")[2]
    )
    [output] = [
        one for one in job["ProcessingOutputConfig"]["Outputs"] if one["OutputName"] == SCORES
    ]
    return str(output["S3Output"]["S3Uri"])


def fetch(connection: Connection, uri: str, folder: Path) -> list[Path]:
    """Copy what lies under an S3 prefix into a folder, and return the files.

    Parameters
    ----------
    folder : is made when it is not there; files of the same names are replaced, each as a whole.
    """
    bucket, prefix = s3.split_uri(uri.rstrip("/") + "/")
    pages = connection.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    written = []
    for item in (item for page in pages for item in page.get("Contents", [])):
        path = folder / item["Key"].removeprefix(prefix)
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ProjectError(f"s3://{bucket}/{item['Key']} does not belong into a folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        # Another process may be copying to the same place.
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
        s3.download(connection, f"s3://{bucket}/{item['Key']}", unfinished)
        unfinished.replace(path)
        written.append(path)
    return written
