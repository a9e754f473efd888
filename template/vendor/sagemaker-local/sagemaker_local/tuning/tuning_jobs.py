"""Hyperparameter tuning jobs: the actions, and the kind of job."""

import importlib.util
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import AwsError, invalid, unsupported
from sagemaker_local.api.listing import listing
from sagemaker_local.api.page_token import read_token, write_token
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.api.resources import create, find
from sagemaker_local.api.tags import read_tags
from sagemaker_local.jobs.job import JobKind, Jobs, job_kind
from sagemaker_local.jobs.running import Job, JobError
from sagemaker_local.jobs.training import check_training, start_training
from sagemaker_local.jobs.training_code import with_metrics
from sagemaker_local.storage.store import Body, Resource
from sagemaker_local.tuning.ranges import Categories, Range, combinations, read_ranges
from sagemaker_local.tuning.search import Limits, Outcome, Search, SearchError
from sagemaker_local.tuning.strategies import STRATEGIES, Values
from sagemaker_local.tuning.trials import (
    TUNED,
    best_of,
    count,
    objective_of,
    score_of,
    summarize,
    trials_of,
)

# The quota of training jobs in a tuning job, from the AWS General Reference.
_MOST_TRIALS = 750
# Developer guide, "Define Hyperparameter Ranges": AWS adds it to the static hyperparameters, and
# the Terraform provider finds it there in what Describe answers.
_OBJECTIVE = "_tuning_objective_metric"
_OF_THE_TRIAL = (
    *("AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig", "VpcConfig"),
    *("StoppingCondition", "Environment", "EnableNetworkIsolation", "EnableManagedSpotTraining"),
    "EnableInterContainerTrafficEncryption",
)

_RESOURCE = ResourceKind(
    noun="HyperParameterTuningJob",
    path="hyper-parameter-tuning-job",
    summaries="HyperParameterTuningJobSummaries",
    # aws/amazon-sagemaker-examples, issue 1540 and, of a name that is taken, pull request 3353.
    missing="Amazon SageMaker can't find a tuning job called {name}. Type another name.",
    missing_code="ResourceNotFound",
    duplicate="A hyperparameter tuning job with the name, {name}, already exists. "
    "Choose a different name.",
    duplicate_code="ResourceInUse",
    status="HyperParameterTuningJobStatus",
)


def _tune(job: Job) -> Body:
    asked = job.request
    config, objective = asked["HyperParameterTuningJobConfig"], objective_of(asked)
    ranges = _ranges(asked)
    strategy = STRATEGIES[config["Strategy"]](ranges, config.get("RandomSeed"))
    limits = config["ResourceLimits"]
    target = config.get("TuningJobCompletionCriteria", {}).get("TargetObjectiveMetricValue")
    trials = _RunningTrials(job)
    job.on_stop(trials.stop)
    search = Search(
        strategy,
        Limits(
            limits.get("MaxNumberOfTrainingJobs", min(_MOST_TRIALS, combinations(ranges))),
            limits["MaxParallelTrainingJobs"],
            limits.get("MaxRuntimeInSeconds"),
            target if target is None or objective["Type"] == "Maximize" else -target,
        ),
        trials.start,
        trials.stop,
        job.stop.is_set,
    )
    try:
        search.search()
    except SearchError as error:
        raise JobError(str(error)) from None
    except AwsError as error:
        raise JobError(f"ClientError: {error.message}") from None
    return {}


TUNING_JOB = job_kind(
    JobKind(
        resource=_RESOURCE,
        work=_tune,
        ended=lambda status: {"HyperParameterTuningEndTime": now()},
    )
)


class _RunningTrials:
    """The training jobs of a tuning job that run."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._running: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = False

    def start(self, number: int, values: Values) -> Callable[[], Outcome]:
        """Start a training job with values; returns what waits for its end."""
        call, tuning = self._job.call, self._job.resource
        # The form of the name is that of every tuning job in AWS's notebooks.
        name = f"{tuning.name}-{number:03}-{secrets.token_hex(4)}"
        request = _trial_request(tuning.body, name, values)
        request["Tags"] = read_tags(call.store, tuning.arn)
        members = {"TuningJobArn": tuning.arn, TUNED: values}
        if "DefinitionName" in tuning.body["TrainingJobDefinition"]:
            members["TrainingJobDefinitionName"] = tuning.body["TrainingJobDefinition"][
                "DefinitionName"
            ]
        trial = start_training(replace(call, request=request), **members)
        with self._lock:
            self._running.add(name)
            stopping = self._stopping
        if stopping:
            self._stop(name)
        return lambda: self._wait(trial)

    def _wait(self, trial: Resource) -> Outcome:
        call = self._job.call
        call.parts[Jobs].wait(trial.arn)
        with self._lock:
            self._running.discard(trial.name)
        found = call.store.by_arn(trial.arn)
        body = found.body if found else trial.body
        score = score_of(body, objective_of(self._job.request))
        return Outcome(body["TrainingJobStatus"] == "Completed", score)

    def stop(self) -> None:
        """Ask all that run to stop, and those that have just been started."""
        with self._lock:
            self._stopping = True
            running = list(self._running)
        for name in running:
            self._stop(name)

    def _stop(self, name: str) -> None:
        self._job.call.perform("StopTrainingJob", {"TrainingJobName": name})


@action("CreateHyperParameterTuningJob")
def create_tuning_job(call: Call) -> Body:
    """Start a tuning job."""
    asked = call.request
    if "TrainingJobDefinition" not in asked:
        raise invalid("TrainingJobDefinition is required")
    definition = dict(asked["TrainingJobDefinition"])
    definition["AlgorithmSpecification"] = with_metrics(
        definition["AlgorithmSpecification"], definition.get("StaticHyperParameters", {})
    )
    _check(asked | {"TrainingJobDefinition": definition})
    definition["StaticHyperParameters"] = {
        **definition.get("StaticHyperParameters", {}),
        _OBJECTIVE: objective_of(asked)["MetricName"],
    }
    job = create(
        call,
        _RESOURCE,
        HyperParameterTuningJobStatus="InProgress",
        TrainingJobDefinition=definition,
    )
    call.parts[Jobs].start(TUNING_JOB, job)
    return job.body


@action("DescribeHyperParameterTuningJob")
def describe_tuning_job(call: Call) -> Body:
    """Return a tuning job, with how many trials it has in each state, and the best one."""
    tuning = find(call, _RESOURCE)
    trials, objective = trials_of(call.store, tuning), objective_of(tuning.body)
    best = best_of(trials, objective)
    end = tuning.body.get("HyperParameterTuningEndTime", now())
    return {
        **tuning.body,
        **count(trials, objective),
        **({"BestTrainingJob": summarize(best, objective)} if best else {}),
        "ConsumedResources": {"RuntimeInSeconds": round(end - tuning.body["CreationTime"])},
    }


@action("ListHyperParameterTuningJobs")
def list_tuning_jobs(call: Call) -> Body:
    """List tuning jobs; by name unless asked otherwise (API reference)."""
    found = listing(replace(call, request={"SortBy": "Name", **call.request}), _RESOURCE)
    found[_RESOURCE.summaries] = [_summary(call, body) for body in found[_RESOURCE.summaries]]
    return found


@action("ListTrainingJobsForHyperParameterTuningJob")
def list_trials(call: Call) -> Body:
    """List the trials of a tuning job.

    API reference: by name unless asked otherwise; in the order of the objective's values only those
    that have one are listed.
    """
    tuning, asked = find(call, _RESOURCE), dict(call.request)
    token, size = asked.pop("NextToken", None), asked.pop("MaxResults", 100)
    first: int = read_token(asked, token) if token is not None else 0
    objective = objective_of(tuning.body)
    shown = [summarize(trial, objective) for trial in trials_of(call.store, tuning)]
    if "StatusEquals" in asked:
        shown = [one for one in shown if one["TrainingJobStatus"] == asked["StatusEquals"]]
    shown = _sorted(shown, asked.get("SortBy", "Name"), asked.get("SortOrder") == "Descending")
    last = first + size
    more = {"NextToken": write_token(asked, last)} if last < len(shown) else {}
    return {"TrainingJobSummaries": shown[first:last], **more}


def _sorted(summaries: Sequence[Body], by: str, descending: bool) -> list[Body]:
    if by == "FinalObjectiveMetricValue":
        final = "FinalHyperParameterTuningJobObjectiveMetric"
        have = [one for one in summaries if final in one]
        return sorted(have, key=lambda one: one[final]["Value"], reverse=descending)
    member = {"Name": "TrainingJobName", "Status": "TrainingJobStatus"}.get(by, by)
    return sorted(
        summaries, key=lambda one: (one[member], one["TrainingJobName"]), reverse=descending
    )


def _summary(call: Call, body: Body) -> Body:
    tuning = Resource(
        _RESOURCE.noun, call.region, body[_RESOURCE.name_member], body[_RESOURCE.arn_member], body
    )
    config = body["HyperParameterTuningJobConfig"]
    return {
        **body,
        **count(trials_of(call.store, tuning), objective_of(body)),
        "Strategy": config["Strategy"],
        "ResourceLimits": config["ResourceLimits"],
    }


def _ranges(asked: Body) -> list[Range]:
    own = asked["TrainingJobDefinition"].get("HyperParameterRanges")
    return read_ranges(own or asked["HyperParameterTuningJobConfig"].get("ParameterRanges", {}))


def _check(asked: Body) -> None:
    """Refuse a request that could not run. Words without a source beside them are unconfirmed."""
    config, definition = asked["HyperParameterTuningJobConfig"], asked["TrainingJobDefinition"]
    ranges, static = _ranges(asked), definition.get("StaticHyperParameters", {})
    if not ranges:
        raise invalid("a tuning job needs at least one hyperparameter range")
    for one in ranges:
        if one.name in static:
            raise invalid(f"The hyperparameter {one.name} is both static and tuned")
    metrics = definition["AlgorithmSpecification"].get("MetricDefinitions", [])
    if objective_of(asked).get("MetricName") not in [metric["Name"] for metric in metrics]:
        # AWS's text (aws/sagemaker-python-sdk, issue 3932).
        raise invalid(
            "A metric is required for this hyperparameter tuning job objective. "
            "Provide a metric in the metric definitions."
        )
    if ("ResourceConfig" in definition) == ("HyperParameterTuningResourceConfig" in definition):
        raise invalid(
            "exactly one of ResourceConfig and HyperParameterTuningResourceConfig is required"
        )
    _check_limits(config, ranges)
    check_training({**static, **{one.name: "" for one in ranges}}, definition)


def _check_limits(config: Body, ranges: Sequence[Range]) -> None:
    strategy = config["Strategy"]
    most, there = config["ResourceLimits"].get("MaxNumberOfTrainingJobs"), combinations(ranges)
    if strategy == "Grid":
        # Developer guide, "Hyperparameter tuning strategies": categories alone, and all of them.
        if not all(isinstance(one, Categories) for one in ranges):
            raise invalid("Grid search needs ranges of categories alone")
        if most not in (None, there):
            raise invalid(
                f"MaxNumberOfTrainingJobs of a grid search must be the number of combinations, "
                f"{there:.0f}, or be left out"
            )
    elif most is not None and there < most:
        # AWS's text (aws/amazon-sagemaker-operator-for-k8s, issue 123).
        raise invalid(
            "You don't have enough combinations of hyperparameter ranges. The total number of "
            f"hyperparameter combinations for the provided ranges [{there:.1f}] must be equal or "
            f"greater than the value of MaxNumberOfJobs, [{most}]. Provide additional ranges."
        )
    if strategy == "Bayesian" and importlib.util.find_spec("sklearn") is None:
        raise unsupported("Strategy = 'Bayesian' where scikit-learn is not installed beside it")


def _trial_request(tuning: Body, name: str, values: Values) -> dict[str, Any]:
    """Return the CreateTrainingJob request of a trial."""
    definition = tuning["TrainingJobDefinition"]
    resources = definition.get("HyperParameterTuningResourceConfig")
    return {
        **{member: definition[member] for member in _OF_THE_TRIAL if member in definition},
        "TrainingJobName": name,
        "HyperParameters": {**definition["StaticHyperParameters"], **values},
        "ResourceConfig": resources or definition["ResourceConfig"],
    }
