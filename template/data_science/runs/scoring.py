"""Batch scoring: which version answers, where the files are, and where the answers lie."""

import tempfile
from pathlib import Path

from data_science.adopt.source import read_source
from data_science.runs import execution
from data_science.runs.inputs import upload_file
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


def input_uri(connection: Connection, source: str) -> str:
    """Return the S3 URI of the rows to score, after uploading what is here.

    What is here is read as `ds adopt` reads it, so any separator, encoding and Parquet will do.

    Parameters
    ----------
    source : what `check_source` takes.

    Raises
    ------
    ProjectError : it holds no table.
    """
    if source.startswith("s3://"):
        return source
    path = Path(source)
    table = read_source(path).table
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / f"{path.resolve().name.partition('.')[0]}.csv"
        table.to_csv(written, index=False)
        return upload_file(connection, written)


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
        unfinished = path.with_name(f".{path.name}.part")
        s3.download(connection, f"s3://{bucket}/{item['Key']}", unfinished)
        unfinished.replace(path)
        written.append(path)
    return written
