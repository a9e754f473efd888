"""What the support matrix calls kept is answered back by Describe, member by member."""

import itertools
import re

import pytest
from botocore.model import ListShape, StructureShape
from generated import Valid
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from kit import BUCKET, IMAGE, INFERENCE, ROLE, processing, training, wait_until

from sagemaker_local.api.actions import ACTIONS
from sagemaker_local.api.service_model import input_shape
from sagemaker_local.api.support import members_of
from sagemaker_local.wire import server

assert server, "it registers all actions"

CONTAINERS = [{"Image": IMAGE, "ModelDataUrl": "s3://b/model.tar.gz"}]
VERSION = {
    "InferenceSpecification": {
        "Containers": CONTAINERS,
        "SupportedContentTypes": [],
        "SupportedResponseMIMETypes": [],
    },
    "ModelCard": {},
    "ModelLifeCycle": {},
}
DEPLOYMENT = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    },
}
CONTAINER = {**CONTAINERS[0], "Environment": {"SAGEMAKER_PROGRAM": "inference.py"}}
DEFINITION = '{"Version": "2020-12-01", "Steps": [{"Name": "f", "Type": "Fail", "Arguments": {}}]}'

SCRIPT_MODE = {"sagemaker_program": "p.py", "sagemaker_submit_directory": f"s3://{BUCKET}/none"}

# Of each action that keeps members: a request without these, about something of a new name.
REQUESTS = {
    "CreateProcessingJob": lambda local, new: processing(
        local, new, "print()", outputs=[("o", f"s3://{BUCKET}/o")]
    ),
    "CreateTrainingJob": lambda local, new: training(
        local, new, "print()", channels=[("c", f"s3://{BUCKET}/c")]
    ),
    "CreateHyperParameterTuningJob": lambda local, new: {
        "HyperParameterTuningJobName": new,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "m"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
            "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "c", "Values": ["v"]}]},
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": SCRIPT_MODE,
            "AlgorithmSpecification": {
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "m", "Regex": "m"}],
            },
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
            "HyperParameterTuningResourceConfig": {"InstanceCount": 1},
            "StoppingCondition": {},
        },
    },
    "CreateTransformJob": lambda local, new: {
        "TransformJobName": new,
        "ModelName": "kept",
        "TransformInput": {
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/nothing"}
            }
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/out"},
    },
    "CreateModel": lambda local, new: {"ModelName": new, "PrimaryContainer": dict(CONTAINER)},
    "CreateEndpointConfig": lambda local, new: {
        "EndpointConfigName": new,
        "ProductionVariants": [{"VariantName": "v", "ModelName": "kept"}],
        "DataCaptureConfig": {
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{BUCKET}/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        },
    },
    "CreateEndpoint": lambda local, new: {
        "EndpointName": new,
        "EndpointConfigName": "kept",
        "DeploymentConfig": DEPLOYMENT,
    },
    "UpdateEndpoint": lambda local, new: {
        "EndpointName": "kept",
        "EndpointConfigName": "kept",
        "DeploymentConfig": DEPLOYMENT,
    },
    "CreateModelPackageGroup": lambda local, new: {"ModelPackageGroupName": new},
    "CreateModelPackage": lambda local, new: {
        "ModelPackageGroupName": "kept",
        "AdditionalInferenceSpecifications": [{}],
        **VERSION,
    },
    "UpdateModelPackage": lambda local, new: {
        "ModelPackageArn": f"{local.group}/1".replace("model-package-group", "model-package"),
        **VERSION,
    },
    "CreatePipeline": lambda local, new: {"PipelineName": new, "PipelineDefinition": DEFINITION},
    "UpdatePipeline": lambda local, new: {"PipelineName": "kept"},
    "StartPipelineExecution": lambda local, new: {"PipelineName": "kept"},
    "CreateProject": lambda local, new: {"ProjectName": new},
    "UpdateProject": lambda local, new: {"ProjectName": "kept"},
}
NAMES = (f"new-{number}" for number in itertools.count())
# Where Describe has another name for a member.
RENAMED = {"DeploymentConfig": "LastDeploymentConfig"}


@pytest.fixture(scope="module")
def there(local):
    """A server with what the requests refer to."""
    local.deploy("kept", INFERENCE)
    group = local.sm.create_model_package_group(ModelPackageGroupName="kept")
    local.group = group["ModelPackageGroupArn"]
    local.sm.create_model_package(
        ModelPackageGroupName="kept",
        InferenceSpecification=VERSION["InferenceSpecification"],
    )
    local.sm.create_pipeline(PipelineName="kept", RoleArn=ROLE, PipelineDefinition=DEFINITION)
    local.sm.create_project(ProjectName="kept")
    local.sm.create_endpoint(EndpointName="kept", EndpointConfigName="kept")
    local.wait_for_endpoint("kept")
    return local


def fill(shape, request, draw, action=""):
    """Return a request with all members that are kept, and these members alone."""
    members = members_of(shape, action)
    kept = {name: draw(Valid(whole=True).of(shape.members[name])) for name in sorted(members.kept)}
    filled = {**request, **kept}
    for name in members.acted & set(request):
        inner = shape.members[name]
        if isinstance(inner, StructureShape):
            filled[name], kept[name] = fill(inner, request[name], draw)
        elif isinstance(inner, ListShape) and isinstance(inner.member, StructureShape):
            pairs = [fill(inner.member, item, draw) for item in request[name]]
            filled[name], kept[name] = ([pair[side] for pair in pairs] for side in (0, 1))
    return filled, {name: value for name, value in kept.items() if value not in ({}, [])}


def like(answer, kept):
    """Return of an answer what has its counterpart in what was kept."""
    if isinstance(kept, dict) and isinstance(answer, dict):
        return {name: like(answer[name], kept[name]) for name in kept if name in answer}
    if isinstance(kept, list) and isinstance(answer, list):
        return [like(*pair) for pair in zip(answer, kept, strict=True)]
    return answer


def send(local, action, **request):
    return getattr(local.sm, re.sub("(?<!^)(?=[A-Z])", "_", action).lower())(**request)


@pytest.mark.parametrize("action", REQUESTS)
@settings(
    # The first is the smallest one, the second is drawn.
    max_examples=2,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_kept(there, action, data):
    request, kept = fill(
        input_shape(action), REQUESTS[action](there, next(NAMES)), data.draw, action
    )
    answer = send(there, action, **request)
    noun = re.sub("^(Create|Update|Start)", "", action)
    identity = f"{noun}Arn" if noun in ("ModelPackage", "PipelineExecution") else f"{noun}Name"
    asked = "ModelPackageName" if noun == "ModelPackage" else identity
    described = wait_until(
        lambda: send(there, f"Describe{noun}", **{asked: (request | answer)[identity]}),
        lambda found: found.get("EndpointStatus") not in ("Creating", "Updating"),
    )
    renamed = {RENAMED.get(name, name): value for name, value in kept.items()}
    assert like(described, renamed) == renamed


def test_all_actions_that_keep_members_are_above():
    def keeps(shape, action=""):
        members = members_of(shape, action)
        inner = [shape.members[name] for name in members.acted]
        inner = [item.member if isinstance(item, ListShape) else item for item in inner]
        return bool(members.kept) or any(
            keeps(item) for item in inner if isinstance(item, StructureShape)
        )

    assert {action for action in ACTIONS if keeps(input_shape(action), action)} == set(REQUESTS)
