"""What the tests of the local SageMaker share: a real server, and small requests to give it."""

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import textwrap
import time
import zipfile
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

PACKAGE = Path(__file__).parents[2] / "template" / "vendor" / "sagemaker-local"
ROLE = "arn:aws:iam::123456789012:role/project"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/scikit-learn:1.9-0"
BUCKET = "bucket-of-tests"


# Few tests have a script that imports pandas: most would only pay for what a warm start prepares.
SETTINGS = {
    "SAGEMAKER_LOCAL_WORKERS": "cold",
    "SAGEMAKER_LOCAL_WAIT_SCALE": "0.02",
    "SAGEMAKER_LOCAL_CLOCK": "600",
}


class Local:
    """One local SageMaker in a folder of its own."""

    def __init__(self, home, *, inside=(), **environment):
        """Take a state folder, what to run commands inside of, and variables of theirs."""
        self.home = Path(home)
        self.inside = inside
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SAGEMAKER_"))}
        path = os.pathsep.join(filter(None, (str(PACKAGE), environment.pop("PYTHONPATH", ""))))
        self.environment = {**clean, **SETTINGS, "PYTHONPATH": path, **environment}
        self.variables = {}
        self.pid = 0
        self._clients = {}

    def command(self, *arguments, **options):
        """Run the command line."""
        return subprocess.run(
            [
                *(*self.inside, sys.executable, "-m", "sagemaker_local"),
                *(*arguments, "--home", str(self.home)),
            ],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=90,
            **options,
        )

    def up(self):
        done = self.command("up", "--json")
        assert done.returncode == 0, done.stderr
        self.variables = json.loads(done.stdout)
        self.pid = json.loads((self.home / "server.json").read_text())["pid"]
        self._clients = {}
        return self

    def down(self):
        assert self.command("down").returncode == 0

    @property
    def status(self):
        return json.loads(self.command("status", "--json").stdout)

    def kill(self):
        """End the server as a power cut would."""
        os.kill(self.status["pid"], signal.SIGKILL)

    def client(self, service, region="us-east-1", **options):
        key = (service, region, str(options))
        if key not in self._clients:
            self._clients[key] = boto3.session.Session().client(
                service,
                region_name=region,
                endpoint_url=self.variables["AWS_ENDPOINT_URL"],
                aws_access_key_id=self.variables["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"],
                config=Config(
                    proxies={}, retries={"total_max_attempts": 1}, read_timeout=60, **options
                ),
            )
        return self._clients[key]

    @property
    def sm(self):
        return self.client("sagemaker")

    @property
    def s3(self):
        return self.client("s3")

    def log(self, kind, name, region="us-east-1"):
        """Return the log file of a job, or of an endpoint."""
        return self.home / "logs" / region / kind / f"{name}.log"

    def put(self, key, body):
        """Store an object; returns its URI."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def read(self, uri):
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def run_processing(self, name, script, **changes):
        """Run a processing job of a script to its end; returns its description."""
        self.sm.create_processing_job(**processing(self, name, script, **changes))
        return self.wait_for_job("Processing", name)

    def wait_for_job(self, kind, name):
        describe = getattr(self.sm, f"describe_{kind.lower()}_job")
        return wait_until(
            lambda: describe(**{f"{kind}JobName": name}),
            lambda job: job[f"{kind}JobStatus"] not in ("InProgress", "Stopping"),
        )

    def run_pipeline(self, name, **parameters):
        """Run a pipeline to its end; returns the execution and its steps by name."""
        arn = self.sm.start_pipeline_execution(
            PipelineName=name,
            PipelineParameters=[{"Name": k, "Value": v} for k, v in parameters.items()],
        )["PipelineExecutionArn"]
        return self.wait_for_execution(arn)

    def wait_for_execution(self, arn):
        execution = wait_until(
            lambda: self.sm.describe_pipeline_execution(PipelineExecutionArn=arn),
            lambda found: found["PipelineExecutionStatus"] not in ("Executing", "Stopping"),
        )
        return execution, self.steps(arn)

    def steps(self, arn):
        pages = self.sm.get_paginator("list_pipeline_execution_steps").paginate(
            PipelineExecutionArn=arn, SortOrder="Ascending"
        )
        return {step["StepName"]: step for page in pages for step in page["PipelineExecutionSteps"]}

    def deploy(self, name, code, factor=2):
        """Make model and configuration `name` of inference code; returns the artefact's URI."""
        model = targz({"code/inference.py": code, "factor.json": json.dumps(factor)})
        uri = self.put(f"models/{name}/model.tar.gz", model)
        environment = {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        }
        self.sm.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": IMAGE, "ModelDataUrl": uri, "Environment": environment},
        )
        self.configure(name, {"all": name})
        return uri

    def configure(self, name, variants):
        self.sm.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": variant,
                    "ModelName": model,
                    "InitialInstanceCount": 1,
                    "InstanceType": "ml.m6i.large",
                }
                for variant, model in variants.items()
            ],
        )

    def wait_for_endpoint(self, name):
        return wait_until(
            lambda: self.sm.describe_endpoint(EndpointName=name),
            lambda endpoint: (
                endpoint["EndpointStatus"] not in ("Creating", "Updating", "RollingBack")
            ),
        )

    def invoke(self, name, body="[1, 2]", content_type="application/json", **options):
        return self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=name,
            Body=body,
            ContentType=content_type,
            Accept="application/json",
            **options,
        )


def wait_until(read, is_done, seconds=40):
    """Read again and again until it is done; returns what was read last."""
    deadline = time.monotonic() + seconds
    while not is_done(found := read()):
        assert time.monotonic() < deadline, f"not done after {seconds} s: {found}"
        time.sleep(0.05)
    return found


def refusal(call, *arguments, **options):
    """Return code and message of the error that a call must raise."""
    try:
        answer = call(*arguments, **options)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError(f"not refused: {answer}")


def targz(files):
    """Return the bytes of an archive of text files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def processing(local, name, script, *, arguments=(), inputs=(), outputs=(), **changes):
    """Return the request for a processing job of one script.

    `inputs` and `outputs` are pairs of name and S3 URI, at `/opt/ml/processing/<name>`.
    """
    code = local.put(f"code/{name}/script.py", script)
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/code/script.py"],
            **({"ContainerArguments": list(arguments)} if arguments else {}),
        },
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 10,
            }
        },
        "ProcessingInputs": [
            {
                "InputName": part,
                "S3Input": {
                    "S3Uri": uri,
                    "LocalPath": f"/opt/ml/processing/{part}",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                },
            }
            for part, uri in [("code", code), *inputs]
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": part,
                    "S3Output": {
                        "S3Uri": uri,
                        "LocalPath": f"/opt/ml/processing/{part}",
                        "S3UploadMode": "EndOfJob",
                    },
                }
                for part, uri in outputs
            ]
        },
        **changes,
    }


def training(local, name, script, *, channels=(), hyperparameters=(), **changes):
    """Return the request for a training job of one script, in script mode."""
    data = [
        {
            "ChannelName": channel,
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
        }
        for channel, uri in channels
    ]
    source = local.put(f"code/{name}/source.tar.gz", targz({"train.py": script}))
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": source,
            **dict(hyperparameters),
        },
        **({"InputDataConfig": data} if data else {}),
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/training"},
        "ResourceConfig": {
            "InstanceCount": 1,
            "InstanceType": "ml.m5.large",
            "VolumeSizeInGB": 10,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **changes,
    }


def without(request, *names):
    """Return a request as a pipeline step's arguments have it: without the job's name."""
    return {name: value for name, value in request.items() if name not in names}


def is_alive(pid):
    """Return whether a process runs; one that has ended but was not waited for does not."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(done.stdout.strip()) and not done.stdout.strip().startswith("Z")


INFERENCE = """
import json, pathlib, time

def model_fn(model_dir):
    return json.loads((pathlib.Path(model_dir) / "factor.json").read_text())

def input_fn(body, content_type):
    if content_type == "text/plain":
        raise ValueError("cannot read " + content_type)
    kind = type(body).__name__
    return kind if content_type == "application/x-kind" or body == "kind" else json.loads(body)

def predict_fn(data, model):
    return data if isinstance(data, str) else [number * model for number in data]

def output_fn(prediction, accept):
    return json.dumps(prediction), accept
"""


def zipped(files):
    """Return the bytes of a zip archive of text files, as Lambda takes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, textwrap.dedent(text))
    return buffer.getvalue()


def create_function(local, name, code, **changes):
    """Make a Lambda function of one module `app` with a `handler`; returns its ARN."""
    made = local.client("lambda").create_function(
        **{
            "FunctionName": name,
            "Runtime": "python3.12",
            "Handler": "app.handler",
            "Role": ROLE,
            "Code": {"ZipFile": zipped({"app.py": code})},
            "Timeout": 20,
            **changes,
        }
    )
    return made["FunctionArn"]
