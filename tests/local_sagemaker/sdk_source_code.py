"""Code in a local folder, given to the SDK: its trainer, tuner and framework processor.

Prints what it saw as JSON; `test_sdk.py` runs it and looks at that.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import boto3
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import CategoricalParameter
from sagemaker.core.processing import FrameworkProcessor
from sagemaker.core.resources import ProcessingJob
from sagemaker.core.shapes import ProcessingOutput, ProcessingS3Output
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep, TrainingStep
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import (
    Compute,
    InputData,
    OutputDataConfig,
    SourceCode,
    StoppingCondition,
)
from sagemaker.train.tuner import HyperparameterTuner

BUCKET = "bucket-of-the-sdk"
ROLE = "arn:aws:iam::123456789012:role/project"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0"
TRAIN = """
import argparse, os, pathlib
from helper import double
parser = argparse.ArgumentParser()
parser.add_argument("--factor", type=int)
factor = parser.parse_args().factor
rows = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "rows.csv").read_text()
assert factor < 9, "the factor is too great"
pathlib.Path(os.environ["SM_MODEL_DIR"], "said").write_text(f"{rows}{double(factor)}")
print("score:", factor)
"""
HELPER = "def double(number): return 2 * number\n"
PROCESS = """
import pathlib, sys
from helper import double
pathlib.Path("/opt/ml/processing/out/said").write_text(str(double(int(sys.argv[1]))))
"""


def trainer(session, folder, name, **source):
    return ModelTrainer(
        training_image=IMAGE,
        role=ROLE,
        sagemaker_session=session,
        base_job_name=name,
        compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=30),
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{BUCKET}/models"),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
        source_code=SourceCode(source_dir=str(folder), **source),
        hyperparameters={"factor": 3},
    )


def inputs():
    return [InputData(channel_name="train", data_source=f"s3://{BUCKET}/data")]


def processor(session):
    return FrameworkProcessor(
        image_uri=IMAGE,
        role=ROLE,
        instance_count=1,
        instance_type="ml.m5.large",
        command=["python3"],
        base_job_name="framework",
        sagemaker_session=session,
    )


def processing(folder):
    target = ProcessingS3Output(
        s3_uri=f"s3://{BUCKET}/processed",
        local_path="/opt/ml/processing/out",
        s3_upload_mode="EndOfJob",
    )
    return {
        "code": "process.py",
        "source_dir": str(folder),
        "arguments": ["4"],
        "outputs": [ProcessingOutput(output_name="out", s3_output=target)],
    }


def alone(sm, folder, seen):
    """All at once: to wait for each as the SDK does would take five seconds more each time."""
    session = Session(default_bucket=BUCKET)
    for name, source in (
        ("script", {"entry_script": "train.py"}),
        ("command", {"command": "python train.py --factor $SM_HP_FACTOR"}),
        ("fails", {"command": "python train.py --factor 9"}),
    ):
        code = trainer(session, folder, name, **source)
        code.train(input_data_config=inputs(), wait=False)
    HyperparameterTuner(
        model_trainer=trainer(session, folder, "tuned", entry_script="train.py"),
        objective_metric_name="score",
        metric_definitions=[{"Name": "score", "Regex": "score: ([0-9]+)"}],
        hyperparameter_ranges={"factor": CategoricalParameter([1, 2])},
        strategy="Grid",
        max_jobs=None,
    ).tune(inputs=inputs(), wait=False)
    processor(session).run(**processing(folder), wait=False)
    (tuning,) = sm.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
    (processed,) = ProcessingJob.get_all()
    every = [
        lambda: sm.list_training_jobs(StatusEquals="InProgress")["TrainingJobSummaries"],
        lambda: sm.list_processing_jobs(StatusEquals="InProgress")["ProcessingJobSummaries"],
        lambda: sm.list_hyper_parameter_tuning_jobs(StatusEquals="InProgress")[
            "HyperParameterTuningJobSummaries"
        ],
    ]
    while any(running() for running in every):
        time.sleep(0.2)
    for name in ("script", "command", "fails"):
        (job,) = sm.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
        seen[name] = sm.describe_training_job(TrainingJobName=job["TrainingJobName"]).get(
            "FailureReason", job["TrainingJobStatus"]
        )
    name = tuning["HyperParameterTuningJobName"]
    found = sm.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    seen["tuned"] = found["BestTrainingJob"]["TunedHyperParameters"]["factor"]
    seen["processed"] = processed.refresh().processing_job_status


def as_steps(sm, folder, seen):
    session = PipelineSession(default_bucket=BUCKET)
    steps = [
        ProcessingStep(name="Process", step_args=processor(session).run(**processing(folder))),
        TrainingStep(
            name="Train",
            step_args=trainer(session, folder, "step", entry_script="train.py").train(
                input_data_config=inputs()
            ),
        ),
    ]
    pipeline = Pipeline(name="source", steps=steps, sagemaker_session=session)
    pipeline.upsert(role_arn=ROLE)
    execution = pipeline.start()
    execution.wait(delay=1)
    seen["steps"] = {step["StepName"]: step["StepStatus"] for step in execution.list_steps()}


def main(s3, sm):
    seen = {}
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="data/rows.csv", Body="1\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in (("train", TRAIN), ("helper", HELPER), ("process", PROCESS)):
            (folder / f"{file}.py").write_text(text)
        alone(sm, folder, seen)
        as_steps(sm, folder, seen)
    said = s3.get_object(Bucket=BUCKET, Key="processed/said")["Body"].read().decode()
    return seen | {"said": said}


if __name__ == "__main__":
    seen = main(boto3.client("s3"), boto3.client("sagemaker"))
    print()
    json.dump(seen, sys.stdout)
