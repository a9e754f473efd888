"""A client as users write it: the SageMaker SDK, told by nothing but environment variables.

Prints what it saw as JSON; `test_sdk.py` runs it and looks at that.
"""

import io
import json
import sys
import tarfile
import time

import boto3
from sagemaker.core.processing import Processor
from sagemaker.core.shapes import (
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    Tag,
)
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, OutputDataConfig, StoppingCondition

BUCKET = "bucket-of-the-sdk"
ROLE = "arn:aws:iam::123456789012:role/project"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0"
PREPARE = """
import pathlib, sys, time
time.sleep(float(sys.argv[1]))
rows = pathlib.Path(sys.argv[2], "rows.csv").read_text()
pathlib.Path(sys.argv[3], "rows.csv").write_text(rows * 2)
"""
TRAIN = """
import argparse, json, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--alpha", type=float)
alpha = parser.parse_args().alpha
rows = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "rows.csv").read_text().split()
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
(model / "code").mkdir()
(model / "model.json").write_text(json.dumps({"factor": len(rows), "alpha": alpha}))
(model / "code" / "inference.py").write_text(pathlib.Path("inference.py").read_text())
"""
INFERENCE = """
import json, pathlib
def model_fn(model_dir): return json.loads(pathlib.Path(model_dir, "model.json").read_text())
def input_fn(body, content_type): return [float(number) for number in body.split(",")]
def predict_fn(data, model): return [number * model["factor"] for number in data]
def output_fn(prediction, accept): return ",".join(map(str, prediction)), "text/csv"
"""
EVALUATE = """
import json, pathlib, sys, tarfile
with tarfile.open(pathlib.Path(sys.argv[1], "model.tar.gz")) as archive:
    alpha = json.load(archive.extractfile("model.json"))["alpha"]
report = {"metrics": {"accuracy": {"value": 1 - alpha}}}
pathlib.Path(sys.argv[2], "evaluation.json").write_text(json.dumps(report))
"""


def put(s3, key, body):
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    return f"s3://{BUCKET}/{key}"


def archive(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def source(name, uri):
    place = f"/opt/ml/processing/{name}"
    s3 = ProcessingS3Input(s3_uri=uri, local_path=place, s3_data_type="S3Prefix")
    return ProcessingInput(input_name=name, s3_input=s3)


def target(name, uri):
    place = f"/opt/ml/processing/{name}"
    s3 = ProcessingS3Output(s3_uri=uri, local_path=place, s3_upload_mode="EndOfJob")
    return ProcessingOutput(output_name=name, s3_output=s3)


def build(session, code, data):
    threshold = ParameterFloat("Threshold", default_value=0.5)
    seconds = ParameterInteger("Seconds", default_value=0)
    rows = ParameterString("InputData", default_value=data)

    def processor(script):
        return Processor(
            role=ROLE,
            image_uri=IMAGE,
            instance_count=1,
            instance_type="ml.m5.large",
            entrypoint=["python3", f"/opt/ml/processing/code/{script}"],
            sagemaker_session=session,
            tags=[{"Key": "project", "Value": "sdk"}],
        )

    folder = Join(on="/", values=[f"s3://{BUCKET}/runs", ExecutionVariables.PIPELINE_EXECUTION_ID])
    prepare = ProcessingStep(
        name="Prepare",
        cache_config=CacheConfig(enable_caching=True, expire_after="P30D"),
        step_args=processor("prepare.py").run(
            inputs=[source("code", code), source("data", rows)],
            outputs=[target("rows", folder)],
            arguments=[
                seconds.to_string(),
                "/opt/ml/processing/data",
                "/opt/ml/processing/rows",
            ],
        ),
    )
    trainer = ModelTrainer(
        training_image=IMAGE,
        role=ROLE,
        sagemaker_session=session,
        compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=30),
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{BUCKET}/models"),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
        hyperparameters={
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": f"{code}/source.tar.gz",
            "alpha": 0.25,
        },
        tags=[Tag(key="project", value="sdk")],
    )
    made = prepare.properties.ProcessingOutputConfig.Outputs["rows"].S3Output.S3Uri
    train = TrainingStep(
        name="Train",
        step_args=trainer.train(
            input_data_config=[InputData(channel_name="train", data_source=made)]
        ),
    )
    model = train.properties.ModelArtifacts.S3ModelArtifacts
    report = PropertyFile(name="Report", output_name="report", path="evaluation.json")
    evaluate = ProcessingStep(
        name="Evaluate",
        property_files=[report],
        step_args=processor("evaluate.py").run(
            inputs=[source("code", code), source("model", model)],
            outputs=[target("report", Join(on="/", values=[folder, "report"]))],
            arguments=["/opt/ml/processing/model", "/opt/ml/processing/report"],
        ),
    )
    builder = ModelBuilder(
        s3_model_data_url=model,
        image_uri=IMAGE,
        role_arn=ROLE,
        sagemaker_session=session,
        env_vars={
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        },
    )
    register = ModelStep(
        name="Register",
        step_args=builder.register(
            model_package_group_name="sdk",
            content_types=["text/csv"],
            response_types=["text/csv"],
            inference_instances=["ml.m5.large"],
            approval_status="PendingManualApproval",
            customer_metadata_properties={"run": ExecutionVariables.PIPELINE_EXECUTION_ARN},
        ),
    )
    fail = FailStep(name="TooLow", error_message=Join(on=" ", values=["below", threshold]))
    accuracy = JsonGet(
        step_name=evaluate.name, property_file=report, json_path="metrics.accuracy.value"
    )
    check = ConditionStep(
        name="Check",
        conditions=[ConditionGreaterThanOrEqualTo(left=accuracy, right=threshold)],
        if_steps=[register],
        else_steps=[fail],
    )
    return Pipeline(
        name="sdk",
        parameters=[rows, threshold, seconds],
        steps=[prepare, train, evaluate, check],
        sagemaker_session=session,
    )


def story():
    """Register a model with the SDK, deploy it with boto3, and return what was seen."""
    s3, sm = boto3.client("s3"), boto3.client("sagemaker")
    s3.create_bucket(Bucket=BUCKET)
    put(s3, "code/prepare.py", PREPARE)
    put(s3, "code/evaluate.py", EVALUATE)
    put(s3, "code/source.tar.gz", archive({"train.py": TRAIN, "inference.py": INFERENCE}))
    put(s3, "data/rows.csv", "1\n2\n")
    session = PipelineSession(default_bucket=BUCKET)
    pipeline = build(session, f"s3://{BUCKET}/code", f"s3://{BUCKET}/data")
    tags = [{"Key": "project", "Value": "sdk"}]
    seen = {"arns": [pipeline.upsert(role_arn=ROLE, tags=tags)["PipelineArn"] for _ in range(2)]}
    seen["tags"] = sm.list_tags(ResourceArn=seen["arns"][0])["Tags"]
    execution = pipeline.start()
    execution.wait(delay=1)
    seen["steps"] = {s["StepName"]: s["StepStatus"] for s in execution.list_steps()}
    seen["cached"] = pipeline.start(parameters={"Threshold": 0.9})
    try:
        seen["cached"].wait(delay=1)
    except Exception as error:
        seen["failure"] = str(error)
    steps = {s["StepName"]: s for s in seen.pop("cached").list_steps()}
    seen["hit"] = steps["Prepare"]["CacheHitResult"]["SourcePipelineExecutionArn"] == execution.arn
    seen["message"] = steps["TooLow"]["FailureReason"]
    long = pipeline.start(parameters={"Seconds": 300})
    while not long.list_steps():
        time.sleep(0.1)
    long.stop()
    while (stopped := long.describe()["PipelineExecutionStatus"]) in ("Executing", "Stopping"):
        time.sleep(0.1)
    seen["stopped"] = stopped
    package = sm.list_model_packages(ModelPackageGroupName="sdk")["ModelPackageSummaryList"][0]
    arn = package["ModelPackageArn"]
    sm.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    sm.create_model(
        ModelName="sdk", PrimaryContainer={"ModelPackageName": arn}, ExecutionRoleArn=ROLE
    )
    variant = {"VariantName": "all", "ModelName": "sdk", "InitialInstanceCount": 1}
    sm.create_endpoint_config(
        EndpointConfigName="sdk", ProductionVariants=[variant | {"InstanceType": "ml.m5.large"}]
    )
    sm.create_endpoint(EndpointName="sdk", EndpointConfigName="sdk")
    sm.get_waiter("endpoint_in_service").wait(
        EndpointName="sdk", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    answer = boto3.client("sagemaker-runtime").invoke_endpoint(
        EndpointName="sdk", Body="1,2", ContentType="text/csv"
    )
    seen["answer"] = answer["Body"].read().decode()
    return seen


if __name__ == "__main__":
    json.dump(story(), sys.stdout)
