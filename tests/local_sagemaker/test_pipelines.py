"""Pipelines: definitions that are refused, and definitions that run."""

import itertools
import json
import time

import pytest
from kit import BUCKET, IMAGE, ROLE, processing, refusal, training, wait_until, without

_NUMBERS = itertools.count()
ANSWER = {"Std:Join": {"On": "", "Values": ["it is ", {"Get": "Parameters.Number"}]}}


def step(name, kind="Fail", *, after=(), **members):
    arguments = members.pop("Arguments", {"ErrorMessage": "no"} if kind == "Fail" else {})
    needed = {"DependsOn": list(after)} if after else {}
    return {"Name": name, "Type": kind, "Arguments": arguments, **needed, **members}


def job_step(local, name, script, **options):
    """Return a Processing step of a script."""
    members = {k: options.pop(k) for k in [*options] if k[0].isupper()}
    arguments = without(processing(local, f"step-{name}", script, **options), "ProcessingJobName")
    arguments |= members.pop("Arguments", {})
    return step(name, "Processing", Arguments=arguments, **members)


def condition(name, conditions, then=(), otherwise=(), **members):
    arguments = {"Conditions": conditions, "IfSteps": list(then), "ElseSteps": list(otherwise)}
    return step(name, "Condition", Arguments=arguments, **members)


def equals(left, right, kind="Equals"):
    return {"Type": kind, "LeftValue": left, "RightValue": right}


def definition(*steps, parameters=(), **members):
    shown = {"Version": "2020-12-01", "Metadata": {}, "Parameters": list(parameters), **members}
    return json.dumps(shown | {"Steps": list(steps)})


def parameter(name, kind="String", *default):
    return {"Name": name, "Type": kind, **({"DefaultValue": default[0]} if default else {})}


@pytest.fixture
def create(local):
    """Create a pipeline under a name of its own; returns the name."""
    name = f"pipeline-{next(_NUMBERS)}"

    def create(*steps, **members):
        local.sm.create_pipeline(
            PipelineName=name, PipelineDefinition=definition(*steps, **members), RoleArn=ROLE
        )
        return name

    return create


class TestDefinitions:
    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("{", "not JSON"),
            ("[]", "2020-12-01"),
            ('{"Version": "2019-01-01", "Steps": []}', "2020-12-01"),
            (definition(), "no steps"),
            (definition(step("A"), step("A")), "A is used twice"),
            (definition(step("A"), condition("C", [], [step("A")])), "A is used twice"),
            (definition(step("A", after=["B"])), "unknown step B"),
            (definition(step("A", after=["B"]), step("B", after=["A"])), "wait for each other"),
            (definition(step("A", Arguments={"E": {"Get": "Steps.B.X"}})), "unknown step B"),
            (definition(step("A", Arguments={"E": {"Get": "Parameters.P"}})), "parameter"),
            (definition(step("A", Arguments={"E": {"Get": "Execution.Nope"}})), "Execution.Nope"),
            (definition(step("A", "Tuning")), "step type Tuning (step A)"),
            (definition(condition("C", [], [step("L", "Lambda")])), "step type Lambda (step L)"),
            (definition(step("A", OutputParameters=[])), "OutputParameters in step A"),
            (definition(step("A"), MlflowConfig={"MlflowResourceArn": "a"}), "MlflowConfig"),
            (definition(step("A"), parameters=[parameter("P", "Date")]), "type Date"),
            (definition(step("A"), parameters=[parameter("P", "Integer", "x")]), "P is not of"),
            (definition(step("A"), parameters=[parameter("P", "Integer", True)]), "P is not of"),
            (definition(step("A"), parameters=[parameter("P"), parameter("P")]), "P is used twice"),
            (definition(condition("C", [{"Type": "Like"}])), "condition Like (step C)"),
            (definition({"Name": "A"}), "Type"),
            (definition(*[step(f"S{n}") for n in range(51)]), "at most 50 steps"),
            (
                definition(
                    step("A", "Processing", CacheConfig={"Enabled": True, "ExpireAfter": "30d"})
                ),
                "ISO 8601",
            ),
            (
                definition(
                    step("A"),
                    condition("C", [equals({"Get": "Steps.A.PropertyFiles.F"}, 1)]),
                ),
                "unknown property file",
            ),
        ],
        ids=lambda value: value[:40],
    )
    def test_what_cannot_run_is_refused(self, local, text, told):
        name = {"PipelineName": "refused", "RoleArn": ROLE}
        code, message = refusal(local.sm.create_pipeline, PipelineDefinition=text, **name)
        assert code in ("ValidationException", "ResourceLimitExceeded")
        assert told in message
        assert refusal(local.sm.describe_pipeline, PipelineName="refused")[0] == "ResourceNotFound"

    def test_update_refuses_it_too_and_keeps_the_old(self, local, create):
        name = create(step("A"))
        bad = definition(step("A", "Tuning"))
        refusal(local.sm.update_pipeline, PipelineName=name, PipelineDefinition=bad)
        kept = local.sm.describe_pipeline(PipelineName=name)["PipelineDefinition"]
        assert kept == definition(step("A"))

    def test_versions_and_lists(self, local, create):
        name = create(step("A"))
        updated = local.sm.update_pipeline(
            PipelineName=name, PipelineDefinition=definition(step("B"))
        )
        assert updated["PipelineVersionId"] == 2
        versions = local.sm.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]
        assert [version["PipelineVersionId"] for version in versions] == [2, 1]
        first = local.sm.describe_pipeline(PipelineName=name, PipelineVersionId=1)
        assert first["PipelineDefinition"] == definition(step("A"))
        listed = local.sm.list_pipelines(PipelineNamePrefix=name)["PipelineSummaries"]
        assert [pipeline["PipelineName"] for pipeline in listed] == [name]
        code, message = refusal(
            local.sm.create_pipeline,
            PipelineName=name,
            PipelineDefinition=definition(step("A")),
            RoleArn=ROLE,
        )
        assert code == "ValidationException"
        assert "already exists" in message

    def test_definition_may_lie_in_s3(self, local):
        local.put("definition.json", definition(step("A")))
        place = {"Bucket": BUCKET, "ObjectKey": "definition.json"}
        local.sm.create_pipeline(
            PipelineName="from-s3", PipelineDefinitionS3Location=place, RoleArn=ROLE
        )
        kept = local.sm.describe_pipeline(PipelineName="from-s3")["PipelineDefinition"]
        assert kept == definition(step("A"))
        missing = place | {"ObjectKey": "none.json"}
        message = refusal(
            local.sm.update_pipeline,
            PipelineName="from-s3",
            PipelineDefinitionS3Location=missing,
        )[1]
        assert "none.json" in message


class TestParameters:
    @pytest.mark.parametrize(
        ("given", "told"),
        [
            ({}, "Needed has no value"),
            ({"Needed": "x", "Other": "1"}, "Unknown pipeline parameters: Other"),
            ({"Needed": "x", "Number": "1.5"}, "Number must be of type Integer"),
            ({"Needed": "x", "Flag": "yes"}, "Flag must be of type Boolean"),
            ({"Needed": "x", "Size": "huge"}, "Size must be one of"),
        ],
        ids=str,
    )
    def test_wrong_values_are_refused_at_start(self, local, create, given, told):
        name = create(
            step("A"),
            parameters=[
                parameter("Needed"),
                parameter("Number", "Integer", 1),
                parameter("Flag", "Boolean", False),
                {**parameter("Size", "String", "small"), "EnumValues": ["small", "large"]},
            ],
        )
        assert told in refusal(local.run_pipeline, name, **given)[1]

    def test_values_are_typed_and_listed(self, local, create):
        name = create(
            condition(
                "Check",
                [
                    equals({"Get": "Parameters.Number"}, 7),
                    equals({"Get": "Parameters.Ratio"}, 0.5, "GreaterThan"),
                    equals({"Get": "Parameters.Flag"}, True),
                ],
                otherwise=[step("Wrong")],
            ),
            parameters=[
                parameter("Number", "Integer", 1),
                parameter("Ratio", "Float", 0.1),
                parameter("Flag", "Boolean", False),
            ],
        )
        execution, _ = local.run_pipeline(name, Number="7", Ratio="0.75", Flag="true")
        assert execution["PipelineExecutionStatus"] == "Succeeded"
        listed = local.sm.list_pipeline_parameters_for_execution(
            PipelineExecutionArn=execution["PipelineExecutionArn"]
        )["PipelineParameters"]
        assert {p["Name"]: p["Value"] for p in listed} == {
            "Number": "7",
            "Ratio": "0.75",
            "Flag": "true",
        }


class TestConditions:
    @pytest.mark.parametrize(
        ("asked", "outcome"),
        [
            (equals(2, 2), True),
            (equals(2, 3), False),
            (equals(2, 1, "GreaterThan"), True),
            (equals(2, 2, "GreaterThan"), False),
            (equals(2, 2, "GreaterThanOrEqualTo"), True),
            (equals(2, 2, "LessThan"), False),
            (equals(2, 2, "LessThanOrEqualTo"), True),
            ({"Type": "In", "QueryValue": "b", "Values": ["a", "b"]}, True),
            ({"Type": "Not", "Expression": equals(1, 1)}, False),
            ({"Type": "Or", "Conditions": [equals(1, 2), equals(1, 1)]}, True),
            ({"Type": "And", "Conditions": [equals(1, 2), equals(1, 1)]}, False),
        ],
        ids=str,
    )
    def test_outcome_decides_the_branch(self, local, create, asked, outcome):
        inner = condition("Inner", [equals(1, 1)])
        name = create(condition("Outer", [asked], [inner], [step("Not")]))
        execution, steps = local.run_pipeline(name)
        assert steps["Outer"]["Metadata"]["Condition"]["Outcome"] == str(outcome)
        assert set(steps) == {"Outer", "Inner" if outcome else "Not"}
        expected = "Succeeded" if outcome else "Failed"
        assert execution["PipelineExecutionStatus"] == expected

    def test_values_that_cannot_be_compared_fail_the_step(self, local, create):
        name = create(condition("C", [equals("a", 1, "LessThan")]))
        _, steps = local.run_pipeline(name)
        assert "'a' and 1 cannot be compared" in steps["C"]["FailureReason"]


class TestExecutions:
    def test_fail_step(self, local, create):
        fail = step("Stop", Arguments={"ErrorMessage": ANSWER})
        later = step("Later", after=["Stop"])
        name = create(fail, later, parameters=[parameter("Number", "Integer", 3)])
        execution, steps = local.run_pipeline(name)
        assert execution["PipelineExecutionStatus"] == "Failed"
        assert execution["FailureReason"] == "Step failure: One or many steps failed."
        assert set(steps) == {"Stop"}
        assert steps["Stop"]["FailureReason"] == "it is 3"
        assert steps["Stop"]["Metadata"]["Fail"]["ErrorMessage"] == "it is 3"

    def test_whole_story(self, local, create):
        evaluate = """
import json, os, pathlib, sys, tarfile
out = pathlib.Path(sys.argv[1])
with tarfile.open(pathlib.Path(sys.argv[2]) / "model.tar.gz") as archive:
    names = archive.getnames()
report = {"metrics": {"accuracy": {"value": 0.9}}, "list": [{"a b": names}]}
(out / "report.json").write_text(json.dumps(report))
"""
        folder = {
            "Std:Join": {
                "On": "/",
                "Values": [f"s3://{BUCKET}/runs", {"Get": "Execution.PipelineExecutionId"}],
            }
        }
        prepare = job_step(
            local,
            "Prepare",
            "import os,pathlib; (pathlib.Path(os.environ['O']) / 'rows.csv').write_text('1')",
            outputs=[("rows", folder)],
            Arguments={"Environment": {"O": "/opt/ml/processing/rows"}},
        )
        rows = {"Get": "Steps.Prepare.ProcessingOutputConfig.Outputs['rows'].S3Output.S3Uri"}
        script = """
import os, pathlib
source = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "rows.csv")
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text(source.read_text())
"""
        train = step(
            "Train",
            "Training",
            Arguments=without(
                training(local, "train-step", script, channels=[("train", rows)]),
                "TrainingJobName",
            ),
        )
        model = {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
        evaluation = job_step(
            local,
            "Evaluate",
            evaluate,
            arguments=["/opt/ml/processing/report", "/opt/ml/processing/model"],
            inputs=[("model", model)],
            outputs=[("report", f"s3://{BUCKET}/reports")],
            PropertyFiles=[
                {"PropertyFileName": "Report", "OutputName": "report", "FilePath": "report.json"}
            ],
        )
        register = step(
            "Register",
            "RegisterModel",
            Arguments={
                "ModelPackageGroupName": "story",
                "Tags": [{"Key": "project", "Value": "p"}],
                "InferenceSpecification": {
                    "Containers": [{"Image": IMAGE, "ModelDataUrl": model}],
                    "SupportedContentTypes": ["text/csv"],
                    "SupportedResponseMIMETypes": ["text/csv"],
                },
                "CustomerMetadataProperties": {
                    "run": {"Get": "Execution.PipelineExecutionArn"},
                    "pipeline": {"Get": "Execution.PipelineName"},
                },
            },
        )

        def value(path):
            report = {"Get": "Steps.Evaluate.PropertyFiles.Report"}
            return {"Std:JsonGet": {"PropertyFile": report, "Path": path}}

        check = condition(
            "Check",
            [
                equals(value("metrics.accuracy.value"), {"Get": "Parameters.T"}, "GreaterThan"),
                equals(value("list[0]['a b'][0]"), "model.txt"),
            ],
            [register],
            [step("TooLow")],
        )
        name = create(prepare, train, evaluation, check, parameters=[parameter("T", "Float", 0.5)])
        execution, steps = local.run_pipeline(name)
        assert execution["PipelineExecutionStatus"] == "Succeeded", steps
        assert list(steps) == ["Prepare", "Train", "Evaluate", "Check", "Register"]
        run = execution["PipelineExecutionArn"]
        package = local.sm.describe_model_package(
            ModelPackageName=steps["Register"]["Metadata"]["RegisterModel"]["Arn"]
        )
        assert package["MetadataProperties"]["GeneratedBy"] == run
        assert package["CustomerMetadataProperties"] == {"run": run, "pipeline": name}
        assert package["ModelApprovalStatus"] == "PendingManualApproval"
        group = local.sm.describe_model_package_group(ModelPackageGroupName="story")
        tags = local.sm.list_tags(ResourceArn=group["ModelPackageGroupArn"])["Tags"]
        assert tags == [{"Key": "project", "Value": "p"}]
        job = steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rsplit("/", 1)[1]
        assert job.startswith(f"pipelines-{run.rsplit('/', 1)[1]}-Train-")
        assert all(s["EndTime"] >= s["StartTime"] for s in steps.values())
        described = local.sm.describe_pipeline_definition_for_execution(PipelineExecutionArn=run)
        assert json.loads(described["PipelineDefinition"])["Steps"][0]["Name"] == "Prepare"
        # The report says 0.9: with a higher threshold the other branch runs.
        execution, steps = local.run_pipeline(name, T="0.95")
        assert execution["PipelineExecutionStatus"] == "Failed"
        assert "Register" not in steps
        assert steps["TooLow"]["StepStatus"] == "Failed"

    def test_ready_steps_run_side_by_side_and_siblings_of_a_failure_finish(self, local, create):
        meet = """
import pathlib, sys, time
mine, other = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
mine.touch()
while not other.exists():
    time.sleep(0.02)
"""
        place = local.home / "meeting"
        place.mkdir()
        left = job_step(local, "Left", f"{meet}sys.exit(4)", arguments=[f"{place}/l", f"{place}/r"])
        right = job_step(
            local, "Right", f"{meet}time.sleep(1)", arguments=[f"{place}/r", f"{place}/l"]
        )
        name = create(left, right, step("After", after=["Right"]))
        execution, steps = local.run_pipeline(name)
        assert execution["PipelineExecutionStatus"] == "Failed"
        assert set(steps) == {"Left", "Right"}
        assert "exit code: 4" in steps["Left"]["FailureReason"]
        assert steps["Right"]["StepStatus"] == "Succeeded"

    def test_refused_job_fails_the_step_with_the_message(self, local, create):
        bad = job_step(local, "Bad", "", Arguments={"RoleArn": "not an arn"})
        _, steps = local.run_pipeline(create(bad))
        reason = steps["Bad"]["FailureReason"]
        assert "sagemaker:CreateProcessingJob" in reason
        assert "roleArn" in reason

    def test_stop(self, local, create):
        script = "import time\nprint('up', flush=True)\ntime.sleep(60)"
        name = create(job_step(local, "Long", script), step("Never", after=["Long"]))
        arn = local.sm.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
        wait_until(lambda: local.steps(arn), lambda steps: "Metadata" in steps.get("Long", {}))
        assert refusal(local.sm.delete_pipeline, PipelineName=name)[0] == "ConflictException"
        local.sm.stop_pipeline_execution(PipelineExecutionArn=arn)
        started = time.monotonic()
        execution, steps = local.wait_for_execution(arn)
        assert time.monotonic() - started < 8
        assert execution["PipelineExecutionStatus"] == "Stopped"
        assert steps["Long"]["StepStatus"] == "Stopped"
        assert set(steps) == {"Long"}
        code = refusal(local.sm.stop_pipeline_execution, PipelineExecutionArn=arn)[0]
        assert code == "ConflictException"
        local.sm.delete_pipeline(PipelineName=name)
        code = refusal(local.sm.describe_pipeline_execution, PipelineExecutionArn=arn)[0]
        assert code == "ResourceNotFound"

    def test_same_token_starts_one_execution(self, local, create):
        name, token = create(step("A")), "t" * 32
        arns = {
            local.sm.start_pipeline_execution(PipelineName=name, ClientRequestToken=token)[
                "PipelineExecutionArn"
            ]
            for _ in range(3)
        }
        assert len(arns) == 1
        other = local.sm.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
        assert other not in arns
        listed = local.sm.list_pipeline_executions(PipelineName=name)
        found = [e["PipelineExecutionArn"] for e in listed["PipelineExecutionSummaries"]]
        assert found == [other, *arns]


class TestCaching:
    @pytest.fixture
    def counted(self, local, create, tmp_path):
        """A pipeline of one cached step that counts how often it ran."""
        script = """
import pathlib, sys
path = pathlib.Path(sys.argv[1])
path.write_text(path.read_text() + "x" if path.exists() else "x")
sys.exit(len(sys.argv) - 2)
"""
        path = tmp_path / "count"

        def make(arguments=(), name="Count", expire="P1D", output="out"):
            cache = {"Enabled": True, "ExpireAfter": expire}
            made = job_step(
                local,
                name,
                script,
                arguments=[str(path), *arguments],
                outputs=[("out", f"s3://{BUCKET}/{output}")],
                CacheConfig=cache,
            )
            use = condition(
                "Use",
                [
                    equals(
                        {
                            "Get": f"Steps.{name}.ProcessingOutputConfig.Outputs['out']"
                            ".S3Output.S3Uri"
                        },
                        f"s3://{BUCKET}/out",
                    )
                ],
                otherwise=[step("Moved")],
            )
            return definition(made, use)

        def run(pipeline, **options):
            local.sm.update_pipeline(PipelineName=pipeline, PipelineDefinition=make(**options))
            return local.run_pipeline(pipeline)

        pipeline = create(step("Nothing"))
        return lambda **options: run(pipeline, **options), path

    def test_same_work_is_not_done_again(self, counted):
        run, path = counted
        first, _ = run()
        second, steps = run()
        assert path.read_text() == "x"
        hit = steps["Count"]["CacheHitResult"]["SourcePipelineExecutionArn"]
        assert hit == first["PipelineExecutionArn"]
        assert second["PipelineExecutionStatus"] == "Succeeded"
        # Where outputs go is no part of the key, and the outputs that are used are the old ones.
        _, steps = run(output="elsewhere")
        assert path.read_text() == "x"
        assert steps["Use"]["Metadata"]["Condition"]["Outcome"] == "True"

    def test_other_names_expiry_and_failures_miss(self, counted):
        run, path = counted
        run()
        run(name="Renamed")
        assert path.read_text() == "xx"
        time.sleep(1.1)
        run(expire="PT1S")
        assert path.read_text() == "xxx"
        run(arguments=["fail"])
        _, steps = run(arguments=["fail"])
        assert path.read_text() == "xxxxx"
        assert steps["Count"]["StepStatus"] == "Failed"
