"""A run with every quality rule: what the gate compares, and what the model card says of it."""

import json
from typing import Any

import pytest

from data_science.cli.following import follow
from data_science.config.settings import Settings, load_settings
from data_science.pipeline.bundle import read_bundle
from data_science.pipeline.definition import definition
from data_science.runs import execution, history, inputs
from project import registry, s3
from project.aws import Connection
from tests.commands import call
from tests.data_science.tables import CLASSES, LIMIT, METRIC, POSITIVE, SCHEMA, TARGET, made_up

FEATURE = next(name for name in SCHEMA["columns"] if name != TARGET)


def asked(connection: Connection) -> Settings:
    """Return settings with every quality rule, all of them easy."""
    settings = load_settings(connection.project.problem_type)
    other = {"mse": 1e12} if CLASSES == "number" else {"auc": 0.0}
    rules = settings.quality.model_copy(
        update={
            "metric": METRIC,
            "threshold": LIMIT,
            "positive": POSITIVE,
            "thresholds": other,
            "slices": {FEATURE: LIMIT},
            "champion_margin": 1e9 if CLASSES == "number" else 1.0,
            "cross_validation": 3,
        }
    )
    return settings.model_copy(update={"quality": rules, "cache_days": 30})


def run(connection: Connection, rows: int, settings: Settings) -> registry.Version:
    """Run the pipeline on a table of so many rows, and return what it registered."""
    uri = f"{connection.prefix}/tests/{rows}.csv"
    s3.write(connection, uri, made_up(rows).to_csv(index=False).encode())
    bundle = read_bundle()
    text = definition(connection, settings, bundle)
    bundle.upload(connection)
    execution.upsert(connection, text, connection.project.name)
    given = {"InputDataUrl": uri}
    parameters, _ = inputs.with_usual(
        connection, settings, json.loads(text), given, inputs.input_uri
    )
    arn = execution.start(connection, parameters, connection.project.name)
    follow(connection, arn)
    newest = registry.newest(connection)
    assert newest is not None
    return newest


def gate(connection: Connection, version: registry.Version) -> dict[str, dict[str, Any]]:
    document = s3.read_json(connection, version.metrics_uri)
    return {one["rule"]: one for one in document["quality_gate"]["rules"]}


def test_a_model_is_judged_beside_the_newest_approved_version(
    fresh: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = asked(fresh)
    monkeypatch.setattr("project.aws.connect", lambda target: fresh)
    monkeypatch.setattr("data_science.config.settings.load_settings", lambda kind: settings)
    first = run(fresh, 200, settings)
    beside = f"{METRIC} beside the champion"
    rules = gate(fresh, first)
    assert rules[beside]["kept"] == "not judged"
    assert rules[METRIC]["kept"] is True
    assert [rule for rule in rules if f"where {FEATURE} is" in rule]
    registry.set_approval(fresh, first.number, "Approved", "")
    # The same again would make what is the champion now.
    text = definition(fresh, settings, read_bundle())
    given = {"InputDataUrl": f"{fresh.prefix}/tests/200.csv"}
    parameters, _ = inputs.with_usual(fresh, settings, json.loads(text), given, inputs.input_uri)
    assert parameters["ChampionModelUrl"] == first.container["ModelDataUrl"]
    called = f"version {first.number} of group {fresh.project.model_package_group}"
    assert parameters["ChampionName"] == called
    same = history.same_work(fresh, json.loads(text), parameters, 1)
    assert same is not None and same[1] is not None and same[1].number == first.number
    option = f"--param=InputDataUrl={given['InputDataUrl']}"
    source = execution.run_id(first.metadata["pipeline_execution"])
    done = call("ds", "run", "--local", option)
    says = f"nothing to do: run {source} did the same, and its model is the champion; --force"
    assert says in done.stdout, done.stdout + done.stderr
    # A single step is run all the same, beside the champion.
    explained = call("ds", "explain-cache", "--local", "--json", option)
    because = {one["step"]: one["reason"] for one in json.loads(explained.stdout)}
    assert because["Train"] == ""
    assert because["Evaluate"] == f"since run {source}: it compares with another champion"
    # Where the champion is another model, the run must compare with that.
    another = {**parameters, "ChampionModelUrl": f"{fresh.prefix}/another/model.tar.gz"}
    assert history.same_work(fresh, json.loads(text), another, 1) is None
    second = run(fresh, 240, settings)
    assert second.number == first.number + 1
    compared = gate(fresh, second)[beside]
    assert compared["kept"] is True
    assert "beside the champion's" in compared["says"]
    page = s3.read(fresh, f"{second.metrics_uri.rpartition('/')[0]}/report.html").decode()
    assert "Cross-validation: the training set in 3 parts" in page
    assert f"The champion is {called}; it may have learnt" in page
    check_card(json.loads(second.package["ModelCard"]["ModelCardContent"]))


def check_card(card: dict[str, Any]) -> None:
    """Refuse a card that breaks SageMaker's schema.

    The SDK's shapes have its types, patterns and lengths. What they leave open is that no other
    keys are allowed ("Model package model card schema" in the developer guide).
    """
    shapes = pytest.importorskip("sagemaker.core.shapes.model_card_shapes")
    shapes.ModelCardContent.model_validate(card)
    overview = {"model_creator", "model_artifact"}
    allowed = {
        "model_overview": overview,
        "intended_uses": set(shapes.IntendedUses.model_fields),
        "business_details": set(shapes.BusinessDetails.model_fields),
        "training_details": set(shapes.TrainingDetails.model_fields),
        "additional_information": set(shapes.AdditionalInformation.model_fields),
    }
    assert set(card) <= {*allowed, "evaluation_details"}
    for part, keys in allowed.items():
        assert set(card.get(part, {})) <= keys
    job = card["training_details"]["training_job_details"]
    assert set(job) <= set(shapes.TrainingJobDetails.model_fields)
    assert all(isinstance(one["value"], str) for one in job["user_provided_hyper_parameters"])
    for details in card["evaluation_details"]:
        assert set(details) <= set(shapes.EvaluationDetailsItem.model_fields)
        for group in details["metric_groups"]:
            assert set(group) == {"name", "metric_data"}
            for metric in group["metric_data"]:
                kinds = {"number": float, "string": str, "matrix": list}
                assert isinstance(metric["value"], kinds[metric["type"]] | int)
                assert set(metric) <= set(shapes.MatrixMetric.model_fields)
                assert len(str(metric.get("notes", ""))) <= 1024
                if metric["type"] == "string":
                    assert len(str(metric["value"])) <= 63
    assert all(
        isinstance(value, str) and len(value) <= 1024
        for value in card["additional_information"]["custom_details"].values()
    )
