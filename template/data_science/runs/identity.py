"""Says which model a copied evaluation report is about: its page cannot know, as steps are cached.

The same evaluation may serve several runs, so what tells them apart is written into the copy.
"""

from collections.abc import Mapping
from html import escape

from data_science.runs import comparison, execution, versions
from data_science.runs.history import EarlierRun
from project.registry import Version


def of_version(project: str, version: Version) -> dict[str, str]:
    """Return what a version says of itself, by what it is called; nothing that it does not say."""
    known = version.metadata
    return _known(
        {
            "project": project,
            "version": str(version.number),
            "registered": version.created.isoformat(timespec="seconds"),
            "run": execution.run_id(known.get("pipeline_execution", "")),
            "commit": known.get("git_commit", ""),
            "data SHA-256": known.get("data_hash", ""),
            "hyperparameters": comparison.in_words(versions.hyperparameters(version)),
        }
    )


def of_run(project: str, run: EarlierRun) -> dict[str, str]:
    """Return what is known of a run, by what it is called."""
    registered = execution.registered_version(run.steps)
    return _known(
        {
            "project": project,
            "version": "" if registered is None else str(registered),
            "run": run.id,
            "started": run.started.isoformat(timespec="seconds"),
            "commit": str(run.values.get("GitCommit", "")),
            "data": str(run.values.get("InputDataUrl", "")),
            "parameters": comparison.in_words(comparison.described(run)["parameters"]),
        }
    )


def written_into(page: str, facts: Mapping[str, str]) -> str:
    """Return a report with the facts below its title; as it is when it has no title."""
    line = ", ".join(f"{name} {text}" for name, text in facts.items())
    return page.replace("</h1>", f'</h1><p class="note">{escape(line)}</p>', 1)


def _known(facts: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in facts.items() if text}
