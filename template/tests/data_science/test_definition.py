"""The pipeline definition: deterministic, no hidden job, everything tagged."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data_science.config.declared import PIPELINE_PARAMETERS, declared_hyperparameters
from data_science.config.quality import check_positive, check_slices
from data_science.config.settings import Settings, load_settings
from data_science.pipeline import definition as compiler
from data_science.pipeline.bundle import Bundle, read_bundle
from project import contract
from project.aws import Connection
from project.errors import ProjectError
from project.settings import ROOT


@pytest.fixture(scope="module")
def settings(connection: Connection) -> Settings:
    return load_settings(connection.project.problem_type)


@pytest.fixture(scope="module")
def document(connection: Connection, settings: Settings) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(compiler.definition(connection, settings, read_bundle()))
    return parsed


def test_compiling_twice_gives_the_same_document(
    connection: Connection, settings: Settings, document: dict[str, Any]
) -> None:
    bundle = read_bundle()
    again = compiler.compile_pipeline(connection, settings)
    assert json.loads(compiler.with_hashes(json.dumps(again), bundle)) == document


def test_every_job_runs_a_script_of_ours(document: dict[str, Any]) -> None:
    # A team may add steps; what the SDK would add unasked, such as a repacking job, runs none.
    steps = {step["Name"]: step for step in document["Steps"]}
    ours = ["Preprocess", "Train", "Evaluate", "QualityGate"]
    assert [name for name in steps if name in ours] == ours
    for step in steps.values():
        if step["Type"] == "Processing":
            command = " ".join(step["Arguments"]["AppSpecification"]["ContainerEntrypoint"])
            assert f"/input/code/{step['Name'].lower()}.py" in command
        if step["Type"] == "Training":
            assert step["Arguments"]["HyperParameters"]["sagemaker_program"] == "train.py"
    gate = steps["QualityGate"]["Arguments"]
    assert [step["Type"] for step in gate["IfSteps"]] == ["RegisterModel"]
    assert [step["Type"] for step in gate["ElseSteps"]] == ["Fail"]


def test_the_names_kept_for_the_pipeline_are_its_parameters(document: dict[str, Any]) -> None:
    names = {parameter["Name"] for parameter in document["Parameters"]}
    assert names == {*PIPELINE_PARAMETERS, *declared_hyperparameters()}


def test_every_job_carries_the_tags(connection: Connection, document: dict[str, Any]) -> None:
    jobs = [step for step in document["Steps"] if step["Type"] in ("Processing", "Training")]
    assert [step["Arguments"]["Tags"] for step in jobs] == [connection.tags] * len(jobs)


def test_what_is_registered_keeps_the_contract(document: dict[str, Any]) -> None:
    (register,) = compiler.register_steps(document["Steps"])
    assert contract.missing(register["Arguments"]) == []
    (container,) = register["Arguments"]["InferenceSpecification"]["Containers"]
    assert container["Environment"] == contract.INFERENCE_ENVIRONMENT


def images(document: Any) -> set[str]:
    """Return the images that a definition names, wherever."""
    if isinstance(document, list):
        return {image for one in document for image in images(one)}
    if not isinstance(document, dict):
        return set()
    named = {document[key] for key in ("ImageUri", "TrainingImage", "Image") if key in document}
    return named | images(list(document.values()))


def test_an_image_of_ones_own_is_that_of_every_job_and_of_the_endpoint(
    connection: Connection, settings: Settings, document: dict[str, Any]
) -> None:
    own = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:1"
    changed = settings.model_copy(update={"image": own})
    assert images(compiler.compile_pipeline(connection, changed)) == {own}
    assert len(images(document)) == 1


def code_of(text: str) -> dict[str, str]:
    """Return the S3 URI of each step's code."""
    jobs = {step["Name"]: step["Arguments"] for step in json.loads(text)["Steps"]}
    uris = {"Train": jobs["Train"]["HyperParameters"]["sagemaker_submit_directory"]}
    for name in ("Preprocess", "Evaluate"):
        inputs = {one["InputName"]: one["S3Input"] for one in jobs[name]["ProcessingInputs"]}
        uris[name] = inputs["code"]["S3Uri"]
    return uris


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        ("preprocess.py", ["Preprocess"]),
        ("train.py", ["Train"]),
        ("model.py", ["Evaluate", "Train"]),
        ("hyperparameters.json", ["Evaluate", "Train"]),
        ("evaluate.py", ["Evaluate"]),
        ("metrics.py", ["Evaluate"]),
        ("report/page.py", ["Evaluate"]),
        ("schema.json", ["Evaluate", "Preprocess", "Train"]),
        ("requirements.txt", ["Evaluate", "Preprocess", "Train"]),
    ],
)
def test_a_change_counts_for_the_steps_that_need_the_file(
    connection: Connection, settings: Settings, changed: str, again: list[str]
) -> None:
    files = read_bundle().files
    before = compiler.definition(connection, settings, Bundle(files))
    other = files.get(changed, b"") + b"\n"
    after = compiler.definition(connection, settings, Bundle(files | {changed: other}))
    old, new = code_of(before), code_of(after)
    assert sorted(name for name in old if old[name] != new[name]) == again
    assert "hash-of-" not in before


def test_step_code_that_cannot_run_is_refused(connection: Connection, settings: Settings) -> None:
    files = read_bundle().files
    broken = Bundle(files | {"train.py": b"import os\ndef train(:\n"})
    with pytest.raises(ProjectError, match=r"^data_science/steps/train.py, line 2: invalid syntax"):
        compiler.definition(connection, settings, broken)
    gone = Bundle({name: content for name, content in files.items() if name != "evaluate.py"})
    with pytest.raises(ProjectError, match=r"steps/evaluate.py is missing; a step runs it$"):
        compiler.definition(connection, settings, gone)


def test_a_schema_that_does_not_fit_is_refused(connection: Connection, settings: Settings) -> None:
    files = read_bundle().files
    other = {"regression": ["a", "b"], "classification": "number"}[connection.project.problem_type]
    schema = {"target": "y", "columns": {"x": "number", "y": other}}
    with pytest.raises(ProjectError, match="does not fit the problem type"):
        compiler.definition(
            connection, settings, Bundle({**files, "schema.json": json.dumps(schema).encode()})
        )


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ("{", "is not valid JSON"),
        ("[]", "must hold"),
        ('{"target": "y", "columns": {"x": "numeric"}}', "column 'x' must be \"number\", "),
        ('{"target": "y", "columns": {"x": "number"}}', "the target 'y' is not among the columns"),
        (
            '{"target": ["y"], "columns": {"x": "number", "y": "number"}}',
            "the target must be the name of one column, not ['y']",
        ),
        ('{"target": "y", "columns": {"y": "number"}}', "there is no column beside the target"),
        (
            '{"target": "y", "columns": {"x": "number", "y": ["a", "b", "a"]}}',
            "column 'y' lists 'a' twice",
        ),
        (
            '{"target": "y", "columns": {"x": "number", "x": "number", "y": ["a", "b"]}}',
            "'x' is there twice",
        ),
        (
            '{"target": "y", "columns": {"x": ["a", " b"], "y": ["a", "b"]}}',
            "column 'x': the category ' b' is empty, or has spaces around it",
        ),
        (
            '{"target": "y", "columns": {"x": "number", "y": "category"}}',
            "the target 'y' must be \"number\" or the list of its classes, not 'category'",
        ),
        (
            '{"target": "y", "columns": {"x": "number", "y": ["a"]}}',
            "the target 'y' needs two categories or more",
        ),
        (
            '{"target": "y", "columns": {"x": "number", "y": ["a", "b"]}, "unseen": 1}',
            "'unseen' is not a key of it",
        ),
    ],
)
def test_a_malformed_schema_is_refused_in_one_line(schema: str, says: str) -> None:
    with pytest.raises(ProjectError) as refused:
        compiler.read_schema(Bundle({"schema.json": schema.encode()}), "classification")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_all_that_may_change_the_definition_counts_for_its_cache() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in compiler.sources()}
    assert {"project/aws.py", "project/tags.py", "project/settings.py"} <= names
    assert {"data_science/pipeline/pipeline.py", "data_science/runs/inputs.py"} <= names
    assert not [name for name in names if name.startswith("data_science/steps/")]


def test_a_default_of_the_sdk_is_not_taken_from_the_cache(
    connection: Connection, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = compiler.definition(connection, settings, read_bundle())
    defaults = tmp_path / "config.yaml"
    defaults.write_text(
        "SchemaVersion: '1.0'\nSageMaker:\n  TrainingJob:\n    EnableNetworkIsolation: true\n"
    )
    monkeypatch.setenv("SAGEMAKER_USER_CONFIG_OVERRIDE", str(defaults))
    after = compiler.definition(connection, settings, read_bundle())
    assert after.count('"EnableNetworkIsolation": true') > before.count(
        '"EnableNetworkIsolation": true'
    )


def test_a_step_is_tried_again_as_often_as_the_settings_say(
    connection: Connection, settings: Settings, document: dict[str, Any]
) -> None:
    assert not [step["Name"] for step in document["Steps"] if "RetryPolicies" in step]
    again = settings.model_copy(update={"retries": {"Train": 3}})
    steps = json.loads(compiler.definition(connection, again, read_bundle()))["Steps"]
    policies = {step["Name"]: step.get("RetryPolicies") for step in steps}
    assert [name for name, one in policies.items() if one] == ["Train"]
    assert [policy["MaxAttempts"] for policy in policies["Train"]] == [3, 3]
    kinds = {kind for policy in policies["Train"] for kind in policy["ExceptionType"]}
    assert {"Step.THROTTLING", "SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"} <= kinds
    unknown = settings.model_copy(update={"retries": {"Tran": 3}})
    with pytest.raises(ProjectError, match="key `retries`: the pipeline has no step Tran; it has"):
        compiler.definition(connection, unknown, read_bundle())


@pytest.mark.parametrize(
    ("target", "positive", "says"),
    [
        (["a", "b"], None, "name the class to find, a or b"),
        (["a", "b"], "c", "name the class to find, a or b, not c"),
        (["a", "b", "c"], "a", "only a target of two classes has one; remove it"),
        ("number", "a", "only a target of two classes has one; remove it"),
    ],
)
def test_a_positive_class_that_the_target_does_not_have_is_refused(
    target: Any, positive: str | None, says: str
) -> None:
    schema = {"target": "y", "columns": {"x": "number", "y": target}}
    with pytest.raises(ProjectError, match=rf"key `quality.positive`: {says}$"):
        check_positive(schema, positive)


@pytest.mark.parametrize(("target", "positive"), [(["a", "b"], "b"), ("number", None)])
def test_a_positive_class_that_fits_is_taken(target: Any, positive: str | None) -> None:
    check_positive({"target": "y", "columns": {"x": "number", "y": target}}, positive)


def test_slices_by_what_is_no_feature_are_refused() -> None:
    schema = {"target": "y", "columns": {"x": "number", "y": ["a", "b"]}}
    check_slices(schema, {"x": 0.5})
    for name in ("y", "z"):
        with pytest.raises(ProjectError, match=rf"key `quality.slices`: {name} is no feature of "):
            check_slices(schema, {"x": 0.5, name: 0.5})


def evaluation(connection: Connection, settings: Settings, **quality: Any) -> dict[str, Any]:
    """Return the Evaluate step of a pipeline with other quality rules, and the parameters."""
    rules = settings.quality.model_copy(update=quality)
    changed = settings.model_copy(update={"quality": rules})
    parsed = compiler.compile_pipeline(connection, changed)
    [step] = [step for step in parsed["Steps"] if step["Name"] == "Evaluate"]
    inputs = {
        one["InputName"]: one["S3Input"]["S3Uri"] for one in step["Arguments"]["ProcessingInputs"]
    }
    words = step["Arguments"]["AppSpecification"]["ContainerArguments"]
    given = list(zip(words[::2], words[1::2], strict=True))
    names = {parameter["Name"]: parameter for parameter in parsed["Parameters"]}
    return {"inputs": inputs, "given": given, "parameters": names}


def test_the_rules_of_the_settings_reach_the_step_that_judges(
    connection: Connection, settings: Settings
) -> None:
    metric = settings.quality.metric
    plain = evaluation(connection, settings)
    assert set(plain["inputs"]) == {"code", "model", "test"}
    threshold = {
        "Std:Join": {"On": "=", "Values": [metric, {"Get": "Parameters.QualityThreshold"}]}
    }
    assert ("--threshold", threshold) in plain["given"]
    assert ("--metric", metric) in plain["given"]
    more = evaluation(
        connection,
        settings,
        thresholds={"one": 0.5, "two": 0.25},
        slices={"where": 0.125},
        champion_margin=0.5,
        cross_validation=3,
    )
    assert set(more["inputs"]) == {"code", "model", "test", "champion", "train"}
    assert more["inputs"]["champion"] == {"Get": "Parameters.ChampionModelUrl"}
    for option, value in (
        ("--threshold", "one=0.5"),
        ("--threshold", "two=0.25"),
        ("--slice", "where=0.125"),
        ("--champion-margin", "0.5"),
        ("--champion-name", {"Get": "Parameters.ChampionName"}),
        ("--folds", "3"),
        ("--champion", "/opt/ml/processing/input/champion"),
        ("--train", "/opt/ml/processing/input/train"),
    ):
        assert (option, value) in more["given"]
    hyperparameters = [
        value["Std:Join"]["Values"]
        for option, value in more["given"]
        if option == "--hyperparameter"
    ]
    assert hyperparameters == [
        [name, {"Get": f"Parameters.{name}"}] for name in sorted(declared_hyperparameters())
    ]
    # A file that is there anyway, and no model: there is no champion unless `ds run` names one.
    assert more["parameters"]["ChampionModelUrl"]["DefaultValue"].endswith("/steps/evaluate.py")
    assert more["parameters"]["ChampionName"]["DefaultValue"] == "the one that the run names"
    assert not {"ChampionModelUrl", "ChampionName"} & set(plain["parameters"])


def test_a_model_is_registered_when_no_rule_is_broken(document: dict[str, Any]) -> None:
    [gate] = [step for step in document["Steps"] if step["Type"] == "Condition"]
    [condition] = gate["Arguments"]["Conditions"]
    assert (condition["Type"], condition["RightValue"]) == ("LessThanOrEqualTo", 0)
    assert condition["LeftValue"]["Std:JsonGet"]["Path"] == "quality_gate.broken_rules"


def test_nothing_imports_the_sdk_at_start() -> None:
    modules = "data_science.cli, data_science.pipeline.definition"
    code = f"import sys, {modules}; print('sagemaker' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


@pytest.mark.parametrize(
    ("key", "wrong", "what"),
    [
        ("processing", "ml.m5.lrge", "processing jobs"),
        ("training", "ml.m5.lrge", "training jobs"),
        ("inference", ["ml.m5.large", "ml.m5.lrge"], "endpoints"),
    ],
)
def test_an_instance_type_that_there_is_not_is_refused(
    connection: Connection, settings: Settings, key: str, wrong: Any, what: str
) -> None:
    instances = settings.instances.model_copy(update={key: wrong})
    with pytest.raises(ProjectError) as caught:
        compiler.compile_pipeline(connection, settings.model_copy(update={"instances": instances}))
    assert str(caught.value).startswith(
        f"data_science/settings.yaml: key `instances.{key}`: {what} do not run on ml.m5.lrge, as "
        "far as the installed boto3 knows; use one like ml.m5.large"
    )


def test_a_region_without_an_image_is_refused_in_one_line(
    connection: Connection, settings: Settings
) -> None:
    project = connection.project.model_copy(update={"region": "mx-central-1"})
    there = dataclasses.replace(connection, project=project)
    of_framework = settings.model_copy(update={"image": None})
    with pytest.raises(ProjectError, match=r"key `region`: .* no \w+ image in mx-cent"):
        compiler.compile_pipeline(there, of_framework)
