"""What a training job runs: a script under the training toolkit, an entry point, an algorithm."""

import shlex
import sys
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_local.algorithms import xgboost_image, xgboost_training
from sagemaker_local.api.errors import unsupported
from sagemaker_local.jobs.running import Job, JobError
from sagemaker_local.jobs.training_toolkit import (
    PROGRAM,
    SUBMIT,
    decode,
    script_arguments,
    script_variables,
    words_of_failure,
)
from sagemaker_local.places import region_of
from sagemaker_local.processes.container import python_path
from sagemaker_local.processes.logs import last_line
from sagemaker_local.processes.opt_ml import PATH
from sagemaker_local.storage.s3 import MissingObjectError
from sagemaker_local.storage.store import Body

REQUIREMENTS = "requirements.txt"
_OUTPUTS = {"model": f"{PATH}/model"}
_ENTRYPOINT, _ARGUMENTS = "ContainerEntrypoint", "ContainerArguments"


@dataclass(frozen=True)
class TrainingCode:
    """What a training job runs.

    Attributes
    ----------
    run : runs it, given the variables of every training job and the request's; returns what
        `Job.run` does.
    failure : returns what is said of a command that wrote no failure file, given its exit code, and
        the exit code that the container has then.
    """

    run: Callable[[Mapping[str, str]], int | None]
    failure: Callable[[int], tuple[str, int]]


def check_code(hyperparameters: Mapping[str, str], algorithm: Body, in_image: bool) -> None:
    """Refuse a training job of which it cannot be told what to run.

    Parameters
    ----------
    hyperparameters : those that the script gets.
    algorithm : the `AlgorithmSpecification`.
    in_image : whether its image is run, which knows then.

    Raises
    ------
    AwsError : it has no image to run, or it has no entry point, is not in script mode, and of no
        algorithm that is here.
    """
    if in_image and "TrainingImage" not in algorithm:
        raise unsupported("training without TrainingImage with `--docker`")
    if _ENTRYPOINT in algorithm or in_image:
        return
    image = algorithm.get("TrainingImage", "")
    if xgboost_image.is_algorithm(image, hyperparameters):
        if not xgboost_image.is_installed():
            raise unsupported(f"the algorithm of {image} without XGBoost: install xgboost-cpu")
        return
    missing = [name for name in (PROGRAM, SUBMIT) if name not in hyperparameters]
    if missing:
        raise unsupported(
            f"training outside script mode: the hyperparameter {missing[0]} is missing"
        )


def prepare_code(job: Job, channels: Mapping[str, Any], cluster: Mapping[str, Any]) -> TrainingCode:
    """Make what a job runs ready in its `/opt/ml`.

    Parameters
    ----------
    job : the training job.
    channels, cluster : the contents of `inputdataconfig.json` and `resourceconfig.json`.

    Raises
    ------
    JobError : its code is not there.
    """
    if job.in_image:
        return _image(job)
    if _ENTRYPOINT in job.request["AlgorithmSpecification"]:
        return _entry_point(job)
    image = job.request["AlgorithmSpecification"].get("TrainingImage", "")
    if xgboost_image.is_algorithm(image, job.request.get("HyperParameters", {})):
        return _xgboost(job, image)
    hyperparameters = decode(job.request["HyperParameters"])
    try:
        job.s3.unpack(str(hyperparameters[SUBMIT]), job.opt_ml / "code")
    except (MissingObjectError, tarfile.TarError) as error:
        raise JobError(f"ClientError: {SUBMIT} cannot be read: {error}") from None
    _install_requirements(job)
    program, arguments = str(hyperparameters[PROGRAM]), script_arguments(hyperparameters)
    argv, shown = ["python", program, *arguments], [sys.executable, program, *arguments]
    if not program.endswith(".py"):
        # As `_create_command` in the toolkit's process.py.
        argv = shown = ["/bin/sh", "-c", shlex.join([f"./{program}", *arguments])]
        if (script := job.opt_ml / "code" / program).is_file():
            script.chmod(0o777)
    variables = script_variables(
        job.resource.name, region_of(job.resource.region), hyperparameters, channels, cluster
    )
    variables |= {"PYTHONPATH": python_path(f"{PATH}/code")}
    return TrainingCode(
        run=lambda given: job.run(argv, {**variables, **given}, f"{PATH}/code", _OUTPUTS),
        failure=lambda code: (words_of_failure(" ".join(shown), code), 1),
    )


def with_metrics(algorithm: Body, hyperparameters: Mapping[str, str]) -> Body:
    """Return an `AlgorithmSpecification` with the metrics of a built-in algorithm, if it is one."""
    if _ENTRYPOINT in algorithm or not xgboost_image.is_algorithm(
        algorithm.get("TrainingImage", ""), hyperparameters
    ):
        return algorithm
    return {"MetricDefinitions": xgboost_image.METRIC_DEFINITIONS, **algorithm}


def _xgboost(job: Job, image: str) -> TrainingCode:
    form = "pickle" if xgboost_image.pickles(image) else "binary"
    argv, own = ["python", xgboost_training.__file__, form], {xgboost_training.OPT_ML: PATH}
    return TrainingCode(
        run=lambda given: job.run(argv, {**own, **given}, str(job.tree), _OUTPUTS),
        failure=lambda code: (last_line(job.log), code),
    )


def _install_requirements(job: Job) -> None:
    """Install what the code's `requirements.txt` names, as the toolkit does before the script."""
    if not (job.opt_ml / "code" / REQUIREMENTS).is_file():
        return
    pip = str(job.tree / "bin" / "pip")
    code = job.run([pip, "install", "-r", REQUIREMENTS], {}, f"{PATH}/code", {})
    if code:
        # The name is the toolkit's (sagemaker-training, errors.py); its words are unconfirmed.
        raise JobError(
            f"AlgorithmError: InstallRequirementsError: {last_line(job.log)}, exit code: 1"
        )


def _entry_point(job: Job) -> TrainingCode:
    """Take the entry point of the request, as the SDK's ModelTrainer gives one for source code."""
    algorithm = job.request["AlgorithmSpecification"]
    argv = [*algorithm[_ENTRYPOINT], *algorithm.get(_ARGUMENTS, [])]
    return TrainingCode(
        run=lambda given: job.run(argv, given, str(job.tree), _OUTPUTS),
        failure=lambda code: (last_line(job.log), code),
    )


def _image(job: Job) -> TrainingCode:
    """Take the image, with what the request says in the place of what is its own.

    Developer guide, "How Amazon SageMaker AI Runs Your Training Image": `docker run IMAGE train`.
    """
    algorithm = job.request["AlgorithmSpecification"]
    entrypoint = algorithm.get(_ENTRYPOINT, [])
    arguments = algorithm.get(_ARGUMENTS, [] if entrypoint else ["train"])
    what = (algorithm["TrainingImage"], entrypoint, arguments)
    return TrainingCode(
        run=lambda given: job.run_image(*what, given, _OUTPUTS),
        failure=lambda code: (last_line(job.log), code),
    )
