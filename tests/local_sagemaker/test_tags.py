"""Tags: their limits, and whose they are."""

import pytest
from kit import BUCKET, refusal


def tags(count, start=0):
    return [{"Key": f"k{number:02}", "Value": "v"} for number in range(start, start + count)]


@pytest.fixture
def project(local, request):
    name = "t" + request.node.name.replace("_", "-")[-20:].strip("-[]")
    return local.sm.create_project(ProjectName=name)["ProjectArn"]


def test_fifty_and_no_more(local, project):
    local.sm.add_tags(ResourceArn=project, Tags=tags(50))
    code, message = refusal(local.sm.add_tags, ResourceArn=project, Tags=tags(1, 50))
    assert (code, "at most 50 tags" in message) == ("ValidationException", True)
    assert len(local.sm.list_tags(ResourceArn=project)["Tags"]) == 50
    # A key that is there takes no further place.
    new = {"Key": "k00", "Value": "new"}
    assert len(local.sm.add_tags(ResourceArn=project, Tags=[new])["Tags"]) == 50
    assert local.sm.list_tags(ResourceArn=project, MaxResults=50)["Tags"][0] == new
    local.sm.delete_tags(ResourceArn=project, TagKeys=["k01"])
    local.sm.add_tags(ResourceArn=project, Tags=tags(1, 50))


def test_at_creation(local):
    code, message = refusal(local.sm.create_project, ProjectName="many", Tags=tags(51))
    assert code == "ValidationException"
    assert "'tags' failed to satisfy constraint: Member must have length less than" in message
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    code, message = refusal(local.sm.create_project, ProjectName="twice", Tags=twice)
    assert code == "ValidationException"
    assert "Duplicate tag keys" in message
    reserved = [{"Key": "AWS:x", "Value": "1"}]
    assert refusal(local.sm.create_project, ProjectName="aws", Tags=reserved)[0] == (
        "ValidationException"
    )
    assert [
        p["ProjectName"] for p in local.sm.list_projects(NameContains="twice")["ProjectSummaryList"]
    ] == []


def test_keys_twice_in_one_request(local, project):
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    code, message = refusal(local.sm.add_tags, ResourceArn=project, Tags=twice)
    assert code == "ValidationException"
    assert "Duplicate tag keys" in message


def test_keys_differ_by_case(local, project):
    both = [{"Key": "A", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert local.sm.add_tags(ResourceArn=project, Tags=both)["Tags"] == both


def test_buckets_too(local):
    def put(count):
        local.s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": tags(count)})

    put(50)
    assert refusal(put, 51) == ("BadRequest", "Bucket tag count cannot be greater than 50")
    assert len(local.s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"]) == 50


def test_one_page_holds_them_all(local, project):
    local.sm.add_tags(ResourceArn=project, Tags=tags(50))
    answer = local.sm.list_tags(ResourceArn=project, MaxResults=50)
    assert (answer["Tags"], answer.get("NextToken")) == (tags(50), None)
    for foreign in ("bogus", "k01", ""):
        code, message = refusal(local.sm.list_tags, ResourceArn=project, NextToken=foreign)
        assert (code, "NextToken" in message) == ("ValidationException", True)


@pytest.mark.parametrize(
    ("ours", "foreign"),
    [
        ("us-east-1", "eu-west-1"),
        ("123456789012", "999999999999"),
        ("arn:aws:", "arn:aws-cn:"),
        (":project/", ":model/"),
    ],
)
def test_foreign_arns(local, ours, foreign):
    for region in ("us-east-1", "eu-west-1"):
        client = local.client("sagemaker", region)
        if not client.list_projects(NameContains="same")["ProjectSummaryList"]:
            client.create_project(ProjectName="same", Tags=tags(1))
    arn = "arn:aws:sagemaker:us-east-1:123456789012:project/same".replace(ours, foreign)
    for call in (
        lambda: local.sm.list_tags(ResourceArn=arn),
        lambda: local.sm.add_tags(ResourceArn=arn, Tags=tags(1)),
        lambda: local.sm.delete_tags(ResourceArn=arn, TagKeys=["k00"]),
    ):
        code, message = refusal(call)
        assert (code, arn in message) == ("ValidationException", True)
    for region in ("us-east-1", "eu-west-1"):
        there = f"arn:aws:sagemaker:{region}:123456789012:project/same"
        assert local.client("sagemaker", region).list_tags(ResourceArn=there)["Tags"] == tags(1)
