"""Executions on a server: steps that run real jobs."""

import json
import time

from definitions import condition, definition, equals, job_step, parameter, step
from kit import BUCKET, IMAGE, refusal, training, wait_until, without


def test_whole_story(local, create):
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


def test_ready_steps_run_side_by_side_and_siblings_of_a_failure_finish(local, create):
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
    right = job_step(local, "Right", f"{meet}time.sleep(1)", arguments=[f"{place}/r", f"{place}/l"])
    name = create(left, right, step("After", after=["Right"]))
    execution, steps = local.run_pipeline(name)
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert set(steps) == {"Left", "Right"}
    reason = steps["Left"]["FailureReason"]
    assert reason.startswith("ClientError: AlgorithmError: ")
    assert reason.endswith(", exit code: 4")
    assert steps["Right"]["StepStatus"] == "Succeeded"


def test_refused_job_fails_the_step_with_the_message(local, create):
    bad = job_step(local, "Bad", "", Arguments={"RoleArn": "not an arn"})
    _, steps = local.run_pipeline(create(bad))
    reason = steps["Bad"]["FailureReason"]
    assert "sagemaker:CreateProcessingJob" in reason
    assert "roleArn" in reason


def test_stop(local, create):
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


def test_failed_and_stopped_jobs_are_answered(local, create):
    def tell(name, message, trigger):
        members = {"Arguments": {"ErrorMessage": message}}
        return step(name, DependsOn=[{"Step": "Train", "Trigger": trigger}], **members)

    train = job_step(local, "Train", "import sys\nsys.exit(int(sys.argv[1]))", arguments=["3"])
    answers = [
        tell("Failed", {"Get": "Steps.Train.FailureReason"}, "Failed"),
        tell("Stopped", {"Get": "Steps.Train.ProcessingJobStatus"}, "Stopped"),
        job_step(local, "Always", "", DependsOn=[{"Step": "Train", "Trigger": "Any"}], inputs=[]),
    ]
    execution, steps = local.run_pipeline(create(train, *answers))
    assert set(steps) == {"Train", "Failed", "Always"}
    assert "exit code: 3" in steps["Failed"]["FailureReason"]
    assert steps["Always"]["StepStatus"] == "Succeeded"
    # The answer to the first failure failed, and nothing answers it.
    assert execution["PipelineExecutionStatus"] == "Failed"
    # A job that somebody stops is a stopped step.
    waits = job_step(local, "Train", "import time\ntime.sleep(60)")
    name = execution["PipelineArn"].rsplit("/", 1)[1]
    local.sm.update_pipeline(PipelineName=name, PipelineDefinition=definition(waits, *answers))
    arn = local.sm.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    found = wait_until(lambda: local.steps(arn), lambda steps: "Metadata" in steps.get("Train", {}))
    job = found["Train"]["Metadata"]["ProcessingJob"]["Arn"].rsplit("/", 1)[1]
    local.sm.stop_processing_job(ProcessingJobName=job)
    _, steps = local.wait_for_execution(arn)
    assert set(steps) == {"Train", "Stopped", "Always"}
    assert steps["Train"]["StepStatus"] == "Stopped"
    assert steps["Stopped"]["FailureReason"] == "Stopped"


def test_job_knows_its_own_name(local, create):
    name = {"Get": "Execution.ProcessingJobName"}
    place = {"Std:Join": {"On": "/", "Values": [f"s3://{BUCKET}", name, "out"]}}
    script = "import os,pathlib; pathlib.Path(os.environ['O'], 'x').write_text(os.environ['N'])"
    named = job_step(
        local,
        "Named",
        script,
        outputs=[("out", place)],
        Arguments={"Environment": {"N": name, "O": "/opt/ml/processing/out"}},
    )
    _, steps = local.run_pipeline(create(named))
    job = steps["Named"]["Metadata"]["ProcessingJob"]["Arn"].rsplit("/", 1)[1]
    assert local.read(f"s3://{BUCKET}/{job}/out/x").decode() == job


def test_steps_side_by_side_register_in_a_new_group(local, create):
    def register(name, group):
        specification = {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/m.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        }
        arguments = {"ModelPackageGroupName": group, "InferenceSpecification": specification}
        return step(name, "RegisterModel", Arguments=arguments)

    steps = [register(f"R{number}", "side-by-side") for number in range(8)]
    execution, found = local.run_pipeline(create(*steps, register("Bad", "not a name")))
    reason = found.pop("Bad")["FailureReason"]
    assert "sagemaker:CreateModelPackageGroup" in reason
    assert "modelPackageGroupName" in reason
    versions = {s["Metadata"]["RegisterModel"]["Arn"].rsplit("/", 1)[1] for s in found.values()}
    assert versions == {str(number) for number in range(1, 9)}
    assert execution["PipelineExecutionStatus"] == "Failed"


def test_report_with_nan_is_no_json(local, create):
    report = job_step(
        local,
        "Report",
        "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text('[NaN]')",
        arguments=["/opt/ml/processing/out/r.json"],
        outputs=[("out", f"s3://{BUCKET}/nan")],
        PropertyFiles=[{"PropertyFileName": "F", "OutputName": "out", "FilePath": "r.json"}],
    )
    value = {"PropertyFile": {"Get": "Steps.Report.PropertyFiles.F"}, "Path": "[0]"}
    check = condition("Check", [equals({"Std:JsonGet": value}, 0.5, "LessThan")])
    _, steps = local.run_pipeline(create(report, check))
    reason = steps["Check"]["FailureReason"]
    assert (
        reason
        == f"ClientError: the JSON at s3://{BUCKET}/nan/r.json cannot be read: NaN is no number"
    )
