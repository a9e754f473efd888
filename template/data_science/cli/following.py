"""Shows a run while it goes, and ends with why it failed or what it registered."""

from data_science.runs import execution
from data_science.runs.failure import failure
from data_science.runs.logs import job_log
from data_science.runs.trials import jobs_of
from data_science.runs.versions import metrics
from project.aws import Connection
from project.console import leaving
from project.errors import ProjectError
from project.registry import version

NOTE = "note: "
"""With this a step begins a line that a person should see of a run that succeeds."""

_SHOWN = 10
"""So many of the last lines of a job that failed are shown."""

STOPPABLE = "the run goes on, `ds stop` stops it"
"""What an interruption says of a run of the pipeline."""


def follow(connection: Connection, arn: str, logs: bool = False, leaves: str = STOPPABLE) -> None:
    """Print each step of a run as it ends, and what was registered.

    Parameters
    ----------
    arn : of the run.
    logs : whether what the jobs printed is shown as well. What Preprocess notes of the data, and
        the end of what a failed job printed, always are.
    leaves : what an interruption says that it leaves.

    Raises
    ------
    ProjectError : the run failed or was stopped.
    """
    shown: set[str] = set()
    steps: list[execution.Step] = []
    with leaving(leaves):
        for steps in execution.follow(connection, arn):
            for step in steps:
                if step.name not in shown and step.status not in ("Starting", "Executing"):
                    shown.add(step.name)
                    print(f"  {step.name:<14} {step.status:<10} {_how(step)}", flush=True)
                    for line in _printed(connection, step, logs):
                        print(f"    {line}", flush=True)
    state = execution.status(connection, arn)
    if state != "Succeeded":
        found = failure(connection, steps)
        if found is not None:
            for line in found.printed if logs else found.printed[-_SHOWN:]:
                print(f"    {line}")
            raise ProjectError(f"{found.step}: {found.cause}")
        raise ProjectError(f"run {execution.run_id(arn)}: {state.lower()}")
    number = execution.registered_version(steps)
    if number is not None:
        values = metrics(connection, version(connection, number))
        print(f"registered version {number}: {in_words(values)}")


def _printed(connection: Connection, step: execution.Step, logs: bool) -> list[str]:
    """Return what a step that has succeeded printed: all of it, or what a person should note."""
    asked = logs or step.name == "Preprocess"
    if not asked or not step.has_jobs or step.reused_from or step.status == "Failed":
        return []
    try:
        lines = [
            f"{name}: {line}" if step.tuning_job else line
            for name, job in jobs_of(connection, step)
            for line in job_log(connection, job)
        ]
    except connection.logs.exceptions.ClientError:
        # In AWS not everybody who starts a run may read its logs.
        if logs:
            raise
        return []
    return lines if logs else [line for line in lines if line.startswith(NOTE)]


def _how(step: execution.Step) -> str:
    if step.cached:
        return "cached"
    if step.reused_from:
        return f"as in run {execution.run_id(step.reused_from)}"
    # A Fail step has no job that took its time, and no log that says more.
    return step.reason if step.reason and not step.job_arn else f"{step.seconds:.1f} s"


def in_words(values: dict[str, float]) -> str:
    """Return metrics by name as words for a line."""
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())
