"""The training jobs that a tuning job tries values with: one definition, or several in turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_local.api.actions import Call
from sagemaker_local.api.errors import invalid
from sagemaker_local.jobs.training import check_training
from sagemaker_local.jobs.training_code import with_metrics
from sagemaker_local.storage.store import Body
from sagemaker_local.tuning.ranges import Range, read_ranges
from sagemaker_local.tuning.strategies import Values

_ONE, _SEVERAL = "TrainingJobDefinition", "TrainingJobDefinitions"
# Developer guide, "Define Hyperparameter Ranges": AWS adds it to the static hyperparameters, and
# the Terraform provider finds it there in what Describe answers.
_OBJECTIVE = "_tuning_objective_metric"
_OF_THE_TRIAL = (
    *("AlgorithmSpecification", "RoleArn", "InputDataConfig", "OutputDataConfig", "VpcConfig"),
    *("StoppingCondition", "Environment", "EnableNetworkIsolation", "EnableManagedSpotTraining"),
    "EnableInterContainerTrafficEncryption",
)


@dataclass(frozen=True)
class Definition:
    """One training job definition.

    Attributes
    ----------
    document : a `HyperParameterTrainingJobDefinition`.
    objective : what it looks for: `Type` and `MetricName`.
    ranges : of the hyperparameters that are tuned.
    """

    document: Body
    objective: Body
    ranges: Sequence[Range]

    def request(self, name: str, values: Values) -> dict[str, Any]:
        """Return the CreateTrainingJob request of a trial with values."""
        resources = self.document.get("HyperParameterTuningResourceConfig")
        return {
            **{
                member: self.document[member] for member in _OF_THE_TRIAL if member in self.document
            },
            "TrainingJobName": name,
            "HyperParameters": {**self.document["StaticHyperParameters"], **values},
            "ResourceConfig": resources or self.document["ResourceConfig"],
        }


def read_definitions(tuning: Body) -> list[Definition]:
    """Return the definitions of a tuning job, or of a request for one.

    API reference, CreateHyperParameterTuningJob: the objective and the ranges of a single
    definition stand in the configuration, those of several in each of them.

    Raises
    ------
    AwsError : there is none, or a range has no values.
    """
    config = tuning["HyperParameterTuningJobConfig"]
    if (_ONE in tuning) == (_SEVERAL in tuning):
        raise invalid(f"exactly one of {_ONE} and {_SEVERAL} is required")
    documents = tuning[_SEVERAL] if _SEVERAL in tuning else [tuning[_ONE]]
    objective = config.get("HyperParameterTuningJobObjective", {})
    return [
        Definition(
            document,
            document.get("TuningObjective", objective),
            read_ranges(document.get("HyperParameterRanges") or config.get("ParameterRanges", {})),
        )
        for document in documents
    ]


def complete(asked: Body) -> Body:
    """Return the definitions of a request as AWS keeps them: with metrics and objective."""
    completed = []
    for definition in read_definitions(asked):
        static = definition.document.get("StaticHyperParameters", {})
        algorithm = with_metrics(definition.document["AlgorithmSpecification"], static)
        objective = definition.objective.get("MetricName", "")
        static = static | {_OBJECTIVE: objective}
        completed.append(
            definition.document
            | {"AlgorithmSpecification": algorithm, "StaticHyperParameters": static}
        )
    return {_SEVERAL: completed} if _SEVERAL in asked else {_ONE: completed[0]}


def check_definition(call: Call, definition: Definition) -> None:
    """Refuse a definition that could not run. Words without a source beside them are unconfirmed.

    Parameters
    ----------
    call : the request, which reaches the settings.
    definition : as `complete` returns it.
    """
    document = definition.document
    if not definition.ranges:
        raise invalid("a tuning job needs at least one hyperparameter range")
    for one in definition.ranges:
        if one.name in document["StaticHyperParameters"]:
            raise invalid(f"The hyperparameter {one.name} is both static and tuned")
    metrics = document["AlgorithmSpecification"].get("MetricDefinitions", [])
    if definition.objective.get("MetricName") not in [metric["Name"] for metric in metrics]:
        # AWS's text (aws/sagemaker-python-sdk, issue 3932).
        raise invalid(
            "A metric is required for this hyperparameter tuning job objective. "
            "Provide a metric in the metric definitions."
        )
    if ("ResourceConfig" in document) == ("HyperParameterTuningResourceConfig" in document):
        raise invalid(
            "exactly one of ResourceConfig and HyperParameterTuningResourceConfig is required"
        )
    tuned = {one.name: "" for one in definition.ranges}
    resources = document.get("HyperParameterTuningResourceConfig") or document["ResourceConfig"]
    hyperparameters = {**document["StaticHyperParameters"], **tuned}
    check_training(call, hyperparameters, document | {"ResourceConfig": resources})
