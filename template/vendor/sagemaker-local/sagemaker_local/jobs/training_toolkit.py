"""What SageMaker's training toolkit hands to a script: arguments, variables, words of failure.

Source: sagemaker-training 4.8.0; a test runs a script under it and here, and compares.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

from sagemaker_local.processes.opt_ml import PATH

PROGRAM, SUBMIT = "sagemaker_program", "sagemaker_submit_directory"
_LOG_LEVEL = "sagemaker_container_log_level"
# Hyperparameters that the toolkit keeps to itself, beside those that begin with `sagemaker_`.
_KEPT = ("_tuning_objective_metric", "default_user_module_name")
# Those among them that it does not hand on as parameters of the framework either.
_OWN = (
    *(PROGRAM, SUBMIT, _LOG_LEVEL, "sagemaker_enable_cloudwatch_metrics", "sagemaker_region"),
    *("sagemaker_job_name", "sagemaker_s3_output", *_KEPT),
)


def decode(hyperparameters: Mapping[str, str]) -> dict[str, Any]:
    """Return hyperparameters with the values that their texts stand for, where these are JSON."""
    return {name: _decoded(text) for name, text in hyperparameters.items()}


def script_arguments(hyperparameters: Mapping[str, Any]) -> list[str]:
    """Return the script's arguments.

    Parameters
    ----------
    hyperparameters : decoded; a one-letter name gets a single dash.
    """
    return [
        argument
        for name, value in sorted(_of_the_script(hyperparameters).items())
        for argument in (f"{'-' if len(name) == 1 else '--'}{name}", _argument(value))
    ]


def script_variables(
    job: str,
    region: str,
    hyperparameters: Mapping[str, Any],
    channels: Mapping[str, Any],
    cluster: Mapping[str, Any],
) -> dict[str, str]:
    """Return the variables that the toolkit sets for the script.

    Parameters
    ----------
    job, region : name of the training job, and where it runs.
    hyperparameters : decoded.
    channels, cluster : the contents of `inputdataconfig.json` and `resourceconfig.json`.
    """
    own = _of_the_script(hyperparameters)
    framework = {
        name: value
        for name, value in hyperparameters.items()
        if name.startswith("sagemaker_") and name not in _OWN
    }
    program = str(hyperparameters[PROGRAM])
    host, group = cluster["current_host"], cluster["current_group_name"]
    groups = {one["instance_group_name"]: one for one in cluster["instance_groups"]}
    known: dict[str, Any] = {
        "current_host": host,
        "current_instance_group": group,
        "current_instance_group_hosts": groups[group]["hosts"],
        "current_instance_type": cluster["current_instance_type"],
        "distribution_instance_groups": [],
        "framework_module": None,
        "hosts": cluster["hosts"],
        "input_config_dir": f"{PATH}/input/config",
        "input_data_config": channels,
        "input_dir": f"{PATH}/input",
        "instance_groups": list(groups),
        "instance_groups_dict": groups,
        "is_hetero": False,
        "log_level": hyperparameters.get(_LOG_LEVEL, 20),
        "model_dir": f"{PATH}/model",
        "module_dir": str(hyperparameters[SUBMIT]),
        "module_name": program.removesuffix(".py"),
        "network_interface_name": cluster["network_interface_name"],
        "num_cpus": os.cpu_count() or 1,
        "num_gpus": 0,
        "num_neurons": 0,
        "output_data_dir": f"{PATH}/output/data",
        "output_dir": f"{PATH}/output",
        "output_intermediate_dir": f"{PATH}/output/intermediate",
        "resource_config": cluster,
        "user_entry_point": hyperparameters[PROGRAM],
    }
    folders = {name: f"{PATH}/input/data/{name}" for name in channels}
    everything = {
        **known,
        "additional_framework_parameters": framework,
        "channel_input_dirs": folders,
        "distribution_hosts": [],
        "hyperparameters": own,
        "is_master": host == cluster["hosts"][0],
        "is_modelparallel_enabled": None,
        "is_smddpmprun_installed": False,
        "is_smddprun_installed": False,
        "job_name": job,
        "master_hostname": cluster["hosts"][0],
    }
    variables = {
        **known,
        "channels": sorted(channels),
        "framework_params": framework,
        "hps": own,
        "training_env": everything,
        "user_args": script_arguments(hyperparameters),
        **{f"channel_{name}": folder for name, folder in folders.items()},
        **{f"hp_{name}": value for name, value in own.items()},
    }
    return {
        **{f"SM_{name.upper()}": _variable(value) for name, value in variables.items()},
        "CURRENT_HOST": host,
        "SAGEMAKER_JOB_NAME": _variable(hyperparameters.get("sagemaker_job_name", "")),
        "SAGEMAKER_REGION": _variable(hyperparameters.get("sagemaker_region", region)),
    }


def words_of_failure(command: str, code: int) -> str:
    """Return what the toolkit writes for a script that wrote no failure file itself.

    Parameters
    ----------
    command : how the script was run.
    code : its exit code, or 128 plus the signal that it died of.
    """
    told = code if code <= 128 else 128 - code
    return f'ExecuteUserScriptError:\nExitCode {told}\nErrorMessage ""\nCommand "{command}"'


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _of_the_script(hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in hyperparameters.items()
        if not name.startswith("sagemaker_") and name not in _KEPT
    }


def _argument(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}={one}" for name, one in sorted(value.items()))
    return "" if value is None else str(value)


def _variable(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
