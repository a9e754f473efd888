"""Pipelines on a server: versions, lists, and the start of executions."""

from definitions import condition, definition, equals, parameter, step
from kit import BUCKET, ROLE, refusal


def test_what_cannot_run_is_refused_and_not_kept(local):
    bad = definition(step("A", "EMR"))
    name = {"PipelineName": "refused", "RoleArn": ROLE}
    code, message = refusal(local.sm.create_pipeline, PipelineDefinition=bad, **name)
    assert code == "ValidationException"
    assert "step type EMR" in message
    assert refusal(local.sm.describe_pipeline, PipelineName="refused")[0] == "ResourceNotFound"


def test_update_refuses_it_too_and_keeps_the_old(local, create):
    name = create(step("A"))
    bad = definition(step("A", "EMR"))
    refusal(local.sm.update_pipeline, PipelineName=name, PipelineDefinition=bad)
    kept = local.sm.describe_pipeline(PipelineName=name)["PipelineDefinition"]
    assert kept == definition(step("A"))


def test_versions_and_lists(local, create):
    name = create(step("A"))
    updated = local.sm.update_pipeline(PipelineName=name, PipelineDefinition=definition(step("B")))
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


def test_definition_may_lie_in_s3(local):
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


def test_values_are_typed_and_listed(local, create):
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


def test_same_token_starts_one_execution(local, create):
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
