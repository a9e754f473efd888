"""The commands that judge the registered model versions."""

from typing import Annotated, Any

import typer

from data_science.cli.options import Limit
from project import console
from project.console import AsJson, Local

Number = Annotated[
    int, typer.Argument(min=1, help="Number of the version, as `ds versions` shows it.")
]
Reason = Annotated[str, typer.Option(help="Kept with the version; `ds versions` shows it.")]


def versions(local: Local = None, as_json: AsJson = False, limit: Limit = 20) -> None:
    """List the newest registered model versions: what they were made with, how good they are.

    The reason is the one that `ds approve` or `ds reject` gave.

    Example: ds versions --limit 5
    """
    from itertools import islice

    from data_science.cli.following import in_words
    from data_science.runs.versions import hyperparameters, metrics
    from project import registry
    from project.aws import connect
    from project.errors import ProjectError

    connection = connect(console.target(local))
    newest = islice(registry.summaries(connection, page=min(limit, registry.LARGEST_PAGE)), limit)
    rows: list[dict[str, Any]] = []
    for summary in newest:
        version = registry.version(connection, summary.number)
        row: dict[str, Any] = {
            "version": version.number,
            "approval": version.approval,
            "registered": version.created.isoformat(timespec="seconds"),
            "commit": version.metadata.get("git_commit", ""),
            "reason": version.package.get("ApprovalDescription", ""),
        }
        chosen = hyperparameters(version)
        row["hyperparameters"] = (
            chosen if as_json else ", ".join(f"{name} {value}" for name, value in chosen.items())
        )
        try:
            values, problem = metrics(connection, version), ""
        except ProjectError as error:
            values, problem = {}, str(error)
        rows.append({**row, "metrics": values if as_json else problem or in_words(values)})
    if not as_json:
        for row in rows:
            commit, dash, dirty = row["commit"].partition("-")
            row["commit"] = commit[:12] + dash + dirty
    head = ["version", "approval", "reason", "registered", "commit", "hyperparameters", "metrics"]
    console.print_rows(rows, head, as_json)


def approve(version: Number, reason: Reason = "", local: Local = None) -> None:
    """Approve a version for deployment, which is the event that the ops half acts on.

    Example: ds approve 3 --reason "better on the new data"
    """
    _decide(version, "Approved", reason, local)


def reject(version: Number, reason: Reason = "", local: Local = None) -> None:
    """Reject a version; ops will refuse to promote it.

    Example: ds reject 3 --reason "trained on the wrong month"
    """
    _decide(version, "Rejected", reason, local)


def _decide(number: int, approval: str, reason: str, local: Local) -> None:
    from project import contract, registry
    from project.aws import connect

    connection = connect(console.target(local))
    if approval == "Approved":
        found = registry.version(connection, number)
        contract.check(found.package, found.name, connection.project_id)
    registry.set_approval(connection, number, approval, reason)
    print(f"version {number}: {approval}")
