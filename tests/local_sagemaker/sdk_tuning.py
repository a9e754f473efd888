"""The SDK's tuner and transformer, by themselves and as steps of a pipeline.

Prints what it saw as JSON; `test_sdk.py` runs it and looks at that.
"""

import io
import json
import sys
import tarfile

import boto3
from botocore.exceptions import WaiterError
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import ContinuousParameter, IntegerParameter
from sagemaker.core.resources import Model, TransformJob
from sagemaker.core.shapes import ContainerDefinition
from sagemaker.core.transformer import Transformer
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import CacheConfig, TransformStep, TuningStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, OutputDataConfig, StoppingCondition
from sagemaker.train.tuner import HyperparameterTuner

BUCKET = "bucket-of-the-sdk"
ROLE = "arn:aws:iam::123456789012:role/project"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0"
SERVING = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
}
TRAIN = """
import argparse, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--factor", type=int)
parser.add_argument("--rate", type=float)
arguments = parser.parse_args()
assert pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "rows.csv").read_text()
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
(model / "code").mkdir()
(model / "factor").write_text(str(arguments.factor))
(model / "code" / "inference.py").write_text(pathlib.Path("inference.py").read_text())
print("distance:", abs(arguments.factor - 3))
"""
INFERENCE = """
import pathlib
def model_fn(model_dir): return int(pathlib.Path(model_dir, "factor").read_text())
def input_fn(body, content_type): return [float(line) for line in body.splitlines()]
def predict_fn(data, model): return [number * model for number in data]
def output_fn(prediction, accept): return "\\n".join(map(str, prediction)), "text/csv"
"""


def archive(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def tuner(session):
    trainer = ModelTrainer(
        training_image=IMAGE,
        role=ROLE,
        sagemaker_session=session,
        base_job_name="tuned",
        compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=30),
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{BUCKET}/models"),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
        hyperparameters={
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": f"s3://{BUCKET}/code/source.tar.gz",
        },
    )
    return HyperparameterTuner(
        model_trainer=trainer,
        objective_metric_name="distance",
        objective_type="Minimize",
        metric_definitions=[{"Name": "distance", "Regex": "distance: ([0-9]+)"}],
        hyperparameter_ranges={
            "factor": IntegerParameter(2, 4),
            "rate": ContinuousParameter(0.001, 1.0),
        },
        strategy="Random",
        random_seed=3,
        max_jobs=6,
        max_parallel_jobs=2,
    )


def inputs():
    return [InputData(channel_name="train", data_source=f"s3://{BUCKET}/data")]


def transformer(session, model, target):
    return Transformer(
        model_name=model,
        instance_count=1,
        instance_type="ml.m5.large",
        strategy="MultiRecord",
        assemble_with="Line",
        accept="text/csv",
        output_path=target,
        sagemaker_session=session,
        base_transform_job_name="scores",
    )


JOIN = {
    "content_type": "text/csv",
    "split_type": "Line",
    "input_filter": "$[1:]",
    "join_source": "Input",
    "output_filter": "$[0,-1]",
}


def alone(s3, seen):
    """A tuning job, waited for; the best model over a file."""
    session = Session(default_bucket=BUCKET)
    found = tuner(session)
    found.tune(inputs=inputs(), wait=True)
    best = found.best_training_job()
    job = found.describe()
    seen["status"] = job.hyper_parameter_tuning_job_status
    seen["trials"] = job.training_job_status_counters.completed
    seen["best"] = job.best_training_job.tuned_hyper_parameters["factor"]
    container = ContainerDefinition(
        image=IMAGE,
        model_data_url=f"s3://{BUCKET}/models/{best}/output/model.tar.gz",
        environment=SERVING,
    )
    Model.create(model_name="best", primary_container=container, execution_role_arn=ROLE)
    scorer = transformer(session, "best", f"s3://{BUCKET}/scores")
    scorer.transform(f"s3://{BUCKET}/data/rows.csv", wait=True, logs=True, **JOIN)
    (job,) = TransformJob.get_all()
    seen["transformed"] = job.refresh().transform_job_status
    body = s3.get_object(Bucket=BUCKET, Key="scores/rows.csv.out")["Body"]
    seen["scores"] = body.read().decode()


def as_steps(s3, seen):
    """The same as steps: the second time the search is cached."""
    session = PipelineSession(default_bucket=BUCKET)
    tune = TuningStep(
        name="Tune",
        step_args=tuner(session).tune(inputs=inputs()),
        cache_config=CacheConfig(enable_caching=True, expire_after="P1D"),
    )
    builder = ModelBuilder(
        s3_model_data_url=tune.get_top_model_s3_uri(0, BUCKET, "models"),
        image_uri=IMAGE,
        role_arn=ROLE,
        sagemaker_session=session,
        env_vars=SERVING,
    )
    create = ModelStep(name="Create", step_args=builder.build())
    score = TransformStep(
        name="Score",
        step_args=transformer(
            session, create.properties.ModelName, f"s3://{BUCKET}/piped"
        ).transform(f"s3://{BUCKET}/data", **JOIN),
    )
    tell = FailStep(
        name="Tell",
        error_message=score.properties.TransformOutput.S3OutputPath,
        depends_on=[score],
    )
    pipeline = Pipeline(name="search", steps=[tune, create, score, tell], sagemaker_session=session)
    pipeline.upsert(role_arn=ROLE)
    for _ in range(2):
        execution = pipeline.start()
        try:
            execution.wait(delay=1)
        except WaiterError:
            # The last step fails it.
            seen["failed"] = True
        steps = {step["StepName"]: step for step in execution.list_steps()}
        seen["steps"] = {name: step["StepStatus"] for name, step in steps.items()}
    seen["cached"] = "CacheHitResult" in steps["Tune"]
    seen["told"] = steps["Tell"].get("FailureReason")
    body = s3.get_object(Bucket=BUCKET, Key="piped/rows.csv.out")["Body"]
    seen["piped"] = body.read().decode()


if __name__ == "__main__":
    client, seen = boto3.client("s3"), {}
    client.create_bucket(Bucket=BUCKET)
    code = archive({"train.py": TRAIN, "inference.py": INFERENCE})
    client.put_object(Bucket=BUCKET, Key="code/source.tar.gz", Body=code)
    client.put_object(Bucket=BUCKET, Key="data/rows.csv", Body="a,1\nb,2.5\n")
    alone(client, seen)
    as_steps(client, seen)
    print()
    json.dump(seen, sys.stdout)
