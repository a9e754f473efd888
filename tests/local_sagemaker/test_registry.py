"""Projects, tags, lists, validation, and the model registry."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from kit import IMAGE, Local, refusal

SPECIFICATION = {
    "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://b/model.tar.gz"}],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}


@pytest.fixture
def group(local, request):
    name = request.node.name.split("[")[0].replace("_", "-")[:60].rstrip("-")
    local.sm.create_model_package_group(ModelPackageGroupName=name)
    return name


def register(local, group, **members):
    return local.sm.create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=SPECIFICATION, **members
    )["ModelPackageArn"]


def describe(local, arn):
    return local.sm.describe_model_package(ModelPackageName=arn)


class TestProjects:
    def test_id_follows_from_the_name(self, local, tmp_path):
        made = local.sm.create_project(ProjectName="churn", ProjectDescription="who leaves")
        found = local.sm.describe_project(ProjectName="churn")
        assert found["ProjectStatus"] == "CreateCompleted"
        assert found["ProjectId"] == made["ProjectId"]
        assert found["ProjectDescription"] == "who leaves"
        other = Local(tmp_path / "other").up()
        assert other.sm.create_project(ProjectName="churn")["ProjectId"] == made["ProjectId"]
        assert other.sm.create_project(ProjectName="fraud")["ProjectId"] != made["ProjectId"]
        other.down()

    def test_update_delete_and_duplicates(self, local):
        local.sm.create_project(ProjectName="gone")
        code, message = refusal(local.sm.create_project, ProjectName="gone")
        assert (code, "already exists" in message) == ("ValidationException", True)
        local.sm.update_project(ProjectName="gone", ProjectDescription="soon")
        assert local.sm.describe_project(ProjectName="gone")["ProjectDescription"] == "soon"
        local.sm.delete_project(ProjectName="gone")
        assert refusal(local.sm.describe_project, ProjectName="gone")[0] == "ValidationException"

    def test_templates_are_refused_by_name(self, local):
        template = {"CfnTemplateProvider": {"TemplateName": "t", "TemplateURL": "https://b/t.yaml"}}
        message = refusal(local.sm.create_project, ProjectName="t", TemplateProviders=[template])[1]
        assert "TemplateProviders" in message


class TestTags:
    def test_given_at_creation_changed_and_deleted_with_the_resource(self, local):
        tags = [{"Key": "owner", "Value": "ann"}, {"Key": "stage", "Value": "dev"}]
        arn = local.sm.create_project(ProjectName="tagged", Tags=tags)["ProjectArn"]
        assert local.sm.list_tags(ResourceArn=arn)["Tags"] == tags
        local.sm.add_tags(ResourceArn=arn, Tags=[{"Key": "owner", "Value": "bob"}])
        local.sm.delete_tags(ResourceArn=arn, TagKeys=["stage"])
        assert local.sm.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "owner", "Value": "bob"}]
        local.sm.delete_project(ProjectName="tagged")
        assert refusal(local.sm.list_tags, ResourceArn=arn)[0] == "ValidationException"
        local.sm.create_project(ProjectName="tagged")
        assert local.sm.list_tags(ResourceArn=arn)["Tags"] == []


class TestVersions:
    def test_numbers_go_up_and_are_not_given_again(self, local, group):
        assert [register(local, group).rsplit("/", 1)[1] for _ in range(3)] == ["1", "2", "3"]
        third = f"{group}/3"
        local.sm.delete_model_package(ModelPackageName=third)
        assert register(local, group).endswith("/4")
        assert refusal(local.sm.describe_model_package, ModelPackageName=third) == (
            "ValidationException",
            f"ModelPackage arn:aws:sagemaker:us-east-1:123456789012:model-package/{third} "
            "does not exist.",
        )
        assert refusal(local.sm.delete_model_package_group, ModelPackageGroupName=group)[0] == (
            "ConflictException"
        )

    def test_sixteen_writers_lose_nothing(self, local, group):
        def write(_):
            return [register(local, group) for _ in range(20)]

        with ThreadPoolExecutor(16) as pool:
            arns = [arn for made in pool.map(write, range(16)) for arn in made]
        assert {int(arn.rsplit("/", 1)[1]) for arn in arns} == set(range(1, 321))
        pages = local.sm.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
        listed = [item for page in pages for item in page["ModelPackageSummaryList"]]
        assert [item["ModelPackageArn"] for item in listed] == sorted(
            arns, key=lambda arn: int(arn.rsplit("/", 1)[1])
        )

    def test_what_is_registered_is_described(self, local, group):
        metrics = {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/m.json"}}
        arn = register(
            local,
            group,
            ModelMetrics={"ModelQuality": metrics},
            CustomerMetadataProperties={"commit": "abc"},
            Domain="MACHINE_LEARNING",
            SamplePayloadUrl="s3://b/sample.tar.gz",
        )
        found = describe(local, arn)
        assert found["ModelMetrics"]["ModelQuality"] == metrics
        assert found["InferenceSpecification"] == SPECIFICATION
        assert found["ModelApprovalStatus"] == "PendingManualApproval"
        assert found["ModelPackageStatus"] == "Completed"
        assert (found["ModelPackageGroupName"], found["ModelPackageVersion"]) == (group, 1)
        assert found["CustomerMetadataProperties"] == {"commit": "abc"}
        assert not [name for name in found if name.startswith("_")]

    def test_the_bytes_of_a_version_are_recorded(self, local, group):
        """Of the MD5 of `model`, which the ETag of a small object is."""
        md5 = "20f35e630daf44dbfa4c3f68f5399d8c"
        digest = f"sha256:{'0a' * 32}"
        named = {"Image": f"{IMAGE.partition(':')[0]}@{digest}"}
        container = {**named, "ModelDataUrl": local.put("pinned/model.tar.gz", b"model")}
        specification = {**SPECIFICATION, "Containers": [container]}
        asked = {"ModelPackageGroupName": group, "InferenceSpecification": specification}
        made = describe(local, local.sm.create_model_package(**asked)["ModelPackageArn"])
        recorded = {"ModelDataETag": md5, "ImageDigest": digest}
        assert made["InferenceSpecification"]["Containers"] == [container | recorded]
        local.put("pinned/model.tar.gz", b"other")
        arn = made["ModelPackageArn"]
        assert describe(local, arn)["InferenceSpecification"] == made["InferenceSpecification"]
        local.sm.update_model_package(ModelPackageArn=arn, InferenceSpecification=specification)
        (now,) = describe(local, arn)["InferenceSpecification"]["Containers"]
        assert now["ModelDataETag"] == "795f3202b17cb6bc3d4b771d8c6c9eaf"

    def test_update_merges_metadata_and_keeps_the_rest(self, local, group):
        arn = register(local, group, CustomerMetadataProperties={"a": "1", "b": "2"})
        local.sm.update_model_package(
            ModelPackageArn=arn,
            ModelApprovalStatus="Approved",
            ApprovalDescription="good",
            CustomerMetadataProperties={"b": "3", "c": "4"},
            CustomerMetadataPropertiesToRemove=["a"],
        )
        found = describe(local, arn)
        assert found["CustomerMetadataProperties"] == {"b": "3", "c": "4"}
        assert (found["ModelApprovalStatus"], found["ApprovalDescription"]) == ("Approved", "good")
        assert found["InferenceSpecification"] == SPECIFICATION
        local.sm.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected")
        assert describe(local, arn)["CustomerMetadataProperties"] == {"b": "3", "c": "4"}

    def test_list_filters_by_approval(self, local, group):
        register(local, group)
        approved = register(local, group, ModelApprovalStatus="Approved")
        listed = local.sm.list_model_packages(
            ModelPackageGroupName=group, ModelApprovalStatus="Approved"
        )["ModelPackageSummaryList"]
        assert [item["ModelPackageArn"] for item in listed] == [approved]
        assert listed[0]["ModelApprovalStatus"] == "Approved"

    def test_tags_belong_to_the_group(self, local, group):
        code, message = refusal(register, local, group, Tags=[{"Key": "k", "Value": "v"}])
        assert (code, "Tags" in message) == ("ValidationException", True)

    def test_groups(self, local, group):
        assert refusal(local.sm.create_model_package_group, ModelPackageGroupName=group)[0] == (
            "ValidationException"
        )
        assert refusal(register, local, "nowhere")[0] == "ValidationException"
        local.sm.delete_model_package_group(ModelPackageGroupName=group)
        assert refusal(local.sm.describe_model_package_group, ModelPackageGroupName=group)[0] == (
            "ValidationException"
        )


class TestLists:
    @pytest.fixture(scope="class")
    @classmethod
    def named(cls, local):
        container = {
            "Image": IMAGE,
            "ModelDataUrl": "s3://b/m.tar.gz",
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
        }
        for name in ("zebra-model", "ant-model", "cow-model"):
            local.sm.create_model(ModelName=name, PrimaryContainer=container)
        return local

    def names(self, local, **options):
        return [model["ModelName"] for model in local.sm.list_models(**options)["Models"]]

    def test_order(self, named):
        assert self.names(named) == ["cow-model", "ant-model", "zebra-model"]
        assert self.names(named, SortOrder="Ascending") == ["zebra-model", "ant-model", "cow-model"]
        assert self.names(named, SortBy="Name", SortOrder="Ascending") == [
            "ant-model",
            "cow-model",
            "zebra-model",
        ]

    def test_filters(self, named):
        times = [m["CreationTime"] for m in named.sm.list_models()["Models"]]
        assert self.names(named, NameContains="cow") == ["cow-model"]
        assert self.names(named, CreationTimeAfter=times[2]) == ["cow-model", "ant-model"]

    @pytest.mark.parametrize("order", ["Ascending", "Descending"])
    def test_pages(self, named, order):
        whole = self.names(named, SortBy="Name", SortOrder=order)
        pages = named.sm.get_paginator("list_models").paginate(
            SortBy="Name", SortOrder=order, PaginationConfig={"PageSize": 1}
        )
        assert [m["ModelName"] for page in pages for m in page["Models"]] == whole

    def test_bad_token_and_unknown_filter_are_refused(self, named):
        assert "NextToken" in refusal(named.sm.list_models, NextToken="bogus")[1]
        message = refusal(named.sm.list_training_jobs, WarmPoolStatusEquals="InUse")[1]
        assert "WarmPoolStatusEquals" in message
