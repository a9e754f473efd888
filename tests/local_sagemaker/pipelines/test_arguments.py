"""The arguments of steps against the actions that they are requests for."""

import pytest
from definitions import definition, parameter, step

from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.arguments import check_arguments
from sagemaker_local.pipelines.definition import read_definition
from sagemaker_local.pipelines.expressions import parse
from sagemaker_local.pipelines.parameters import read_parameters


def get(path):
    return {"Get": path}


def assigned(name, kind):
    """Return what AWS says of a value that an argument cannot take."""
    return f"Cannot assign property reference [{name}] to argument of type [{kind}]. (step A)"


PARAMETERS = [
    parameter("S", "String", "s"),
    parameter("I", "Integer", 1),
    parameter("F", "Float", 0.5),
    parameter("B", "Boolean", True),
]
S, I, F, B = (get(f"Parameters.{name}") for name in "SIFB")  # noqa: E741
CLUSTER = ["ProcessingResources", "ClusterConfig"]


def at(value, *path):
    """Return an object with a value at a path of members."""
    for name in reversed(path):
        value = {name: value}
    return value


def with_arguments(kind, arguments):
    if kind == "RegisterModel":
        arguments = {"ModelPackageGroupName": "g", **arguments}
    return definition(
        step("P", "Processing", Arguments={}),
        step("A", kind, Arguments=arguments),
        parameters=PARAMETERS,
    )


@pytest.mark.parametrize(
    ("kind", "arguments", "told"),
    [
        ("Processing", {"Rolearn": "r"}, "Unknown Argument member 'Rolearn' (step A)"),
        ("Training", at(1, "ResourceConfig", "Count"), "Unknown Argument member 'Count' (step A)"),
        ("Model", {"Containers": [{"Imag": "i"}]}, "Unknown Argument member 'Imag' (step A)"),
        (
            "Training",
            at({}, "InfraCheckConfig"),
            "the local SageMaker does not support CreateTrainingJob.InfraCheckConfig (step A)",
        ),
        ("Processing", at(2, *CLUSTER, "InstanceCount"), "ClusterConfig.InstanceCount = 2; it sup"),
        (
            "Processing",
            at([S], "AppSpecification", "ContainerEntrypoint") | {"RoleArn": 5},
            "NUMBER_VALUE can not be converted to a String (at 'roleArn') in step A",
        ),
        ("Processing", {"Tags": [{"Key": 5, "Value": "v"}]}, "can not be converted to a String"),
        ("Training", at([], "HyperParameters", "a"), "Start of list found where not expected"),
        ("Processing", at("x", *CLUSTER, "InstanceCount"), "can not be converted to an Integer"),
        ("Processing", {"ProcessingInputs": S}, assigned("Parameters.S", "List")),
        (
            "Processing",
            at([I], "AppSpecification", "ContainerArguments"),
            assigned("Parameters.I", "String"),
        ),
        (
            "Training",
            at(F, "HyperParameters", "alpha"),
            assigned("Parameters.F", "String"),
        ),
        ("Training", at(B, "Environment", "X"), assigned("Parameters.B", "String")),
        ("Processing", at(S, *CLUSTER, "InstanceCount"), assigned("Parameters.S", "Integer")),
        ("Processing", at(F, *CLUSTER, "InstanceCount"), assigned("Parameters.F", "Integer")),
        ("Model", {"EnableNetworkIsolation": S}, assigned("Parameters.S", "Boolean")),
        (
            "Processing",
            at(get("Execution.PipelineName"), *CLUSTER, "VolumeSizeInGB"),
            assigned("Execution.PipelineName", "Integer"),
        ),
        (
            "Processing",
            at({"Std:Join": {"Values": [I]}}, *CLUSTER, "VolumeSizeInGB"),
            assigned("Std:Join", "Integer"),
        ),
        ("RegisterModel", {"Tag": []}, "Unknown Argument member 'Tag' (step A)"),
    ],
    ids=str,
)
def test_arguments_that_the_action_would_not_take_are_refused(kind, arguments, told):
    with pytest.raises(AwsError) as caught:
        read_definition(with_arguments(kind, arguments))
    assert told in caught.value.message


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("Processing", {"RoleArn": S, "Environment": None, "Tags": [{"Key": "k", "Value": S}]}),
        ("Processing", at(I, *CLUSTER, "InstanceCount") | {"ProcessingJobName": "mine"}),
        ("Training", at({"Std:Join": {"Values": [F, B]}}, "HyperParameters", "alpha")),
        ("Training", {"EnableManagedSpotTraining": B}),
        ("Training", at(get("Steps.P.ProcessingJobName"), "HyperParameters", "p")),
        ("Training", at(get("Steps.P.ProcessingOutputConfig.Outputs"), "InputDataConfig")),
        ("Model", {"PrimaryContainer": {"ModelDataUrl": S, "Environment": {"X": S}}}),
        ("RegisterModel", {"CustomerMetadataProperties": {"a": get("Execution.PipelineName")}}),
    ],
    ids=str,
)
def test_arguments_that_fit(kind, arguments):
    assert "A" in read_definition(with_arguments(kind, arguments)).steps


def test_numbers_fit_where_they_lose_nothing():
    def check(value):
        variants = [{"VariantName": "v", "InitialVariantWeight": parse(value, "here")}]
        arguments = {"EndpointConfigName": "e", "ProductionVariants": variants}
        check_arguments("CreateEndpointConfig", arguments, "here", read_parameters(PARAMETERS))

    check(I)
    check(F)
    for value in (S, B):
        with pytest.raises(AwsError, match=r"to argument of type \[Float\]"):
            check(value)
