"""The SageMaker pipeline, wired with the SageMaker Python SDK v3.

Preprocess, Train, Evaluate; then Register if the model is good enough, else Fail. Importing the
SDK takes seconds, so only `definition.py` imports this file, and only when it has to.
"""

from collections.abc import Mapping
from typing import Any

from sagemaker.core.parameter import CategoricalParameter, ContinuousParameter, IntegerParameter
from sagemaker.core.workflow.conditions import ConditionLessThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterString
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep, TrainingStep, TuningStep
from sagemaker.serve.model_builder import ModelBuilder

from data_science.config.declared import declared_hyperparameters, rules
from data_science.config.settings import Settings
from data_science.config.tuning import OBJECTIVE, tuned
from data_science.pipeline.bundle import stand_in
from data_science.pipeline.jobs import Jobs, Search
from data_science.pipeline.model_card import model_card
from data_science.pipeline.registration import describe_version
from data_science.pipeline.step_files import (
    MOUNT,
    output_file,
    output_uri,
)
from project import contract
from project.aws import Connection


class _Wiring:
    """Builds the steps; each method returns one step and says what it takes and leaves."""

    def __init__(self, connection: Connection, settings: Settings, code: str) -> None:
        self.connection = connection
        self.settings = settings
        self.jobs = Jobs(connection, settings, code)
        self.input = ParameterString("InputDataUrl", **_default(settings.data.input))
        self.input_version = ParameterString("InputDataVersion", default_value="unknown")
        self.threshold = ParameterFloat(
            "QualityThreshold", default_value=settings.quality.threshold
        )
        self.git_commit = ParameterString("GitCommit", default_value="unknown")
        self.template_version = ParameterString("TemplateVersion", default_value="unknown")
        # An input cannot be empty: without a champion it is a file that is there anyway, and that
        # `evaluate.py` takes for none.
        self.champion = ParameterString(
            "ChampionModelUrl", default_value=f"{code}/{stand_in('evaluate.py')}/steps/evaluate.py"
        )
        self.champion_name = ParameterString(
            "ChampionName", default_value="the one that the run names"
        )
        self.profile = PropertyFile("Profile", output_name="profile", path="profile.json")
        self.evaluation = PropertyFile(
            "Evaluation", output_name="evaluation", path="evaluation.json"
        )
        self.declared = declared_hyperparameters()
        self.searched = tuned(settings.tuning, self.declared)
        self.hyperparameters = {
            name: ParameterString(name, default_value=rules("hyperparameters").as_text(value))
            for name, value in sorted(settings.hyperparameters.items())
            if name not in self.searched
        }

    def pipeline(self) -> Pipeline:
        """All steps in their order."""
        preprocess = self.preprocess()
        train = self.train(preprocess)
        evaluate = self.evaluate(preprocess, train)
        broken = self.evaluated(evaluate, "quality_gate.broken_rules")
        gate = ConditionStep(
            name="QualityGate",
            conditions=[ConditionLessThanOrEqualTo(left=broken, right=0)],
            if_steps=[self.register(preprocess, train, evaluate)],
            else_steps=[self.refuse(evaluate)],
        )
        compares = self.settings.quality.champion_margin is not None
        return Pipeline(
            name=self.connection.project.name,
            parameters=[
                self.input,
                self.input_version,
                self.threshold,
                self.git_commit,
                self.template_version,
                *([self.champion, self.champion_name] if compares else []),
                *self.hyperparameters.values(),
            ],
            pipeline_experiment_config=None,
            steps=[preprocess, train, evaluate, gate],
            sagemaker_session=self.jobs.session,
        )

    def preprocess(self) -> ProcessingStep:
        """Input data → training set, test set, profile, drift baseline."""
        data = self.settings.data
        return self.jobs.processing(
            "Preprocess",
            inputs={"data": self.input},
            outputs={name: f"{MOUNT}/output/{name}" for name in _PREPROCESS_OUTPUTS},
            arguments={
                "--input": f"{MOUNT}/input/data",
                "--output": f"{MOUNT}/output",
                "--test-fraction": str(data.test_fraction),
                "--seed": str(data.seed),
                "--split": data.split,
                **({"--split-by": data.split_by} if data.split_by else {}),
            },
            property_files=[self.profile],
            environment={"INPUT_DATA_VERSION": self.input_version},
        )

    def train(self, preprocess: ProcessingStep) -> TrainingStep | TuningStep:
        """Training set → model artefact, with its inference code inside."""
        channels = {"train": output_uri(preprocess, "train")}
        tuning, quality = self.settings.tuning, self.settings.quality
        if not tuning.enabled:
            return self.jobs.training("Train", channels, self.hyperparameters)
        judged = {"validation_metric": quality.metric, "validation_folds": str(tuning.folds)}
        if quality.positive is not None:
            judged["validation_positive"] = quality.positive
        search = Search(
            tuning,
            ranges={name: _range(self.declared[name]) for name in self.searched},
            metric=f"validation:{quality.metric}",
            less_is_better=quality.less_is_better,
            expression=OBJECTIVE.format(metric=quality.metric),
            # The SDK takes 0 for none.
            seed=self.settings.data.seed + 1,
        )
        return self.jobs.tuning("Train", channels, {**self.hyperparameters, **judged}, search)

    def artefact(self, train: TrainingStep | TuningStep) -> Any:
        """Return the variable that holds the S3 URI of the model; of tuning, of the best trial."""
        if isinstance(train, TrainingStep):
            return train.properties.ModelArtifacts.S3ModelArtifacts
        best = train.properties.BestTrainingJob.TrainingJobName
        return Join(on="/", values=[self.jobs.models, best, "output/model.tar.gz"])

    def used(self, train: TrainingStep | TuningStep) -> dict[str, Any]:
        """Return the variables that hold the hyperparameters the model was trained with."""
        if isinstance(train, TrainingStep):
            return dict(self.hyperparameters)
        found = train.properties.BestTrainingJob.TunedHyperParameters
        return self.hyperparameters | {name: found[name] for name in self.searched}

    def evaluate(
        self, preprocess: ProcessingStep, train: TrainingStep | TuningStep
    ) -> ProcessingStep:
        """Model artefact and test set → metrics, gate, report, sample payload, expected answers."""
        quality = self.settings.quality
        inputs = {"model": self.artefact(train), "test": output_uri(preprocess, "test")}
        arguments: dict[str, Any] = {
            "--output": f"{MOUNT}/output",
            "--metric": quality.metric,
            "--threshold": [
                Join(on="=", values=[quality.metric, self.threshold]),
                *_pairs(quality.thresholds),
            ],
            "--slice": _pairs(quality.slices),
        }
        if quality.positive is not None:
            arguments["--positive"] = quality.positive
        if quality.champion_margin is not None:
            inputs["champion"] = self.champion
            arguments["--champion-name"] = self.champion_name
            arguments["--champion-margin"] = str(quality.champion_margin)
        if quality.cross_validation is not None:
            inputs["train"] = output_uri(preprocess, "train")
            arguments["--folds"] = str(quality.cross_validation)
            arguments["--hyperparameter"] = [
                Join(on="=", values=[name, value]) for name, value in self.used(train).items()
            ]
        return self.jobs.processing(
            "Evaluate",
            inputs=inputs,
            outputs={"evaluation": f"{MOUNT}/output"},
            arguments={**{f"--{name}": f"{MOUNT}/input/{name}" for name in inputs}, **arguments},
            property_files=[self.evaluation],
        )

    def register(
        self,
        preprocess: ProcessingStep,
        train: TrainingStep | TuningStep,
        evaluate: ProcessingStep,
    ) -> ModelStep:
        """Model artefact → a version in the model package group that keeps the contract."""
        metadata = {
            "git_commit": self.git_commit,
            "data_hash": self.profiled(preprocess, "data_hash"),
            "pipeline_execution": ExecutionVariables.PIPELINE_EXECUTION_ARN,
            "template_version": self.template_version,
            "project_id": self.connection.project_id,
            contract.EXPECTED_ANSWERS: output_file(evaluate, "evaluation", "expected_answers.json"),
            **{pin: self.evaluated(evaluate, f"pins.{pin}") for pin in contract.PINS},
        }
        model = ModelBuilder(
            image_uri=self.jobs.image,
            s3_model_data_url=self.artefact(train),
            role_arn=self.connection.endpoint_role,
            env_vars=contract.INFERENCE_ENVIRONMENT,
            # Anything but None makes the SDK upload a code folder that is not there.
            dependencies=None,
            sagemaker_session=self.jobs.session,
        )
        description = describe_version(
            self.connection.project,
            self.settings,
            preprocess,
            evaluate,
            metadata,
            self.card(preprocess, train, evaluate),
        )
        return ModelStep(name="Register", step_args=model.register(**description))

    def card(
        self, preprocess: ProcessingStep, train: TrainingStep | TuningStep, evaluate: ProcessingStep
    ) -> Join:
        """Return what a run knows, as the card of the model that it made."""
        run = {
            "threshold": self.threshold,
            "input": self.input,
            "git_commit": self.git_commit,
            "hyperparameters": self.used(train),
            "metric_groups": self.evaluated(evaluate, "model_card"),
            **{
                name: self.profiled(preprocess, name)
                for name in ("data_hash", "train_rows", "test_rows")
            },
        }
        return model_card(self.connection.project, self.settings, run)

    def evaluated(self, evaluate: ProcessingStep, path: str) -> JsonGet:
        """Return the variable that holds what the evaluation says."""
        return JsonGet(step_name=evaluate.name, property_file=self.evaluation, json_path=path)

    def profiled(self, preprocess: ProcessingStep, key: str) -> JsonGet:
        """Return the variable that holds what the data's profile says."""
        return JsonGet(step_name=preprocess.name, property_file=self.profile, json_path=key)

    def refuse(self, evaluate: ProcessingStep) -> FailStep:
        """Say which rules the model breaks."""
        says = self.evaluated(evaluate, "quality_gate.says")
        message = Join(on="", values=[says, "; the model was not registered"])
        return FailStep(name="NotGoodEnough", error_message=message)


_PREPROCESS_OUTPUTS = ["train", "test", "profile", "baseline"]


def build_pipeline(connection: Connection, settings: Settings, code: str) -> Pipeline:
    """Return the pipeline of the project.

    Parameters
    ----------
    connection : gives the bucket, roles and tags that the definition names.
    settings : the team's knobs.
    code : S3 prefix of the bundles of step code, see `bundle.code_prefix`.
    """
    return _Wiring(connection, settings, code).pipeline()


def _pairs(limits: Mapping[str, float]) -> list[str]:
    return [f"{name}={limit}" for name, limit in limits.items()]


def _range(one: Any) -> CategoricalParameter | ContinuousParameter | IntegerParameter:
    if one.type in ("choice", "bool"):
        return CategoricalParameter(list(one.values) or ["true", "false"])
    return (IntegerParameter if one.type == "int" else ContinuousParameter)(one.min, one.max)


def _default(source: str) -> dict[str, str]:
    # A local file has no URI before `ds run` has uploaded it.
    return {"default_value": source} if source.startswith("s3://") else {}
