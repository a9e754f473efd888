"""What the other services would accept for SageMaker and never do is refused, or done."""

import json

import pytest
from kit import BUCKET, INFERENCE, ROLE, refusal

ARN = "arn:aws:sagemaker:us-east-1:123456789012"
PIPELINE = f"{ARN}:pipeline/p"
TASK = "arn:aws:states:::sagemaker:createTrainingJob.sync"
STATE = {"Type": "Task", "Resource": TASK, "End": True}
MACHINE = json.dumps({"StartAt": "A", "States": {"A": STATE}})
PARAMETER = "arn:${AWS::Partition}:sagemaker:us-east-1:1:pipeline/p"
GROUP = {"Resources": {"G": {"Type": "AWS::SageMaker::ModelPackageGroup"}}}
TOPIC = "arn:aws:sns:us-east-1:123456789012:t"
YAML = """
Parameters: {Name: {Type: String}}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub "${Name}-q"}
  Model:
    Type: AWS::SageMaker::Model
    Properties:
      ExecutionRoleArn: !GetAtt Role.Arn
      Tags: !If [IsProd, [{Key: a, Value: !Ref Name}], !Ref AWS::NoValue]
"""
RULE = """
Resources:
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [aws.sagemaker], resources: ["arn:aws:sagemaker:us-east-1:1:model/m"]}
      Targets: [{Id: a, Arn: %s}]
"""


class TestStacks:
    @pytest.mark.parametrize(
        ("template", "named"),
        [
            (json.dumps(GROUP), "AWS::SageMaker::ModelPackageGroup"),
            (YAML, "AWS::SageMaker::Model"),
            (RULE % f"!Sub '{PARAMETER}'", "AWS::Events::Rule"),
            (RULE % TOPIC, TOPIC),
        ],
    )
    def test_of_sagemaker_s_resources(self, local, template, named):
        stacks = local.client("cloudformation")
        for call in (
            lambda: stacks.create_stack(StackName="s", TemplateBody=template),
            lambda: stacks.update_stack(StackName="s", TemplateBody=template),
            lambda: stacks.create_change_set(
                StackName="s", ChangeSetName="c", TemplateBody=template
            ),
            lambda: stacks.create_stack_set(StackSetName="s", TemplateBody=template),
        ):
            code, message = refusal(call)
            assert (code, named in message) == ("ValidationError", True)
        assert stacks.list_stacks()["StackSummaries"] == []

    def test_of_a_url_and_inside_another(self, local):
        local.put("inner.yaml", YAML.encode())
        stacks = local.client("cloudformation")
        for url in (
            f"{local.variables['AWS_ENDPOINT_URL']}/{BUCKET}/inner.yaml",
            f"https://{BUCKET}.s3.us-east-1.amazonaws.com/inner.yaml",
            f"https://s3.amazonaws.com/{BUCKET}/inner.yaml",
        ):
            assert (
                "AWS::SageMaker::Model "
                in refusal(stacks.create_stack, StackName="s", TemplateURL=url)[1] + " "
            )
        nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
        outer = json.dumps({"Resources": {"Inner": nested}})
        assert (
            "AWS::SageMaker" in refusal(stacks.create_stack, StackName="s", TemplateBody=outer)[1]
        )

    @pytest.mark.parametrize("template", [RULE % "arn:aws:sqs:us-east-1:123456789012:q"])
    def test_of_others_are_made(self, local, template):
        stacks = local.client("cloudformation")
        stacks.create_stack(StackName="others", TemplateBody=template)
        assert stacks.describe_stacks(StackName="others")["Stacks"][0]["StackStatus"] == (
            "CREATE_COMPLETE"
        )
        stacks.delete_stack(StackName="others")

    @pytest.mark.parametrize("template", ["[", "- a", "x: !Unknown [", "Resources: {A: 1}"])
    def test_malformed_ones_are_left_to_the_emulator(self, local, template):
        code, _ = refusal(
            local.client("cloudformation").create_stack, StackName="s", TemplateBody=template
        )
        assert code


class TestStarters:
    def test_rules(self, local):
        events = local.client("events")
        events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)")
        target = {"Id": "1", "Arn": PIPELINE, "RoleArn": ROLE}
        code, message = refusal(events.put_targets, Rule="nightly", Targets=[target])
        assert (code, PIPELINE in message) == ("ValidationException", True)
        queue = {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:q"}
        assert events.put_targets(Rule="nightly", Targets=[queue])["FailedEntryCount"] == 0
        # moto would fail at it, and forget the rules that come after it.
        code, message = refusal(
            events.put_targets, Rule="nightly", Targets=[queue, {"Id": "2", "Arn": TOPIC}]
        )
        assert code == "ValidationException"
        assert message == (
            f"the local SageMaker does not support PutTargets with {TOPIC}: events reach queues, "
            "log groups and event buses only"
        )

    @pytest.mark.parametrize("arn", [PIPELINE, "arn:aws:scheduler:::aws-sdk:sagemaker:createModel"])
    def test_schedules(self, local, arn):
        asked = {
            "Name": "nightly",
            "ScheduleExpression": "rate(1 day)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": arn, "RoleArn": ROLE},
        }
        for call in ("create_schedule", "update_schedule"):
            code, message = refusal(getattr(local.client("scheduler"), call), **asked)
            assert (code, arn in message) == ("ValidationException", True)

    def test_pipes(self, local):
        source = "arn:aws:sqs:us-east-1:123456789012:q"
        code, message = refusal(
            local.client("pipes").create_pipe,
            Name="p", Source=source, Target=PIPELINE, RoleArn=ROLE,
        )  # fmt: skip
        assert (code, PIPELINE in message) == ("ValidationException", True)

    def test_state_machines(self, local):
        machines = local.client("stepfunctions", inject_host_prefix=False)
        code, message = refusal(
            machines.create_state_machine, name="m", definition=MACHINE, roleArn=ROLE
        )
        assert code == "ValidationException"
        assert "arn:aws:states:::sagemaker:createTrainingJob" in message


class TestScaling:
    def test_targets_of_endpoints_that_are_there(self, local):
        local.deploy("scaled", INFERENCE)
        local.sm.create_endpoint(EndpointName="scaled", EndpointConfigName="scaled")
        local.wait_for_endpoint("scaled")
        scaling = local.client("application-autoscaling")

        def register(resource, dimension="DesiredInstanceCount"):
            return scaling.register_scalable_target(
                ServiceNamespace="sagemaker",
                ResourceId=resource,
                ScalableDimension=f"sagemaker:variant:{dimension}",
                MinCapacity=1,
                MaxCapacity=2,
            )

        register("endpoint/scaled/variant/all")
        found = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
        assert [item["ResourceId"] for item in found] == ["endpoint/scaled/variant/all"]
        for resource in ("endpoint/none/variant/all", "endpoint/scaled/variant/none", "scaled"):
            code, message = refusal(register, resource)
            assert (code, resource in message) == ("ValidationException", True)
        dimension = "DesiredProvisionedConcurrency"
        assert dimension in refusal(register, "endpoint/scaled/variant/all", dimension)[1]


class TestTagging:
    @pytest.fixture(scope="class")
    @classmethod
    def tagged(cls, local):
        local.sm.create_project(ProjectName="a", Tags=[{"Key": "team", "Value": "x"}])
        local.sm.create_project(ProjectName="b", Tags=[{"Key": "team", "Value": "y"}])
        local.sm.create_model_package_group(
            ModelPackageGroupName="g", Tags=[{"Key": "team", "Value": "x"}]
        )
        local.client("sns").create_topic(Name="tagged", Tags=[{"Key": "team", "Value": "x"}])
        local.client("sagemaker", "eu-west-1").create_project(
            ProjectName="there", Tags=[{"Key": "team", "Value": "x"}]
        )
        return local.client("resourcegroupstaggingapi")

    def arns(self, tagged, **asked):
        pages = tagged.get_paginator("get_resources").paginate(
            PaginationConfig={"PageSize": 1}, **asked
        )
        return [
            item["ResourceARN"].split(":", 2)[2].replace("us-east-1:123456789012:", "")
            for page in pages
            for item in page["ResourceTagMappingList"]
        ]

    def test_resources(self, tagged):
        team = {"Key": "team", "Values": ["x"]}
        assert self.arns(tagged, TagFilters=[team]) == [
            "sagemaker:model-package-group/g",
            "sagemaker:project/a",
            "sns:tagged",
        ]
        assert self.arns(tagged, ResourceTypeFilters=["sagemaker:project"]) == [
            "sagemaker:project/a",
            "sagemaker:project/b",
        ]
        assert self.arns(
            tagged, ResourceTypeFilters=["sagemaker"], TagFilters=[{"Key": "team", "Values": ["y"]}]
        ) == ["sagemaker:project/b"]
        assert self.arns(tagged, ResourceTypeFilters=["sns"]) == ["sns:tagged"]
        assert self.arns(tagged, ResourceARNList=[f"{ARN}:project/b"]) == ["sagemaker:project/b"]
        assert self.arns(tagged, TagFilters=[{"Key": "none"}]) == []
        found = tagged.get_resources(ResourceARNList=[f"{ARN}:project/b"])
        assert found["ResourceTagMappingList"] == [
            {"ResourceARN": f"{ARN}:project/b", "Tags": [{"Key": "team", "Value": "y"}]}
        ]

    def test_keys_and_values(self, tagged):
        assert "team" in tagged.get_tag_keys()["TagKeys"]
        assert tagged.get_tag_values(Key="team")["TagValues"] == ["x", "y"]

    def test_changes(self, local, tagged):
        topic = "arn:aws:sns:us-east-1:123456789012:tagged"
        missing = f"{ARN}:project/none"
        answer = tagged.tag_resources(
            ResourceARNList=[f"{ARN}:project/a", topic, missing], Tags={"stage": "dev"}
        )
        assert list(answer["FailedResourcesMap"]) == [missing]
        assert missing in answer["FailedResourcesMap"][missing]["ErrorMessage"]
        project = local.sm.list_tags(ResourceArn=f"{ARN}:project/a")["Tags"]
        assert project == [{"Key": "stage", "Value": "dev"}, {"Key": "team", "Value": "x"}]
        found = local.client("sns").list_tags_for_resource(ResourceArn=topic)["Tags"]
        assert {"Key": "stage", "Value": "dev"} in found
        answer = tagged.untag_resources(ResourceARNList=[f"{ARN}:project/a"], TagKeys=["stage"])
        assert answer["FailedResourcesMap"] == {}
        assert local.sm.list_tags(ResourceArn=f"{ARN}:project/a")["Tags"] == [
            {"Key": "team", "Value": "x"}
        ]

    def test_malformed(self, local, tagged):
        raw = local.client("resourcegroupstaggingapi", parameter_validation=False)
        assert refusal(raw.get_resources, TagFilters=[{"Key": 1}])[0] == "SerializationException"
        assert refusal(raw.get_resources, PaginationToken="bogus")[0] == "ValidationException"
