"""Runs of the pipeline on the local SageMaker, through the commands a data scientist types."""

import csv
import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data_science.cli import run as commands
from data_science.cli.following import follow
from data_science.config.declared import PIPELINE_PARAMETERS, declared_hyperparameters
from data_science.config.quality import METRICS
from data_science.config.settings import Quality, load_settings
from data_science.runs import execution, history, scoring, tracking
from data_science.runs.failure import of_script, plain
from data_science.runs.versions import metrics
from project import contract, registry, s3
from project.aws import Connection
from project.errors import InterruptedByUser, UsageError
from project.settings import ROOT
from tests.commands import call, run
from tests.data_science.tables import NUMBER, TARGET, made_up

FAR = 1_000_000.0
"""Stands for infinity, which is no value of a parameter."""
NO_RUN = "there is no run xxx; `ds runs` lists them"


@pytest.fixture(scope="module")
def data(connection: Connection) -> str:
    """Upload a table that the tests make up: a team's own may not be on every machine."""
    uri = f"{connection.prefix}/tests/dataset.csv"
    table = made_up()
    table.iloc[-1] = table.iloc[0]
    s3.write(connection, uri, table.to_csv(index=False).encode())
    return uri


@pytest.fixture(scope="module")
def quality(connection: Connection) -> Quality:
    return load_settings(connection.project.problem_type).quality


def thresholds(quality: Quality) -> tuple[float, float]:
    """Return one that every model reaches, and one that only a perfect model does."""
    metric = METRICS[quality.metric]
    bounds = max(metric.lowest, -FAR), min(metric.highest, FAR)
    return bounds[::-1] if quality.less_is_better else bounds


def run_pipeline(data: str, threshold: float, *more: str) -> "subprocess.CompletedProcess[str]":
    parameters = (f"InputDataUrl={data}", f"QualityThreshold={threshold}")
    options = [word for parameter in parameters for word in ("--param", parameter)]
    return call("ds", "run", "--local", *options, *more)


@pytest.fixture(scope="module")
def registered(connection: Connection, data: str, quality: Quality) -> registry.Version:
    done = run_pipeline(data, thresholds(quality)[0])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "    note: 1 of 200 rows are the same as another one; " in done.stdout
    newest = registry.newest(connection)
    assert newest is not None
    assert f"\nregistered version {newest.number}: " in done.stdout
    return newest


def test_a_run_registers_a_version_that_keeps_the_contract(
    connection: Connection, registered: registry.Version
) -> None:
    contract.check(registered.package, registered.name, connection.project_id)
    assert registered.approval == "PendingManualApproval"
    assert registered.metadata["pipeline_execution"].startswith("arn:aws:sagemaker:")
    model, payload = registered.container["ModelDataUrl"], registered.package["SamplePayloadUrl"]
    answers = registered.metadata[contract.EXPECTED_ANSWERS]
    digests = [s3.sha256(connection, uri) for uri in (model, payload, answers)]
    assert [registered.metadata[pin] for pin in contract.PINS] == digests
    assert registered.container["ModelDataETag"] == s3.etag(connection, model)


def test_the_model_card_tells_what_was_really_applied_and_measured(
    connection: Connection, registered: registry.Version, quality: Quality, data: str
) -> None:
    card = json.loads(registered.package["ModelCard"]["ModelCardContent"])
    details = card["additional_information"]["custom_details"]
    name, relation, applied = details["registered_if"].split()[:3]
    assert (name, relation) == (quality.metric, "<=" if quality.less_is_better else ">=")
    assert float(applied) == thresholds(quality)[0]
    group = card["evaluation_details"][0]["metric_groups"][0]
    evaluation = s3.read_json(connection, registered.metrics_uri)[group["name"]]
    measured = {name: one["value"] for name, one in evaluation.items() if "value" in one}
    told = {one["name"]: one["value"] for one in group["metric_data"] if one["type"] == "number"}
    assert told == pytest.approx(measured)
    training = card["training_details"]
    assert training["training_job_details"]["training_datasets"] == [data]
    assert training["training_observations"].startswith("160 rows of data with SHA-256 ")
    assert registered.metadata["data_hash"] in training["training_observations"]
    settings = load_settings(connection.project.problem_type)
    assert card["intended_uses"]["intended_uses"] == settings.model_card.intended_uses
    assert (
        card["additional_information"]["caveats_and_recommendations"] == settings.model_card.limits
    )


def test_a_run_is_described_for_mlflow_by_what_it_did(
    connection: Connection, registered: registry.Version, data: str, tmp_path: Path
) -> None:
    arn = registered.metadata["pipeline_execution"]
    run = history.earlier_run(connection, execution.run_id(arn))
    record = tracking.record(run)
    assert (record.arn, record.name, record.status) == (arn, run.id, "FINISHED")
    assert 0 < record.ended - record.started == pytest.approx(record.metrics["seconds"] * 1000, 100)
    assert record.parameters["InputDataUrl"] == data
    assert metrics(connection, registered).items() <= record.metrics.items()
    assert record.metrics.keys() >= {"seconds/Preprocess", "seconds/Train", "seconds/Evaluate"}
    assert record.tags["model_package"] == registered.arn
    assert record.tags["model_version"] == str(registered.number)
    assert record.tags["project_id"] == connection.project_id
    assert record.tags["target"] == "local"
    assert "mlflow.note.content" not in record.tags
    assert tracking.trial_records(run) == []
    tracking.save_evaluation(run, tmp_path)
    assert json.loads((tmp_path / "evaluation.json").read_text("utf-8"))
    assert "Evaluation of the model of" in (tmp_path / "report.html").read_text("utf-8")


def test_a_hyperparameter_that_does_not_fit_starts_nothing(
    connection: Connection, registered: registry.Version
) -> None:
    declared = declared_hyperparameters()
    if not declared:
        pytest.skip("data_science/steps/hyperparameters.json declares none")
    name, one = next(iter(declared.items()))
    before = len(execution.recent(connection, 20))
    done = call("ds", "run", "--local", "--param", f"{name}=%")
    assert done.returncode == 2
    assert f"{name} must be {one.expected}, not '%'" in " ".join(done.stderr.split())
    assert len(execution.recent(connection, 20)) == before


def test_pipeline_and_group_carry_the_tags(
    connection: Connection, registered: registry.Version
) -> None:
    client, project = connection.sagemaker, connection.project
    arns = [
        client.describe_pipeline(PipelineName=project.name)["PipelineArn"],
        client.describe_model_package_group(ModelPackageGroupName=project.model_package_group)[
            "ModelPackageGroupArn"
        ],
    ]
    for arn in arns:
        tags = client.list_tags(ResourceArn=arn)["Tags"]
        assert sorted(tags, key=lambda tag: tag["Key"]) == connection.tags


def test_the_same_work_is_not_done_again(
    connection: Connection, registered: registry.Version, data: str, quality: Quality
) -> None:
    if load_settings(connection.project.problem_type).cache_days == 0:
        pytest.skip("data_science/settings.yaml switches the cache off")
    runs = len(execution.recent(connection, 20))
    done = run_pipeline(data, thresholds(quality)[0])
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"\nversion {registered.number} is there: " in done.stdout
    assert len(execution.recent(connection, 20)) == runs
    forced = run_pipeline(data, thresholds(quality)[0], "--force")
    cached = [line.split()[0] for line in forced.stdout.splitlines() if line.endswith("cached")]
    assert {"Preprocess", "Train", "Evaluate"} <= set(cached), forced.stdout + forced.stderr
    client = connection.sagemaker
    newest = registry.newest(connection)
    assert newest is not None and newest.number == registered.number + 1
    client.delete_model_package(ModelPackageName=newest.arn)
    # What is compared is the whole of it, and its version must be there.
    document = json.loads(call("ds", "definition", "--local").stdout)
    source = execution.run_id(registered.metadata["pipeline_execution"])
    with_what = history.earlier_run(connection, source).values
    same = {name: str(value) for name, value in with_what.items()} | {"GitCommit": "another"}
    found = history.same_work(connection, document, same, 1)
    assert found is not None and found[1] is not None
    assert found[1].number == registered.number
    other = document | {"Steps": document["Steps"][:1]}
    assert history.same_work(connection, other, same, 1) is None
    assert history.same_work(connection, document, same | {"InputDataUrl": "s3://a/b"}, 1) is None
    assert history.same_work(connection, document, same, 0) is None


def test_the_same_asked_for_at_once_is_one_run(fresh: Connection) -> None:
    text = '{"Version": "2020-12-01", "Steps": [{"Name": "No", "Type": "Fail", "Arguments": {}}]}'
    pipeline = fresh.project.name

    def start(decided_on: str) -> str:
        return execution.start(fresh, {}, pipeline, decided_on=decided_on)

    execution.upsert(fresh, text, pipeline)
    seen = execution.decided_on(fresh, text, pipeline)
    with ThreadPoolExecutor(4) as pool:
        [first] = set(pool.map(start, [seen] * 8))
    for _ in execution.follow(fresh, first):
        pass
    # It failed: who asks then has seen it, and starts another one. So it is with another
    # definition, and with a pipeline of the same name that was made anew.
    again = start(execution.decided_on(fresh, text, pipeline))
    assert again != first
    assert execution.decided_on(fresh, text, pipeline) != execution.decided_on(fresh, "", pipeline)
    fresh.sagemaker.delete_pipeline(PipelineName=pipeline)
    execution.upsert(fresh, text, pipeline)
    anew = execution.decided_on(fresh, text, pipeline)
    assert anew != seen
    assert start(anew) not in (first, again)


def test_a_model_that_is_not_good_enough_is_not_registered(
    connection: Connection, registered: registry.Version, quality: Quality
) -> None:
    before = len(list(registry.summaries(connection)))
    noise = made_up()
    noise[TARGET] = noise[TARGET].sample(frac=1, random_state=0).to_numpy()
    uri = f"{connection.prefix}/tests/noise.csv"
    s3.write(connection, uri, noise.to_csv(index=False).encode())
    first = run_pipeline(uri, thresholds(quality)[1], "--no-wait")
    assert first.returncode == 0, first.stderr
    runs = len(execution.recent(connection, 100))
    # The same again, meanwhile, is not started again: it would register the model twice.
    done = run_pipeline(uri, thresholds(quality)[1], "--logs")
    if load_settings(connection.project.problem_type).cache_days:
        under_way = execution.run_id(execution.find(connection, None))
        assert f"run {under_way} is at the same; --force starts it again" in done.stdout
        assert len(execution.recent(connection, 100)) == runs
    assert "\n    trained on 160 rows" in done.stdout
    assert done.returncode == 1
    last = (done.stdout + done.stderr).splitlines()[-1]
    assert last.startswith(f"error: NotGoodEnough: {quality.metric} ")
    assert f"the threshold {thresholds(quality)[1]:g};" in last
    assert len(list(registry.summaries(connection))) == before


def test_bad_data_fail_the_run_with_their_own_line(connection: Connection) -> None:
    key = f"{connection.project.name}/bad/dataset.csv"
    connection.s3.put_object(Bucket=connection.bucket, Key=key, Body=b"other\n1\n")
    done = call("ds", "run", "--local", "--param", f"InputDataUrl=s3://{connection.bucket}/{key}")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: Preprocess: column ")
    assert last.endswith(": the column is missing (1 rows)")
    # It comes from the job itself, as it would in AWS, and is not printed twice.
    assert done.stdout.count("the column is missing") == 0
    told = call("ds", "logs").stdout.splitlines()[-1]
    assert told == last.replace("error: Preprocess:", "Preprocess failed:")


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("AlgorithmError: too few rows, exit code: 1", "too few rows"),
        ("column 'x', row 1: no number", "column 'x', row 1: no number"),
        (
            'AlgorithmError: ExecuteUserScriptError:\nExitCode 2\nErrorMessage ""\nCommand "x", '
            "exit code: 1",
            "",
        ),
        *[
            (reason, "the job was killed, most likely for lack of memory; give it a larger ")
            for reason in (
                "AlgorithmError: , exit code: 137",
                "AlgorithmError: trained on 10 rows, exit code: 137",
                "AlgorithmError: ExecuteUserScriptError:\nExitCode -9\nCommand, exit code: 1",
            )
        ],
    ],
)
def test_a_reason_is_told_in_one_line(reason: str, line: str) -> None:
    told = plain(reason)
    assert told.startswith(line)
    assert bool(told) == bool(line)
    assert "\n" not in told


def test_the_last_line_of_a_script_is_told_not_those_of_its_toolkit() -> None:
    # As the toolkit of the XGBoost container ends the log of a script that failed.
    script = ["Traceback (most recent call last):", "rounds must be an integer, not 'high'"]
    toolkit = [
        "[2026-11-24:16:43:06:ERROR] ExecuteUserScriptError:",
        'Command "/opt/venv/bin/python -m train --rounds high"',
    ]
    assert of_script([*script, *toolkit]) == of_script(script) == script


def test_a_version_is_approved_and_rejected(
    connection: Connection, registered: registry.Version
) -> None:
    number = str(registered.number)
    assert call("ds", "approve", number, "--reason", "good").returncode == 0
    approved = registry.version(connection, registered.number)
    assert (approved.approval, approved.package["ApprovalDescription"]) == ("Approved", "good")
    shown = json.loads(call("ds", "versions", "--json").stdout)
    assert [one["reason"] for one in shown if one["version"] == registered.number] == ["good"]
    assert call("ds", "reject", number).returncode == 0
    assert registry.version(connection, registered.number).approval == "Rejected"


def test_what_is_not_there_is_refused_in_one_line(registered: registry.Version) -> None:
    for arguments in (
        ("approve", "999"),
        ("run", "--local", "--param", "InputDataUrl=s3://somebodys/table.csv"),
    ):
        done = call("ds", *arguments)
        assert done.returncode == 1, arguments
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.splitlines()) == 1


def test_wrong_use_exits_with_2_and_starts_nothing(
    connection: Connection, registered: registry.Version, quality: Quality
) -> None:
    runs = len(execution.recent(connection, 20))
    wrong = {
        "--param=nonsense": "is not NAME=VALUE",
        "--param=NoSuch=1": "has no parameter NoSuch",
        "--param=QualityThreshold=high": "is of type Float",
        "--param=QualityThreshold=nan": "is of type Float",
        f"--param=QualityThreshold={-7 if quality.less_is_better else 7}": "threshold cannot be",
        "--param=InputDataUrl=/etc/passwd": "must be s3://bucket/key",
        "--param=InputDataUrl=s3://bucket": "must be s3://bucket/key",
        "--only=NoStep": "it has Preprocess, ",
        "--only=evaluate": "the pipeline has no step evaluate; did you mean Evaluate? It has Prep",
        "--from=a": "--from goes with --only",
        "--nothing": "No such option",
    }
    for argument, says in wrong.items():
        done = call("ds", "run", argument)
        assert done.returncode == 2, argument
        assert says in done.stderr.splitlines()[-1], done.stderr
    for command in (("logs",), ("retry",), ("stop",), ("trials",), ("report", "--no-open")):
        done = call("ds", *command, "--run", "xxx")
        assert (done.returncode, done.stderr) == (2, f"error: {NO_RUN}\n"), command
    for arguments in (("run", "--only", "Train", "--from", "xxx"), ("compare", "xxx")):
        done = call("ds", *arguments)
        assert done.returncode == 2, arguments
        assert NO_RUN in done.stderr
    meant = call("ds", "logs", "preprocess")
    assert meant.returncode == 2
    assert "no job of step preprocess in this run; did you mean Preprocess? It" in meant.stderr
    unknown = call("ds", "logs", "NoStep")
    assert unknown.returncode == 2
    assert "no job of step NoStep in this run; it has Preprocess" in unknown.stderr
    assert len(execution.recent(connection, 20)) == runs


def test_versions_runs_and_logs_are_shown(registered: registry.Version) -> None:
    versions = json.loads(call("ds", "versions", "--json").stdout)
    assert versions[-1]["metrics"]
    declared = declared_hyperparameters()
    assert set(versions[-1]["hyperparameters"]) == set(declared)
    oldest = json.loads(call("ds", "runs", "--json").stdout)[-1]
    assert oldest["status"] == "Succeeded"
    assert oldest["seconds"] > 0
    assert {*declared, *PIPELINE_PARAMETERS} == set(oldest["parameters"])
    first = oldest["run"]
    logged = call("ds", "logs", "Train", "--run", first)
    assert "Train: trained on " in logged.stdout, logged.stderr


def test_runs_are_compared_with_what_they_measured(
    connection: Connection, registered: registry.Version, tmp_path: Path
) -> None:
    arn = registered.metadata["pipeline_execution"]
    name = execution.run_id(arn)
    page = tmp_path / "page.html"
    done = call("ds", "compare", name, name, "--html", str(page))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].split() == [name, name]
    (one, _) = json.loads(call("ds", "compare", name, name, "--json").stdout)
    assert one["version"] == registered.number
    assert one["metrics"] == metrics(connection, registered)
    assert {"Preprocess", "Train", "Evaluate", "QualityGate", "Register"} <= set(one["steps"])
    instances = load_settings(connection.project.problem_type).instances
    assert one["steps"]["Train"]["instance"] == f"1 x {instances.training}"
    assert one["steps"]["Evaluate"]["instance"] == f"1 x {instances.processing}"
    assert one["steps"]["Register"]["instance"] == ""
    assert len(page.read_text("utf-8")) < 100_000


def test_the_cache_is_explained_as_it_then_works(
    connection: Connection, registered: registry.Version, data: str, quality: Quality
) -> None:
    if load_settings(connection.project.problem_type).cache_days == 0:
        pytest.skip("data_science/settings.yaml switches the cache off")
    parameters = {"InputDataUrl": data, "QualityThreshold": str(thresholds(quality)[0])}
    options = [
        word for name, value in parameters.items() for word in ("--param", f"{name}={value}")
    ]
    done = call("ds", "explain-cache", "--json", *options)
    assert done.returncode == 0, done.stderr
    found = {one["step"]: one for one in json.loads(done.stdout)}
    source = execution.run_id(registered.metadata["pipeline_execution"])
    for step in ("Preprocess", "Train", "Evaluate"):
        assert found[step]["becomes"] == f"cached, from run {source}"
    for step in ("Register", "NotGoodEnough"):
        assert found[step]["becomes"] == "runs if QualityGate chooses it"


def test_a_run_that_failed_goes_on_and_one_that_did_not_does_not(
    connection: Connection, registered: registry.Version
) -> None:
    bad = f"{connection.prefix}/tests/retried.csv"
    s3.write(connection, bad, b"other\n1\n")
    failed = call("ds", "run", "--local", "--param", f"InputDataUrl={bad}")
    assert failed.returncode == 1
    s3.write(connection, bad, made_up().to_csv(index=False).encode())
    retried = call("ds", "retry")
    newest = execution.find(connection, None)
    assert f"run {execution.run_id(newest)} goes on" in retried.stdout, retried.stderr
    steps = {step.name: step.status for step in execution.steps(connection, newest)}
    assert steps["Preprocess"] == steps["Train"] == steps["Evaluate"] == "Succeeded"
    done = call("ds", "retry", "--run", execution.run_id(registered.metadata["pipeline_execution"]))
    assert done.returncode == 1
    assert "has not failed: it is Succeeded" in done.stderr


def test_a_single_step_runs_on_what_an_earlier_run_left(
    connection: Connection, registered: registry.Version, data: str
) -> None:
    source = execution.run_id(registered.metadata["pipeline_execution"])
    options = ("--only", "Evaluate", "--from", source, "--param", f"InputDataUrl={data}")
    done = call("ds", "run", "--local", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = [line.split(maxsplit=2) for line in done.stdout.splitlines() if line.startswith("  ")]
    assert ["Train", "Succeeded", f"as in run {source}"] in shown
    assert {name for name, *_ in shown} == {"Preprocess", "Train", "Evaluate"}
    if load_settings(connection.project.problem_type).cache_days:
        assert "a step that did the same before is cached, also with --only" in done.stdout
    # It has but a part of what a run leaves, so it is no source for the next.
    partial = execution.find(connection, None)
    assert history.source_of(connection, None) != partial


def test_a_run_that_did_not_come_as_far_is_no_source(
    connection: Connection, registered: registry.Version, quality: Quality
) -> None:
    uri = f"{connection.prefix}/tests/wrong.csv"
    s3.write(connection, uri, b"nothing\n1\n")
    assert run_pipeline(uri, thresholds(quality)[0]).returncode == 1
    failed = execution.run_id(execution.find(connection, None))
    done = call("ds", "run", "--only", "Train", "--from", failed, "--param", f"InputDataUrl={uri}")
    assert done.returncode == 1
    [last] = done.stderr.splitlines()
    assert last.startswith(f"error: Train cannot go on from run {failed}; name with --from one in")


def test_the_report_of_a_version_or_a_run_is_copied_here(registered: registry.Version) -> None:
    source = execution.run_id(registered.metadata["pipeline_execution"])
    for words in ((str(registered.number),), ("--run", source)):
        done = run("ds", "report", *words, "--no-open")
        assert done.returncode == 0, done.stderr
        path = Path(done.stdout.strip())
        assert path.parent == ROOT / "data" / "reports"
        page = path.read_text("utf-8")
        assert "Evaluation of the model of" in page
        assert f", version {registered.number}, " in page
        assert f", run {source}, " in page
        path.unlink()
    both = run("ds", "report", "1", "--run", source)
    assert (both.returncode, both.stderr) == (2, "error: name a version or a run, not both\n")
    assert run("ds", "report", "999").returncode == 1


def test_a_version_whose_metrics_are_gone_does_not_hide_the_others(
    connection: Connection, registered: registry.Version
) -> None:
    uri = registered.metrics_uri
    before = s3.read(connection, uri)
    bucket, key = s3.split_uri(uri)
    try:
        connection.s3.delete_object(Bucket=bucket, Key=key)
        shown = call("ds", "versions")
        assert shown.returncode == 0, shown.stderr
        assert f"{uri} is not there; put it back" in shown.stdout
        s3.write(connection, uri, b'["no metrics"]')
        listed = json.loads(call("ds", "versions", "--json").stdout)
        measured = {one["version"]: one["metrics"] for one in listed}
        assert measured[registered.number] == {}
    finally:
        s3.write(connection, uri, before)


@pytest.mark.usefixtures("connection")
def test_the_definition_is_printed_and_nothing_else() -> None:
    done = run("ds", "definition", "--local")
    assert json.loads(done.stdout)["Version"] == "2020-12-01"


def test_the_project_is_left_clean() -> None:
    # What a run leaves behind lies in folders that git ignores.
    ignored = (ROOT / ".gitignore").read_text("utf-8")
    for folder in ("data/", ".cache/", ".sagemaker-local"):
        assert folder in ignored


def test_files_are_scored_beside_what_they_hold(
    registered: registry.Version, tmp_path: Path
) -> None:
    if NUMBER is None:
        pytest.skip("schema.json declares no number")
    table = made_up().drop(columns=TARGET).head(20)
    table.insert(0, "no feature", range(100, 120))
    table[NUMBER] = table[NUMBER].astype(object)
    table.loc[table.index[7], NUMBER] = "much"
    table.to_csv(tmp_path / "customers.csv", index=False, sep=";", decimal=",")

    done = run(
        *("ds", "score", str(tmp_path / "customers.csv"), "--local"),
        *("--version", str(registered.number), "--output", str(tmp_path / "answers")),
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"version {registered.number} answers" in done.stdout
    assert done.stdout.splitlines()[-1] == str(tmp_path / "answers" / "customers.csv")
    with (tmp_path / "answers" / "customers.csv").open(newline="") as file:
        answers = list(csv.DictReader(file))
    assert [row["no feature"] for row in answers] == [str(number) for number in range(100, 120)]
    assert [bool(row["prediction"]) for row in answers] == [row != 7 for row in range(20)]
    reason = f"column {NUMBER!r}: 'much' is not a finite number"
    assert [row["error"] for row in answers] == [reason * (row == 7) for row in range(20)]


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["nothing.csv"], 2, "error: nothing.csv is not there; name a CSV file"),
        (["s3://"], 1, "error: 's3://' is no S3 URI"),
        (
            ["s3://nobodys-bucket-of-all/nothing/", "--version", "1"],
            1,
            "error: nothing lies at s3://nobodys-bucket-of-all/nothing/ in the local SageMaker, "
            "whose S3 is its own; name a CSV file of this machine, or another URI",
        ),
        (["a.csv", "--version", "9999"], 1, "error: there is no version 9999"),
        (["a.csv", "--version", "1"], 1, "a.csv is empty"),
    ],
)
def test_what_cannot_be_scored_is_said_at_once(
    registered: registry.Version, tmp_path: Path, arguments: list[str], code: int, reason: str
) -> None:
    (tmp_path / "a.csv").touch()
    arguments = [str(tmp_path / one) if one == "a.csv" else one for one in arguments]
    done = call("ds", "score", "--local", *arguments)
    assert done.returncode == code
    assert reason in done.stderr


def test_an_interrupt_before_the_start_says_that_nothing_was_started(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise InterruptedByUser(signal.SIGINT)

    monkeypatch.setattr("data_science.config.settings.load_settings", interrupted)
    with pytest.raises(InterruptedByUser, match=r"^interrupted; no run was started$"):
        commands.run(local=[True])


def test_an_interrupt_while_a_run_is_followed_says_what_it_leaves(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise InterruptedByUser(signal.SIGINT)

    monkeypatch.setattr(execution, "follow", interrupted)
    with pytest.raises(InterruptedByUser, match=r"^interrupted; the run goes on, `ds stop`"):
        follow(connection, "arn")
    with pytest.raises(InterruptedByUser, match=r"^interrupted; the answers come$"):
        follow(connection, "arn", leaves="the answers come")


def test_answers_go_to_a_folder_that_there_is_or_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    scoring.check_output(tmp_path / "new" / "deep")
    scoring.check_output(tmp_path)
    for wrong in ("file", "file/below"):
        with pytest.raises(UsageError, match="is no folder that you may write to"):
            scoring.check_output(tmp_path / wrong)


def test_the_report_is_opened_and_nobody_waits_until_the_browser_is_closed(
    registered: registry.Version, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\necho "$1" > {tmp_path}/asked\necho noise\necho noise >&2\nsleep 9\n'
    )
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    began = time.monotonic()
    done = run("ds", "report", str(registered.number))
    assert time.monotonic() - began < 9
    assert (done.returncode, done.stderr) == (0, "")
    [path] = done.stdout.splitlines()
    assert (tmp_path / "asked").read_text() == f"{Path(path).as_uri()}\n"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems know a browser of their own")
def test_without_a_browser_it_is_said_who_is_to_open_the_report(
    registered: registry.Version, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    done = call("ds", "report", str(registered.number))
    assert done.returncode == 0
    assert done.stdout == f"{ROOT / 'data' / 'reports'}/version-{registered.number}.html\n"
    assert done.stderr == "note: no browser could be started here; open the file in one of yours\n"


def test_a_page_replaces_nothing_but_a_file(tmp_path: Path) -> None:
    done = call("ds", "compare", "a", "b", "--html", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == f"error: --html: {tmp_path} is there and is no file; name another\n"
