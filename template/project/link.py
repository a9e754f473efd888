"""Links the project to its SageMaker Project by writing the id into `project.yaml`."""

import os
import re
import shutil
from pathlib import Path

from project.aws import aws_session
from project.aws_errors import found
from project.errors import ProjectError
from project.settings import ROOT, Project

_ID_LINE = re.compile(rb"^id:[^#\r\n]*?(?P<comment>[ \t]*#[^\r\n]*)?(?=\r?$)", re.MULTILINE)


def find_project_id(project: Project, sagemaker_name: str) -> str:
    """Return the id of a SageMaker Project in AWS.

    Parameters
    ----------
    project : gives the region.
    sagemaker_name : the SageMaker Project's name.

    Raises
    ------
    ProjectError : there is none of that name, it is not ready, there is no such region, or the
        shell points AWS clients to the local SageMaker.
    """
    client = aws_session(project.region).create_client("sagemaker", region_name=project.region)
    linked = found(lambda: client.describe_project(ProjectName=sagemaker_name))
    if linked is None:
        raise ProjectError(
            f"there is no SageMaker Project {sagemaker_name} in {project.region}; create it in "
            f"Studio, or name another one with --name"
        )
    status = linked["ProjectStatus"]
    if status not in ("CreateCompleted", "UpdateCompleted"):
        raise ProjectError(
            f"the SageMaker Project {sagemaker_name} is not ready but in state {status}; "
            "wait, or look in Studio what went wrong"
        )
    return str(linked["ProjectId"])


def write_project_id(project_id: str, path: Path = ROOT / "project.yaml") -> None:
    """Write the id into `project.yaml`, leaving every other byte as it is.

    Raises
    ------
    ProjectError : the file has no `id` line.
    """
    new = f"id: {project_id}".encode()
    changed, lines = _ID_LINE.subn(
        lambda old: new + (old["comment"] or b""), path.read_bytes(), count=1
    )
    if lines == 0:
        raise ProjectError(f"{path.name} has no line `id:`; add the line `id: null` to it")
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(changed)
    shutil.copymode(path, unfinished)
    unfinished.replace(path)
