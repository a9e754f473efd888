"""Definitions: what is read of them, and what is refused."""

import copy
import json
import re

import pytest
from definitions import condition, definition, equals, parameter, step
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.api.errors import AwsError
from sagemaker_local.pipelines.definition import read_definition
from sagemaker_local.pipelines.step import STEP_TYPES, PropertyFile


def get(path):
    return {"Get": path}


def outputs(*names):
    return {"ProcessingOutputConfig": {"Outputs": [{"OutputName": name} for name in names]}}


def refusal(text):
    with pytest.raises(AwsError) as caught:
        read_definition(text)
    assert caught.value.code in ("ValidationException", "ResourceLimitExceeded")
    return caught.value.message


def model(name):
    return step("A", "Model", Arguments={"ModelName": name})


def on(name, trigger):
    return {"Step": name, "Trigger": trigger}


FILE = {"PropertyFileName": "F", "OutputName": "out", "FilePath": "f.json"}
PROCESSING = step("P", "Processing", Arguments=outputs("out"), PropertyFiles=[FILE])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "it is not JSON"),
        ("[]", "the definition must be an object"),
        ("{}", "the definition has no Steps"),
        ('{"Steps": {}}', "Steps of the definition must be a list"),
        ('{"Version": "2019-01-01", "Steps": []}', 'Version must be 2020-12-01, not "2019-01-01"'),
        ('{"Version": 20201201, "Steps": []}', "Version of the definition must be text"),
        (definition(), "no steps"),
        (definition(step("A"), Parameters={}), "Parameters of the definition must be a list"),
        (definition(step("A"), MlflowConfig={"MlflowResourceArn": "a"}), "MlflowConfig"),
        (definition(step("A"), parameters=[parameter("P", "Date")]), "type Date"),
        # Steps.
        (definition("A"), "a step of the definition must be an object"),
        (definition({"Type": "Fail"}), "the Name of a step of the definition must be text"),
        (definition(step("a b")), '"a b" is no name of a step'),
        (definition(step("A" * 65)), "is no name of a step"),
        (definition(step("")), "is no name of a step"),
        (definition({"Name": "A"}), "the Type of step A must be text, not null"),
        (definition(step("A", "EMR")), "step A, which has the step type EMR"),
        (definition(step("A", "QualityCheck")), "QualityCheck and runs an image of Model Mon"),
        (definition(step("A", "ClarifyCheck")), "a Processing step that writes a report and a Con"),
        (definition({"Name": "A", "Type": "Fail"}), "step A has no Arguments"),
        (definition(step("A", Arguments=[])), "Arguments of step A must be an object"),
        (definition(step("A", OutputParameters=[])), "OutputParameters in step A"),
        (definition(step("A", DisplayName=1)), "DisplayName of step A must be text"),
        (definition(step("A", RetryPolicies=[])), "RetryPolicies in step A"),
        (definition(step("A", "Model", PropertyFiles=[])), "PropertyFiles in step A"),
        (definition(step("A"), step("A")), "A is used twice"),
        (definition(step("A"), condition("C", [], [step("A")])), "A is used twice"),
        (definition(condition("C", [], [step("A")], [step("A")])), "A is used twice"),
        (definition(*[step(f"S{n}") for n in range(51)]), "at most 50 steps"),
        # Dependencies.
        (definition(step("A", after=["B"])), "step A refers to the unknown step B"),
        (definition(step("A", DependsOn="B")), "DependsOn of step A must be a list"),
        (definition(step("A", DependsOn=[1])), "an entry of DependsOn of step A must be text"),
        (definition(step("A", DependsOn=[None])), "an entry of DependsOn of step A must be text"),
        (definition(step("A", after=["A"])), "steps wait for each other: A -> A"),
        (definition(step("A", after=["B"]), step("B", after=["A"])), "wait for each other"),
        (definition(condition("C", [], [step("A")], after=["A"])), "wait for each other"),
        (
            definition(condition("C", [equals(get("Steps.A.Outcome"), 1)], [condition("A", [])])),
            "wait for each other",
        ),
        (definition(step("A", after=[on("B", "Failed")])), "unknown step B"),
        (definition(step("A"), step("B", after=[on("A", "Late")])), "step B the trigger Late"),
        (
            definition(step("A"), step("B", after=[on("A", None)])),
            "of step B has no Trigger",
        ),
        (definition(step("A"), step("B", after=[{"Step": "A"}])), "of step B has no Trigger"),
        (
            definition(step("A"), step("B", after=["A", on("A", "Failed")])),
            "step B depends on A with two triggers",
        ),
        (definition(step("A"), step("B", after=["A"])), "B can not depends on A"),
        (
            definition(step("A"), condition("C", [equals(get("Steps.A.X"), 1)])),
            "can not depends on",
        ),
        # References.
        (definition(step("A", Arguments={"ErrorMessage": get("Steps.B.X")})), "unknown step B"),
        (definition(step("A", Arguments={"ErrorMessage": get("Parameters.P")})), "Parameters.P"),
        (
            definition(
                step("A", Arguments={"ErrorMessage": get("Parameters.P.x")}),
                parameters=[parameter("P")],
            ),
            "refers to the unknown Parameters.P.x",
        ),
        (
            definition(model(get("Execution.Nope"))),
            "Execution.Nope",
        ),
        (
            definition(model(get("ForEach.CurrentItem"))),
            "unknown",
        ),
        (
            definition(PROCESSING, model(get("Steps.P"))),
            "Steps.P",
        ),
        (
            definition(model(get("Execution.TrainingJobName"))),
            "step A refers to the unknown Execution.TrainingJobName",
        ),
        (
            definition(
                step("A", "Processing", Arguments={"RoleArn": get("Execution.TrainingJobName")})
            ),
            "unknown Execution.TrainingJobName",
        ),
        (
            definition(model(get("Execution.Name"))),
            "unknown Execution.Name",
        ),
        # Property files.
        (
            definition(
                condition("A", []), condition("C", [equals(get("Steps.A.PropertyFiles.F"), 1)])
            ),
            "step C refers to the unknown property file Steps.A.PropertyFiles.F",
        ),
        (
            definition(PROCESSING, condition("C", [equals(get("Steps.P.PropertyFiles.G"), 1)])),
            "unknown property file",
        ),
        (
            definition(PROCESSING | {"Arguments": outputs("other")}),
            'step P has no output "out" for its property file',
        ),
        (definition(PROCESSING | {"PropertyFiles": ["F"]}), "a property file of step P must be an"),
        (definition(PROCESSING | {"PropertyFiles": [{}]}), "of step P has no PropertyFileName"),
        # Caching.
        (definition(step("A", CacheConfig={"Enabled": True})), "CacheConfig on a Fail step"),
        (definition(PROCESSING | {"CacheConfig": True}), "CacheConfig of step P must be an object"),
        (definition(PROCESSING | {"CacheConfig": {"Enabled": "yes"}}), "must be true or false"),
        (
            definition(PROCESSING | {"CacheConfig": {"ExpireAfter": "tomorrow"}}),
            'ExpireAfter of step P is "tomorrow", no duration such as 30d',
        ),
        (definition(PROCESSING | {"CacheConfig": {"ExpireAfter": 30}}), "must be text, not 30"),
        # The arguments of each type.
        (definition(step("A", Arguments={"Message": "x"})), "Message in Arguments of step A"),
        (definition(step("C", "Condition")), "Arguments of step C has no Conditions"),
        (definition(condition("C", {})), "Conditions of Arguments of step C must be a list"),
        (definition(condition("C", [{"Type": "Like"}])), "in step C the condition Like"),
        (definition(condition("C", [], [step("L", "EMR")])), "step L, which has the step type"),
        (definition(condition("C", [], ["A"])), "a step of step C must be an object"),
        (definition(step("R", "RegisterModel")), "step R has no ModelPackageGroupName"),
        (
            definition(
                step(
                    "R",
                    "RegisterModel",
                    Arguments={"ModelPackageGroupName": "g", "ModelPackageName": "n"},
                )
            ),
            "Unknown Argument member 'ModelPackageName'",
        ),
        # The experiment.
        (definition(step("A"), PipelineExperimentConfig=[]), "must be an object"),
        (definition(step("A"), PipelineExperimentConfig={"Name": "x"}), "Name in PipelineExperim"),
        (
            definition(step("A"), PipelineExperimentConfig={"TrialName": get("Steps.A.X")}),
            "PipelineExperimentConfig cannot refer to Steps.A.X",
        ),
        (
            definition(
                step("A"),
                PipelineExperimentConfig={
                    "TrialName": get("PipelineExperimentConfig.ExperimentName"),
                    "ExperimentName": "e",
                },
            ),
            "cannot refer to",
        ),
        (
            definition(step("A"), PipelineExperimentConfig={"TrialName": get("Parameters.P")}),
            "PipelineExperimentConfig refers to the unknown Parameters.P",
        ),
        (
            definition(
                step("A", Arguments={"ErrorMessage": get("PipelineExperimentConfig.TrialName")}),
                PipelineExperimentConfig={"ExperimentName": "e"},
            ),
            "step A refers to the unknown PipelineExperimentConfig.TrialName",
        ),
    ],
    ids=lambda value: value[-40:],
)
def test_what_cannot_run_is_refused(text, told):
    message = refusal(text)
    assert told in message
    assert "\n" not in message


def test_what_is_read():
    found = read_definition(
        definition(
            PROCESSING
            | {"CacheConfig": {"Enabled": True, "ExpireAfter": "30d"}}
            | {"DisplayName": "shown", "Description": "why"},
            condition(
                "C",
                [
                    {"Type": "Not", "Condition": equals(get("Steps.P.ProcessingJobName"), "x")},
                    equals(get("Parameters.N"), 1),
                ],
                [step("Yes", Arguments={"ErrorMessage": get("Steps.P.ExitMessage")})],
                [step("No", after=[on("P", "Any")])],
            ),
            step("T", "Training", Arguments={"RoleArn": get("Execution.TrainingJobName")}),
            parameters=[parameter("N", "Integer", 1)],
            PipelineExperimentConfig={"ExperimentName": get("Execution.PipelineName")},
            MlflowConfig=None,
        )
    )
    steps = found.steps
    assert list(steps) == ["P", "C", "Yes", "No", "T"]
    assert list(found.parameters) == ["N"]
    assert list(found.experiment) == ["ExperimentName"]
    assert steps["P"].property_files == {"F": PropertyFile("out", "f.json")}
    assert (steps["P"].cached, steps["P"].expires) == (True, 30 * 86400)
    assert (steps["T"].cached, steps["T"].expires) == (False, None)
    assert [steps["P"].members[name] for name in ("DisplayName", "Description")] == ["shown", "why"]
    assert [dict(steps[name].requires) for name in steps] == [
        {},
        {"P": "Completed"},
        {"P": "Completed", "C": "Completed"},
        {"P": "Any", "C": "Completed"},
        {},
    ]
    inside = [steps[name].inside for name in steps]
    assert inside == [("", ""), ("", ""), ("C", "IfSteps"), ("C", "ElseSteps"), ("", "")]


def test_version_and_all_that_the_schema_calls_optional_may_be_left_out():
    assert list(read_definition(json.dumps({"Steps": [step("A")]})).steps) == ["A"]


def test_fifty_steps_in_each_others_branches_are_read():
    inner = step("Last")
    for number in range(49):
        inner = condition(f"C{number}", [equals(1, 1)], [inner])
    assert len(read_definition(definition(inner)).steps) == 50
    refusal(definition(condition("C", [], [inner])))


def test_step_that_runs_on_a_failure_may_refer_to_the_failed_step():
    message = step("B", Arguments={"ErrorMessage": get("Steps.A.X")}, after=[on("A", "Failed")])
    found = read_definition(definition(step("A", "Model"), message))
    assert found.steps["B"].requires == {"A": "Failed"}


VALID = json.loads(
    definition(
        PROCESSING | {"CacheConfig": {"Enabled": True, "ExpireAfter": "T16m"}},
        step("R", "RegisterModel", Arguments={"ModelPackageGroupName": get("Parameters.S")}),
        condition(
            "C",
            [
                {"Type": "Not", "Condition": equals(get("Parameters.N"), 1, "LessThan")},
                {"Type": "Or", "Conditions": [equals(True, get("Steps.D.Outcome"))]},
                {"Type": "In", "QueryValue": "a", "Values": ["a", get("Execution.PipelineName")]},
                equals(
                    {
                        "Std:JsonGet": {
                            "PropertyFile": get("Steps.P.PropertyFiles.F"),
                            "Path": "a[0].b",
                        }
                    },
                    0.5,
                ),
            ],
            [step("Yes", after=[on("P", "Failed"), "D"])],
            [step("No", Arguments={"ErrorMessage": {"Std:Join": {"On": "-", "Values": ["a", 1]}}})],
            after=["P"],
        ),
        condition("D", []),
        step(
            "L",
            "Lambda",
            Arguments={"a": get("Parameters.N"), "b": ["c"]},
            FunctionArn="arn:aws:lambda:us-east-1:123456789012:function:f",
            OutputParameters=[{"OutputName": "o", "OutputType": "Integer"}],
            CacheConfig={"Enabled": True, "ExpireAfter": "P1D"},
        ),
        step(
            "Q",
            "Callback",
            Arguments={"a": get("Steps.L.OutputParameters['o']")},
            SqsQueueUrl=get("Parameters.S"),
            OutputParameters=[{"OutputName": "o", "OutputType": "String"}],
        ),
        step(
            "M",
            "Model",
            Arguments={"ModelName": get("Steps.Q.OutputParameters['o']")},
            RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"], "BackoffRate": 1.5}],
        ),
        parameters=[
            parameter("N", "Integer", 3),
            {**parameter("S", "String", "a"), "EnumValues": ["a", "b"]},
        ],
        PipelineExperimentConfig={"ExperimentName": "e", "TrialName": get("Parameters.S")},
    )
)
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from([1e999, 0.5, 10**30])
    | st.text(max_size=5)
    | st.sampled_from(["A", "P", "C", "Steps.P.X", "Parameters.N", "Condition", "Processing"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["Get", "Std:Join", "Std:X", "Name", "Type", "Step", "Values"])
            | st.text(max_size=3),
            inner,
            max_size=2,
        )
    ),
    max_leaves=6,
)
# What Python says of its own accord, and never a user's business.
PYTHON = re.compile(
    r"Error:|'NoneType'|object (has|is)|not iterable|unhashable|unsupported operand|indices must"
    r"|argument|expected str|KeyError|takes \d",
)


def places(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


PLACES = [path for path in places(VALID) if path]


@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from(["put", "drop", "copy"]), JUNK),
        min_size=1,
        max_size=3,
    )
)
def test_any_change_is_read_or_refused_in_our_own_words(changes):
    document = copy.deepcopy(VALID)
    for path, change, junk in changes:
        parent = document
        for key in path[:-1]:
            known = range(len(parent)) if isinstance(parent, list) else parent
            if not isinstance(parent, dict | list) or key not in known:
                break
            parent = parent[key]
        else:
            key = path[-1]
            if isinstance(parent, list) and isinstance(key, int) and key < len(parent):
                if change == "drop":
                    del parent[key]
                elif change == "copy":
                    parent.append(parent[key])
                else:
                    parent[key] = junk
            elif isinstance(parent, dict):
                if change == "drop":
                    parent.pop(key, None)
                else:
                    parent[key] = junk
    text = json.dumps(document)
    try:
        assert set(read_definition(text).steps)
    except AwsError as error:
        assert not PYTHON.search(error.message.replace("Unknown Argument", "")), error.message
        assert "\n" not in error.message
        assert len(error.message) < 400


@given(JUNK)
def test_any_json_is_read_or_refused(value):
    for document in (value, {"Steps": value}, {"Steps": [value]}, {"Parameters": value}):
        refusal(json.dumps(document))


@given(st.text())
def test_any_text_is_refused(text):
    refusal(text)


def test_step_types_are_found_by_the_name_in_a_definition():
    for name, step_type in STEP_TYPES.items():
        assert step_type.name == name
        assert bool(step_type.job) <= bool(step_type.cache_key)
