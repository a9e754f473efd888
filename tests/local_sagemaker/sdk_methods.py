"""The SDK's own methods, one after the other, told by nothing but environment variables.

Prints what it saw as JSON; `test_sdk.py` runs it and looks at that.
"""

import io
import json
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from botocore.exceptions import WaiterError
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.lambda_helper import Lambda
from sagemaker.core.processing import Processor
from sagemaker.core.resources import Endpoint, EndpointConfig, Model, ProcessingJob, TrainingJob
from sagemaker.core.shapes import (
    ContainerDefinition,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    ProductionVariant,
)
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import ParameterInteger
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, OutputDataConfig, StoppingCondition

ROLE = "arn:aws:iam::123456789012:role/project"
PREPARE = "import pathlib, sys; pathlib.Path(sys.argv[2], 'n').write_text(open(sys.argv[1]).read())"
TRAIN = """
import os, pathlib
rows = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "n").read_text()
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
(model / "code").mkdir()
(model / "n").write_text(rows)
(model / "code" / "inference.py").write_text(pathlib.Path("inference.py").read_text())
print("trained with", rows)
"""
INFERENCE = """
import pathlib
def model_fn(model_dir): return float(pathlib.Path(model_dir, "n").read_text())
def input_fn(body, content_type): return float(body)
def predict_fn(data, model): return data * model
def output_fn(prediction, accept): return str(prediction), "text/csv"
"""
SERVING = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
}


def archive(path, files):
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))


def session_methods(session, seen):
    """Everything that a session does by itself, beginning with what asks STS."""
    bucket = session.default_bucket()
    seen["account"] = session.account_id()
    seen["bucket"] = bucket
    seen["caller"] = session.get_caller_identity_arn()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        (folder / "in" / "n").write_text("3")
        (folder / "in" / "prepare.py").write_text(PREPARE)
        archive(folder / "in" / "source.tar.gz", {"train.py": TRAIN, "inference.py": INFERENCE})
        seen["uploaded"] = session.upload_data(str(folder / "in"), key_prefix="in")
        session.upload_string_as_file_body("text", bucket, "texts/one")
        session.download_data(str(folder / "out"), bucket, "texts/")
        seen["downloaded"] = (folder / "out" / "one").read_text()
    seen["read"] = session.read_s3_file(bucket, "in/n")
    seen["listed"] = session.list_s3_files(bucket, "in")


def process(session, image, seen):
    """A processing job, waited for, with its logs."""
    place, bucket = "/opt/ml/processing", session.default_bucket()
    source = ProcessingS3Input(
        s3_uri=f"s3://{bucket}/in", local_path=f"{place}/in", s3_data_type="S3Prefix"
    )
    target = ProcessingS3Output(
        s3_uri=f"s3://{bucket}/out", local_path=f"{place}/out", s3_upload_mode="EndOfJob"
    )
    Processor(
        role=ROLE,
        image_uri=image,
        instance_count=1,
        instance_type="ml.m5.large",
        entrypoint=["python3", f"{place}/in/prepare.py"],
        sagemaker_session=session,
    ).run(
        inputs=[ProcessingInput(input_name="in", s3_input=source)],
        outputs=[ProcessingOutput(output_name="out", s3_output=target)],
        arguments=[f"{place}/in/n", f"{place}/out"],
        job_name="prepare",
        wait=True,
        logs=True,
    )
    seen["processed"] = ProcessingJob.get("prepare").processing_job_status
    seen["written"] = session.read_s3_file(bucket, "out/n")


def train(session, image, seen):
    """A training job, waited for, with its logs."""
    bucket = session.default_bucket()
    ModelTrainer(
        training_image=image,
        role=ROLE,
        sagemaker_session=session,
        base_job_name="train",
        compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=30),
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{bucket}/models"),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
        hyperparameters={
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": f"s3://{bucket}/in/source.tar.gz",
        },
    ).train(
        input_data_config=[InputData(channel_name="train", data_source=f"s3://{bucket}/out")],
        wait=True,
        logs=True,
    )
    (job,) = TrainingJob.get_all()
    seen["trained"] = job.refresh().training_job_status
    return job.model_artifacts.s3_model_artifacts


def serve(image, artefact, seen):
    """An endpoint, made of the SDK's resources."""
    container = ContainerDefinition(image=image, model_data_url=artefact, environment=SERVING)
    Model.create(model_name="m", primary_container=container, execution_role_arn=ROLE)
    variant = ProductionVariant(
        variant_name="all", model_name="m", initial_instance_count=1, instance_type="ml.m5.large"
    )
    EndpointConfig.create(endpoint_config_name="c", production_variants=[variant])
    endpoint = Endpoint.create(endpoint_name="e", endpoint_config_name="c")
    endpoint.wait_for_status("InService", poll=1)
    answer = endpoint.invoke(body="2", content_type="text/csv", accept="text/csv")
    seen["answer"] = answer.body.read().decode()
    seen["endpoints"] = [found.endpoint_name for found in Endpoint.get_all()]
    endpoint.delete()


def build(session, image, artefact, seen):
    """A model, built and deployed by the SDK's model builder."""
    builder = ModelBuilder(
        s3_model_data_url=artefact,
        image_uri=image,
        role_arn=ROLE,
        sagemaker_session=session,
        env_vars=SERVING,
        instance_type="ml.m5.large",
    )
    seen["built"] = builder.build(model_name="built").model_name
    endpoint = builder.deploy(endpoint_name="deployed", wait=False)
    endpoint.wait_for_status("InService", poll=1)
    answer = endpoint.invoke(body="2", content_type="text/csv", accept="text/csv")
    seen["deployed"] = answer.body.read().decode()


def call(session, seen):
    """A function that the SDK makes of a script and of a zip file, and a step that calls it."""
    with tempfile.TemporaryDirectory() as name:
        script, code = Path(name, "work.py"), Path(name, "code.zip")
        script.write_text("def handler(event, context): return {'sum': event.get('a', 0) + 1}")
        made = {"function_name": "f", "execution_role_arn": ROLE, "handler": "work.handler"}
        function = Lambda(**made, script=str(script), session=session)
        created, updated = function.upsert(), function.upsert()
        seen["function"] = [created["FunctionArn"], updated["FunctionArn"]]
        seen["invoked"] = json.load(function.invoke()["Payload"])
        script.write_text("def handler(event, context): return {'sum': event['a'] + 10}")
        with zipfile.ZipFile(code, "w") as archive:
            archive.write(script, "work.py")
        step = LambdaStep(
            "Add",
            lambda_func=Lambda(
                **made,
                zipped_code_dir=str(code),
                s3_bucket=session.default_bucket(),
                session=session,
            ),
            inputs={"a": ParameterInteger("A", 5)},
            outputs=[LambdaOutput("sum", LambdaOutputTypeEnum.Integer)],
        )
        told = FailStep("Tell", error_message=Join(values=[step.properties.Outputs["sum"]]))
        pipeline = Pipeline(
            name="p",
            parameters=[ParameterInteger("A", 5)],
            steps=[step, told],
            sagemaker_session=session,
        )
        pipeline.upsert(role_arn=ROLE)
    execution = pipeline.start()
    try:
        execution.wait(delay=1, max_attempts=60)
    except WaiterError:
        steps = {found["StepName"]: found for found in execution.list_steps()}
        seen["told"] = steps["Tell"]["FailureReason"]
    function.delete()


def main():
    """Run all of them and return what was seen."""
    seen = {}
    session = Session()
    image = image_uris.retrieve("sklearn", "us-east-1", version="1.9-0")
    session_methods(session, seen)
    process(session, image, seen)
    artefact = train(session, image, seen)
    serve(image, artefact, seen)
    build(session, image, artefact, seen)
    call(session, seen)
    return seen


if __name__ == "__main__":
    seen = main()
    print()
    json.dump(seen, sys.stdout)
