"""The `ds` command: what a data scientist does with the pipeline and its models."""

from data_science.cli import adopt, report, run, runs, score, track, versions
from project import console

app = console.application("Run the SageMaker pipeline and judge the models it registers.")
app.command()(adopt.adopt)
app.command()(run.definition)
app.command()(run.run)
app.command("runs")(runs.list_runs)
app.command()(runs.compare)
app.command()(report.report)
app.command()(runs.explain_cache)
app.command()(runs.logs)
app.command()(runs.retry)
app.command()(runs.stop)
app.command()(runs.trials)
app.command()(score.score)
app.add_typer(track.app, name="track")
app.command()(versions.versions)
app.command()(versions.approve)
app.command()(versions.reject)


def main() -> None:
    """Run the command line."""
    console.run(app)
