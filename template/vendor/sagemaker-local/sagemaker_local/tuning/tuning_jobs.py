"""Hyperparameter tuning jobs: the actions, and the kind of job."""

import importlib.util
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from sagemaker_local.api.actions import Call, action, now
from sagemaker_local.api.errors import AwsError, invalid, unsupported
from sagemaker_local.api.listing import listing
from sagemaker_local.api.page_token import read_token, write_token
from sagemaker_local.api.resource_kind import ResourceKind
from sagemaker_local.api.resources import create, find
from sagemaker_local.api.tags import read_tags
from sagemaker_local.jobs.job import JobKind, Jobs, job_kind
from sagemaker_local.jobs.running import Job, JobError
from sagemaker_local.jobs.training import start_training
from sagemaker_local.storage.store import Body, Resource
from sagemaker_local.tuning.definitions import (
    Definition,
    check_definition,
    complete,
    read_definitions,
)
from sagemaker_local.tuning.ranges import Categories, combinations
from sagemaker_local.tuning.search import Limits, Outcome, Search, SearchError
from sagemaker_local.tuning.strategies import STRATEGIES, Values
from sagemaker_local.tuning.trials import (
    OBJECTIVE,
    TUNED,
    best_of,
    count,
    score_of,
    summarize,
    trials_of,
)

# The quota of training jobs in a tuning job, from the AWS General Reference.
_MOST_TRIALS = 750

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
    config = job.request["HyperParameterTuningJobConfig"]
    definitions = read_definitions(job.request)
    kind, limits = STRATEGIES[config["Strategy"]], config["ResourceLimits"]
    criteria = config.get("TuningJobCompletionCriteria", {})
    target = criteria.get("TargetObjectiveMetricValue")
    maximize = definitions[0].objective["Type"] == "Maximize"
    trials = _RunningTrials(job, definitions)
    job.on_stop(trials.stop)
    search = Search(
        [kind(one.ranges, config.get("RandomSeed")) for one in definitions],
        Limits(
            limits.get("MaxNumberOfTrainingJobs", min(_MOST_TRIALS, _combinations(definitions))),
            limits["MaxParallelTrainingJobs"],
            limits.get("MaxRuntimeInSeconds"),
            target if target is None or maximize else -target,
            criteria.get("BestObjectiveNotImproving", {}).get(
                "MaxNumberOfTrainingJobsNotImproving"
            ),
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
        event="SageMaker HyperParameter Tuning Job State Change",
    )
)


class _RunningTrials:
    """The training jobs of a tuning job that run."""

    def __init__(self, job: Job, definitions: Sequence[Definition]) -> None:
        self._job = job
        self._definitions = definitions
        self._running: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = False

    def start(self, number: int, values: Values) -> Callable[[], Outcome]:
        """Start a training job with values; returns what waits for its end."""
        call, tuning = self._job.call, self._job.resource
        # The form of the name is that of every tuning job in AWS's notebooks.
        name = f"{tuning.name}-{number:03}-{secrets.token_hex(4)}"
        definition = self._definitions[(number - 1) % len(self._definitions)]
        request = definition.request(name, values)
        request["Tags"] = read_tags(call.store, tuning.arn)
        trial = start_training(
            replace(call, request=request),
            TuningJobArn=tuning.arn,
            TrainingJobDefinitionName=definition.document.get("DefinitionName"),
            **{TUNED: values, OBJECTIVE: definition.objective},
        )
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
        return Outcome(body["TrainingJobStatus"] == "Completed", score_of(body))

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
    completed = complete(call.request)
    definitions = read_definitions(call.request | completed)
    for definition in definitions:
        check_definition(call, definition)
    _check_limits(call.request["HyperParameterTuningJobConfig"], definitions)
    job = create(call, _RESOURCE, HyperParameterTuningJobStatus="InProgress", **completed)
    call.parts[Jobs].start(TUNING_JOB, job)
    return job.body


@action("DescribeHyperParameterTuningJob")
def describe_tuning_job(call: Call) -> Body:
    """Return a tuning job, with how many trials it has in each state, and the best one."""
    tuning = find(call, _RESOURCE)
    trials = trials_of(call.store, tuning)
    best = best_of(trials)
    end = tuning.body.get("HyperParameterTuningEndTime", now())
    return {
        **tuning.body,
        **count(trials),
        **({"BestTrainingJob": summarize(best)} if best else {}),
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
    shown = [summarize(trial) for trial in trials_of(call.store, tuning)]
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
        **count(trials_of(call.store, tuning)),
        "Strategy": config["Strategy"],
        "ResourceLimits": config["ResourceLimits"],
    }


def _combinations(definitions: Sequence[Definition]) -> float:
    return sum(combinations(one.ranges) for one in definitions)


def _check_limits(config: Body, definitions: Sequence[Definition]) -> None:
    strategy = config["Strategy"]
    most, there = (
        config["ResourceLimits"].get("MaxNumberOfTrainingJobs"),
        _combinations(definitions),
    )
    if strategy == "Grid":
        if len(definitions) > 1:
            raise unsupported("Strategy = 'Grid' with several training job definitions")
        # Developer guide, "Hyperparameter tuning strategies": categories alone, and all of them.
        if not all(isinstance(one, Categories) for one in definitions[0].ranges):
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
