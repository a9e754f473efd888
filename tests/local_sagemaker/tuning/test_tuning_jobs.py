"""Tuning jobs on a real server: real training jobs with the values that were chosen."""

import re

import pytest
from definitions import definition, step
from kit import BUCKET, ROLE, refusal, training, wait_until, without

# The best depth is 3; the mood says how the trial ends.
SCRIPT = """
import argparse, json, os, pathlib, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("--depth", type=int)
parser.add_argument("--mood", default="well")
parser.add_argument("--fixed")
parser.add_argument("--rate", type=float)
parsed = parser.parse_args()
config = json.loads(pathlib.Path("/opt/ml/input/config/hyperparameters.json").read_text())
print("config", config["_tuning_objective_metric"], config["depth"], parsed.fixed)
pathlib.Path("/opt/ml/model/x").write_text(str(parsed.depth))
print("loss: 99;")
if parsed.mood == "badly":
    sys.exit("no luck")
if parsed.mood == "slowly":
    time.sleep(60)
if parsed.mood != "silently":
    print(f"error: {(parsed.depth - 3) ** 2}.5; loss: {parsed.depth};")
"""
METRICS = [
    {"Name": "error", "Regex": r"error: ([0-9.]+);"},
    {"Name": "loss", "Regex": r"loss: ([0-9.]+);"},
]
INTEGER = {"Name": "depth", "MinValue": "1", "MaxValue": "5"}


def tuning(local, name, *, ranges=None, objective="Minimize", most=5, parallel=2, **changes):
    """Return the request for a tuning job of the script."""
    job = training(
        local, name, SCRIPT, hyperparameters={"fixed": "yes"} | changes.pop("static", {})
    )
    algorithm = job["AlgorithmSpecification"] | {"MetricDefinitions": METRICS}
    members = ("RoleArn", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    config = {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {"Type": objective, "MetricName": "error"},
        "ResourceLimits": {
            **({"MaxNumberOfTrainingJobs": most} if most else {}),
            "MaxParallelTrainingJobs": parallel,
        },
        "ParameterRanges": ranges or {"IntegerParameterRanges": [INTEGER]},
        "RandomSeed": 1,
        **changes.pop("config", {}),
    }
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": config,
        "TrainingJobDefinition": {
            "StaticHyperParameters": job["HyperParameters"],
            "AlgorithmSpecification": algorithm,
            **{member: job[member] for member in members},
            **changes.pop("training", {}),
        },
        **changes,
    }


def describe(local, name):
    return local.sm.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


def run(local, name, **options):
    local.sm.create_hyper_parameter_tuning_job(**tuning(local, name, **options))
    return wait(local, name)


def wait(local, name):
    return wait_until(
        lambda: describe(local, name),
        lambda job: job["HyperParameterTuningJobStatus"] not in ("InProgress", "Stopping"),
    )


def trials(local, name, **options):
    return local.sm.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, **options
    )["TrainingJobSummaries"]


def values(summaries, name="depth"):
    return [summary["TunedHyperParameters"][name] for summary in summaries]


def outcome(job):
    states = {k: n for k, n in job["TrainingJobStatusCounters"].items() if n}
    objectives = {k: n for k, n in job["ObjectiveStatusCounters"].items() if n}
    return job["HyperParameterTuningJobStatus"], states, objectives


def test_every_value_is_tried_and_the_best_found(local):
    tags = [{"Key": "project", "Value": "p"}]
    job = run(local, "all", Tags=tags, training={"DefinitionName": "only"})
    assert outcome(job) == ("Completed", {"Completed": 5}, {"Succeeded": 5})
    assert job["HyperParameterTuningEndTime"] >= job["CreationTime"]
    arn = job["HyperParameterTuningJobArn"]
    assert arn.endswith(":hyper-parameter-tuning-job/all")
    static = job["TrainingJobDefinition"]["StaticHyperParameters"]
    assert static["_tuning_objective_metric"] == "error"
    best = job["BestTrainingJob"]
    assert best["TunedHyperParameters"] == {"depth": "3"}
    assert best["FinalHyperParameterTuningJobObjectiveMetric"] == {
        "Type": "Minimize",
        "MetricName": "error",
        "Value": 0.5,
    }
    assert (best["ObjectiveStatus"], best["TrainingJobDefinitionName"]) == ("Succeeded", "only")
    assert best["TrainingStartTime"] <= best["TrainingEndTime"]
    found = trials(local, "all")
    assert sorted(values(found)) == ["1", "2", "3", "4", "5"]
    for number, summary in enumerate(found, 1):
        assert re.fullmatch(rf"all-{number:03}-[0-9a-f]{{8}}", summary["TrainingJobName"])
    trial = local.sm.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert trial["TuningJobArn"] == arn
    assert (trial["HyperParameters"]["depth"], trial["HyperParameters"]["fixed"]) == ("3", "yes")
    finals = {one["MetricName"]: one["Value"] for one in trial["FinalMetricDataList"]}
    assert finals == {"error": 0.5, "loss": 3.0}
    assert local.sm.list_tags(ResourceArn=trial["TrainingJobArn"])["Tags"] == tags
    assert "config error 3 yes" in local.log("TrainingJobs", best["TrainingJobName"]).read_text()
    (listed,) = local.sm.list_hyper_parameter_tuning_jobs(NameContains="all")[
        "HyperParameterTuningJobSummaries"
    ]
    assert (listed["Strategy"], listed["ResourceLimits"]["MaxNumberOfTrainingJobs"]) == (
        "Random",
        5,
    )
    assert listed["TrainingJobStatusCounters"] == job["TrainingJobStatusCounters"]


def test_list_of_trials(local):
    run(local, "list")
    by_value = trials(local, "list", SortBy="FinalObjectiveMetricValue")
    finals = [one["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for one in by_value]
    assert finals == [0.5, 1.5, 1.5, 4.5, 4.5]
    backwards = trials(local, "list", SortBy="CreationTime", SortOrder="Descending")
    assert values(backwards) == values(trials(local, "list"))[::-1]
    assert trials(local, "list", StatusEquals="Failed") == []
    pages = local.sm.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName="list", PaginationConfig={"PageSize": 2}
    )
    assert [len(page["TrainingJobSummaries"]) for page in pages] == [2, 2, 1]


def test_one_seed_tries_the_same_values_and_the_greatest_can_be_the_best(local):
    wide = {"ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0.001", "MaxValue": "1"}]}
    ranges = {"IntegerParameterRanges": [INTEGER], **wide}
    for name in ("seed-a", "seed-b"):
        job = run(local, name, ranges=ranges, most=3, parallel=1, objective="Maximize")
        best = job["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        found = trials(local, name)
        assert best == max((int(x) - 3) ** 2 + 0.5 for x in values(found))
    first, second = trials(local, "seed-a"), trials(local, "seed-b")
    assert values(first) == values(second)
    assert values(first, "rate") == values(second, "rate")


def test_grid(local):
    categories = [{"Name": "depth", "Values": ["1", "2"]}, {"Name": "mood", "Values": ["a", "b"]}]
    ranges = {"CategoricalParameterRanges": categories}
    job = run(local, "grid", ranges=ranges, most=None, parallel=1, config={"Strategy": "Grid"})
    assert outcome(job) == ("Completed", {"Completed": 4}, {"Succeeded": 4})
    found = trials(local, "grid")
    assert [*zip(values(found), values(found, "mood"), strict=True)] == [
        *(("1", "a"), ("1", "b"), ("2", "a"), ("2", "b")),
    ]


def test_bayesian(local):
    pytest.importorskip("sklearn")
    job = run(local, "bayes", most=5, parallel=1, config={"Strategy": "Bayesian"})
    assert outcome(job) == ("Completed", {"Completed": 5}, {"Succeeded": 5})
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"depth": "3"}


def test_several_definitions_in_turn(local):
    request = tuning(local, "several", most=4, parallel=1)
    objective = request["HyperParameterTuningJobConfig"].pop("HyperParameterTuningJobObjective")
    ranges = request["HyperParameterTuningJobConfig"].pop("ParameterRanges")
    definition = request.pop("TrainingJobDefinition")
    request["TrainingJobDefinitions"] = [
        definition
        | {
            "DefinitionName": name,
            "TuningObjective": objective,
            "HyperParameterRanges": ranges,
            "StaticHyperParameters": definition["StaticHyperParameters"] | {"mood": name},
        }
        for name in ("well", "better")
    ]
    local.sm.create_hyper_parameter_tuning_job(**request)
    job = wait(local, "several")
    assert outcome(job) == ("Completed", {"Completed": 4}, {"Succeeded": 4})
    found = trials(local, "several")
    names = [one["TrainingJobDefinitionName"] for one in found]
    assert names == ["well", "better", "well", "better"]
    for one in found:
        trial = local.sm.describe_training_job(TrainingJobName=one["TrainingJobName"])
        assert trial["HyperParameters"]["mood"] == one["TrainingJobDefinitionName"]
    both = request | {"TrainingJobDefinition": definition, "HyperParameterTuningJobName": "both"}
    assert "exactly one of" in refusal(local.sm.create_hyper_parameter_tuning_job, **both)[1]


def test_trials_that_fail_or_say_nothing(local):
    ends = [{"Name": "mood", "Values": ["well", "badly", "silently"]}]
    ranges = {
        "CategoricalParameterRanges": ends,
        "IntegerParameterRanges": [INTEGER | {"MaxValue": "1"}],
    }
    job = run(local, "mixed", ranges=ranges, most=3)
    assert outcome(job) == (
        "Completed",
        {"Completed": 2, "NonRetryableError": 1},
        {"Succeeded": 1, "Failed": 2},
    )
    found = {one["TunedHyperParameters"]["mood"]: one for one in trials(local, "mixed")}
    assert found["well"]["TrainingJobName"] == job["BestTrainingJob"]["TrainingJobName"]
    assert found["badly"]["TrainingJobStatus"] == "Failed"
    assert "no luck" not in found["badly"]["FailureReason"]
    assert found["badly"]["FailureReason"].startswith("AlgorithmError: ")
    silent = found["silently"]
    assert (silent["TrainingJobStatus"], silent["ObjectiveStatus"]) == ("Completed", "Failed")
    assert "FinalHyperParameterTuningJobObjectiveMetric" not in silent


def test_nothing_but_failures(local):
    job = run(local, "hopeless", most=2, static={"mood": "badly"})
    assert outcome(job) == ("Failed", {"NonRetryableError": 2}, {"Failed": 2})
    assert job["FailureReason"].startswith("No training job succeeded after 2 attempts. ")
    assert "BestTrainingJob" not in job


def test_stop_stops_the_trials(local):
    local.sm.create_hyper_parameter_tuning_job(
        **tuning(local, "stopped", static={"mood": "slowly"}, training={"StoppingCondition": {}})
    )
    wait_until(
        lambda: trials(local, "stopped"),
        lambda found: [one for one in found if "TrainingStartTime" in one][1:],
    )
    counters = describe(local, "stopped")["TrainingJobStatusCounters"]
    assert counters["InProgress"] == 2
    local.sm.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="stopped")
    job = wait(local, "stopped")
    assert outcome(job) == ("Stopped", {"Stopped": 2}, {"Failed": 2})
    assert "FailureReason" not in job


def test_a_restart_fails_it_with_its_trials(own):
    own.sm.create_hyper_parameter_tuning_job(
        **tuning(own, "cut", static={"mood": "slowly"}, parallel=1)
    )
    wait_until(lambda: trials(own, "cut"), bool)
    own.kill()
    own.up()
    job = describe(own, "cut")
    assert outcome(job) == ("Failed", {"NonRetryableError": 1}, {"Failed": 1})
    assert job["FailureReason"] == "the local SageMaker was stopped while it ran"
    assert own.status["running"] == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"config": {"Strategy": "Hyperband"}}, "Strategy = 'Hyperband'"),
        ({"config": {"Strategy": "Grid"}}, "categories alone"),
        (
            {
                "ranges": {"CategoricalParameterRanges": [{"Name": "depth", "Values": ["1", "2"]}]},
                "config": {"Strategy": "Grid"},
            },
            "number of combinations, 2,",
        ),
        (
            {"most": 6},
            "the provided ranges [5.0] must be equal or greater than the value of "
            "MaxNumberOfJobs, [6]. Provide additional ranges.",
        ),
        (
            {
                "config": {
                    "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "f1"}
                }
            },
            "A metric is required for this hyperparameter tuning job objective. "
            "Provide a metric in the metric definitions.",
        ),
        ({"ranges": {"IntegerParameterRanges": []}}, "at least one hyperparameter range"),
        ({"static": {"depth": "1"}}, "depth is both static and tuned"),
        ({"training": {"StaticHyperParameters": {}}}, "sagemaker_program"),
        ({"training": {"CheckpointConfig": {"S3Uri": "s3://b/c"}}}, "CheckpointConfig"),
        (
            {
                "WarmStartConfig": {
                    "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "all"}],
                    "WarmStartType": "TransferLearning",
                }
            },
            "WarmStartConfig",
        ),
        ({"Autotune": {"Mode": "Enabled"}}, "Autotune"),
    ],
    ids=str,
)
def test_refused(local, options, why):
    request = tuning(local, "refused", **options)
    code, message = refusal(local.sm.create_hyper_parameter_tuning_job, **request)
    assert code == "ValidationException"
    assert why in message


def test_names_that_are_missing_or_taken(local):
    code, message = refusal(describe, local, "nowhere")
    assert code == "ResourceNotFound"
    assert message == (
        "Amazon SageMaker can't find a tuning job called nowhere. Type another name."
    )
    request = tuning(local, "taken", most=1)
    local.sm.create_hyper_parameter_tuning_job(**request)
    code, message = refusal(local.sm.create_hyper_parameter_tuning_job, **request)
    assert code == "ResourceInUse"
    assert "with the name, taken, already exists" in message
    wait(local, "taken")


def test_step(local):
    arguments = without(tuning(local, "step", most=3), "HyperParameterTuningJobName")
    top = {
        "Std:Join": {
            "On": "/",
            "Values": [
                "s3:/",
                BUCKET,
                "training",
                {"Get": "Steps.Tune.TrainingJobSummaries[0].TrainingJobName"},
                "output/model.tar.gz",
            ],
        }
    }
    told = {
        "Std:Join": {
            "On": " ",
            "Values": [
                top,
                {"Get": "Steps.Tune.BestTrainingJob.TrainingJobName"},
                {"Get": "Steps.Tune.TrainingJobSummaries[2].TrainingJobStatus"},
            ],
        }
    }
    cache = {"Enabled": True, "ExpireAfter": "30d"}
    steps = [
        step("Tune", "Tuning", Arguments=arguments, CacheConfig=cache),
        step("Tell", Arguments={"ErrorMessage": told}, after=["Tune"]),
    ]
    text = definition(*steps)
    local.sm.create_pipeline(PipelineName="tunes", PipelineDefinition=text, RoleArn=ROLE)
    _, first = local.run_pipeline("tunes")
    assert first["Tune"]["StepStatus"] == "Succeeded", first
    arn = first["Tune"]["Metadata"]["TuningJob"]["Arn"]
    name = arn.split("/")[-1]
    best = describe(local, name)["BestTrainingJob"]["TrainingJobName"]
    uri = f"s3://{BUCKET}/training/{best}/output/model.tar.gz"
    assert first["Tell"]["FailureReason"] == f"{uri} {best} Completed"
    assert local.read(uri)
    # Where the models go is no part of the key; what is searched is.
    arguments["TrainingJobDefinition"]["OutputDataConfig"] = {"S3OutputPath": f"s3://{BUCKET}/o"}
    local.sm.update_pipeline(PipelineName="tunes", PipelineDefinition=definition(*steps))
    _, again = local.run_pipeline("tunes")
    assert "CacheHitResult" in again["Tune"]
    assert again["Tell"]["FailureReason"] == first["Tell"]["FailureReason"]
    arguments["TrainingJobDefinition"]["StaticHyperParameters"]["fixed"] = "no"
    local.sm.update_pipeline(PipelineName="tunes", PipelineDefinition=definition(*steps))
    _, other = local.run_pipeline("tunes")
    assert "CacheHitResult" not in other["Tune"]
