"""The jobs that the steps of the pipeline start: their image, instance, code, files and tags."""

from typing import Any, NamedTuple

import boto3
from sagemaker.core import image_uris
from sagemaker.core.processing import Processor
from sagemaker.core.shapes import OutputDataConfig
from sagemaker.core.shapes import Tag as SdkTag
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.retry import (
    RetryPolicy,
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep, TuningStep
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute
from sagemaker.train.tuner import HyperparameterTuner

from data_science.config.declared import STEPS
from data_science.config.settings import Instances, Settings
from data_science.config.tuning import Tuning
from data_science.pipeline.bundle import ARCHIVE, stand_in
from data_science.pipeline.references import REQUIREMENTS
from data_science.pipeline.step_files import (
    EXIT_MESSAGE,
    MOUNT,
    processing_input,
    processing_output,
    training_channel,
)
from project.aws import Connection
from project.errors import ProjectError
from project.known import refuse_unknown

MESSAGE_FILE = "EXIT_MESSAGE_FILE"
"""Variable that names the file for a job's ExitMessage; `steps/failure.py` reads it."""

IMAGE_VERSIONS = {"sklearn": "1.9-0", "xgboost": "3.2-0"}
"""Version of each framework's SageMaker container; pyproject.toml pins what is in it."""

TRAINING_ENVIRONMENT = {
    # Its older toolkit (sagemaker-containers) makes a package of the code in training too, as the
    # one for serving does; without a package index pip could not. See `project/contract.py`.
    "xgboost": {"PIP_NO_BUILD_ISOLATION": "false"},
}


class Search(NamedTuple):
    """What tuning searches.

    Attributes
    ----------
    tuning : the settings.
    ranges : of each hyperparameter to search, by its name.
    metric : to compare trials by.
    less_is_better : whether the best has the least of it.
    expression : finds the metric in what a trial prints.
    seed : makes the search repeatable.
    """

    tuning: Tuning
    ranges: dict[str, Any]
    metric: str
    less_is_better: bool
    expression: str
    seed: int


class Jobs:
    """Makes steps that run a job each, all with the settings' instances and the project's tags.

    Parameters
    ----------
    connection : gives the bucket, roles and tags that the definition names.
    settings : the team's knobs.
    code : S3 prefix of the bundles of step code, see `bundle.code_prefix`.

    Raises
    ------
    ProjectError : there is no such instance type, or no container image in the region.
    """

    def __init__(self, connection: Connection, settings: Settings, code: str) -> None:
        _refuse_unknown_types(connection, settings.instances)
        self.session = PipelineSession(
            boto_session=boto3.Session(region_name=connection.region),
            default_bucket=connection.bucket,
        )
        framework = connection.project.framework
        self.image = settings.image or _image(framework, connection.region)
        self._environment = TRAINING_ENVIRONMENT.get(framework, {})
        self._connection, self._code, self._instances = connection, code, settings.instances
        self.models = f"{connection.prefix}/models"
        self._attempts = settings.retries
        days = settings.cache_days
        self._cache = CacheConfig(enable_caching=days > 0, expire_after=f"P{max(days, 1)}D")

    def processing(
        self,
        name: str,
        inputs: dict[str, Any],
        outputs: dict[str, str],
        arguments: dict[str, Any],
        property_files: list[PropertyFile] | None = None,
        cached: bool = True,
        environment: dict[str, Any] | None = None,
    ) -> ProcessingStep:
        """Return a step that runs the script of its name, such as `evaluate.py` for Evaluate.

        Parameters
        ----------
        inputs : S3 URIs, or variables that hold one, by the name of the folder they appear in.
        outputs : folders that are uploaded when the job has ended well, by their name.
        arguments : what the script is called with: texts, or variables that hold one, or lists
            for options that are given several times.
        property_files : JSON files in the outputs that later steps read values from.
        cached : whether SageMaker may reuse what an earlier run made. It compares S3 URIs, not what
            lies there.
        environment : more variables; the step runs again when their values are others.
        """
        script = name.lower()
        code = f"{self._code}/{stand_in(f'{script}.py')}"
        processor = Processor(
            role=self._connection.pipeline_role,
            image_uri=self.image,
            instance_count=1,
            instance_type=self._instances.processing,
            entrypoint=_entrypoint(f"{MOUNT}/input/code", f"{script}.py"),
            base_job_name=script,
            env={MESSAGE_FILE: EXIT_MESSAGE, **(environment or {})},
            sagemaker_session=self.session,
            tags=[dict(tag) for tag in self._connection.tags],
        )
        prefix = [f"{self._connection.prefix}/runs", ExecutionVariables.PIPELINE_EXECUTION_ID]
        step_arguments = processor.run(
            inputs=[
                processing_input(key, uri)
                for key, uri in {"code": f"{code}/steps", **inputs}.items()
            ],
            outputs=[
                processing_output(key, Join(on="/", values=[*prefix, script, key]), path)
                for key, path in outputs.items()
            ],
            arguments=[
                word
                for option, given in arguments.items()
                for value in (given if isinstance(given, list) else [given])
                for word in (option, value)
            ],
        )
        return ProcessingStep(
            name=name,
            step_args=step_arguments,
            property_files=property_files or [],
            cache_config=self._cache if cached else None,
            retry_policies=self._retries(name),
        )

    def training(
        self, name: str, channels: dict[str, Any], hyperparameters: dict[str, Any]
    ) -> TrainingStep:
        """Return a step that runs `train.py` in the training toolkit's script mode.

        Parameters
        ----------
        channels : S3 URIs, or variables that hold one, by the name of the channel.
        hyperparameters : values, or variables that hold one, by their names.
        """
        trainer = self._trainer(name, "train.py", hyperparameters)
        data = [training_channel(key, uri) for key, uri in channels.items()]
        return TrainingStep(
            name=name,
            step_args=trainer.train(input_data_config=data),
            cache_config=self._cache,
            retry_policies=self._retries(name),
        )

    def tuning(
        self,
        name: str,
        channels: dict[str, Any],
        hyperparameters: dict[str, Any],
        search: Search,
    ) -> TuningStep:
        """Return a step that runs `tune.py` again and again, with other hyperparameters.

        Parameters
        ----------
        channels, hyperparameters : as in `training`; the latter without those to search.
        search : what to search, and what for.
        """
        tuner = HyperparameterTuner(
            model_trainer=self._trainer(name, "tune.py", hyperparameters),
            objective_metric_name=search.metric,
            objective_type="Minimize" if search.less_is_better else "Maximize",
            metric_definitions=[{"Name": search.metric, "Regex": search.expression}],
            hyperparameter_ranges=search.ranges,
            strategy=search.tuning.strategy,
            max_jobs=search.tuning.trials,
            max_parallel_jobs=search.tuning.parallel,
            base_tuning_job_name=name.lower(),
            random_seed=search.seed,
            tags=[dict(tag) for tag in self._connection.tags],
        )
        data = [training_channel(key, uri) for key, uri in channels.items()]
        return TuningStep(
            name=name,
            step_args=tuner.tune(inputs=data),
            cache_config=self._cache,
            retry_policies=self._retries(name),
        )

    def _retries(self, name: str) -> list[RetryPolicy]:
        """Return what SageMaker tries a step again for: faults of its own, and no capacity.

        A step that fails by itself would fail again.
        """
        attempts = self._attempts.get(name)
        if attempts is None:
            return []
        limits = {"interval_seconds": 60, "backoff_rate": 2.0, "max_attempts": attempts}
        step, job = StepExceptionTypeEnum, SageMakerJobExceptionTypeEnum
        capacity = [job.CAPACITY_ERROR, job.INTERNAL_ERROR]
        return [
            StepRetryPolicy([step.SERVICE_FAULT, step.THROTTLING], **limits),
            SageMakerJobStepRetryPolicy([job.RESOURCE_LIMIT], capacity, **limits),
        ]

    def _trainer(self, name: str, program: str, hyperparameters: dict[str, Any]) -> ModelTrainer:
        # Script mode by hyperparameters, without `source_code`: that would upload the code
        # under a timestamp and so change the definition on every compile.
        script = {
            "sagemaker_program": program,
            "sagemaker_submit_directory": f"{self._code}/{stand_in(program)}/{ARCHIVE}",
        }
        return ModelTrainer(
            sagemaker_session=self.session,
            role=self._connection.pipeline_role,
            training_image=self.image,
            environment=self._environment,
            base_job_name=name.lower(),
            hyperparameters={**script, **hyperparameters},
            compute=Compute(
                instance_type=self._instances.training, instance_count=1, volume_size_in_gb=30
            ),
            output_data_config=OutputDataConfig(
                s3_output_path=self.models, compression_type="GZIP"
            ),
            tags=[SdkTag(key=tag["Key"], value=tag["Value"]) for tag in self._connection.tags],
        )


def _refuse_unknown_types(connection: Connection, instances: Instances) -> None:
    model = connection.sagemaker.meta.service_model
    for key, shape, what, types in (
        ("processing", "ProcessingInstanceType", "processing jobs", [instances.processing]),
        ("training", "TrainingInstanceType", "training jobs", [instances.training]),
        ("inference", "ProductionVariantInstanceType", "endpoints", instances.inference),
    ):
        place, known = f"data_science/settings.yaml: key `instances.{key}`", model.shape_for(shape)
        for wanted in types:
            refuse_unknown(place, f"{what} do not run on {wanted}", wanted, known.enum)


def _image(framework: str, region: str) -> str:
    try:
        return str(image_uris.retrieve(framework, region, version=IMAGE_VERSIONS[framework]))
    except ValueError:
        raise ProjectError(
            f"project.yaml: key `region`: the installed SageMaker SDK knows no {framework} image "
            f"in {region}; use another region, or update the SDK"
        ) from None


def _entrypoint(folder: str, script: str) -> list[str]:
    """Return the command that runs a script, once pip has installed what the step code requires.

    The training and serving toolkits do the latter by themselves; a processing job has nobody.
    """
    if not (STEPS / REQUIREMENTS).is_file():
        return ["python3", f"{folder}/{script}"]
    install = f"pip install --quiet -r {folder}/{REQUIREMENTS}"
    # It is told where `steps/failure.py` tells why a script failed.
    told = f"echo '{REQUIREMENTS} cannot be installed; the log of the job says why'"
    failed = f'{{ {told} > "${MESSAGE_FILE}"; exit 1; }}'
    return ["sh", "-c", f'{install} || {failed}; exec python3 {folder}/{script} "$@"', script]
