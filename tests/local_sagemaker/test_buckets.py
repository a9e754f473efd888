"""Buckets: what is set of them outlives the server, and other services see them, and they those."""

import json

import pytest
from kit import BUCKET, refusal

EVENTS = {"NotificationConfiguration": {"EventBridgeConfiguration": {}}}
POLICY = '{"Version": "2012-10-17", "Statement": []}'
BLOCK = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": False,
}


def stack(**properties):
    resource = {"Type": "AWS::S3::Bucket", "Properties": properties}
    return json.dumps({"Resources": {"Bucket": resource}})


def test_settings_outlive_the_server(own):
    own.s3.put_bucket_policy(Bucket=BUCKET, Policy=POLICY)
    own.s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=BLOCK)
    own.s3.put_bucket_notification_configuration(Bucket=BUCKET, **EVENTS)
    tags = [{"Key": "a", "Value": "1"}]
    own.s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": tags})
    own.s3.put_bucket_cors(
        Bucket=BUCKET,
        CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]},
    )
    own.s3.delete_bucket_cors(Bucket=BUCKET)
    own.kill()
    s3 = own.up().s3
    assert json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"]) == json.loads(POLICY)
    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert block == BLOCK
    kept = s3.get_bucket_notification_configuration(Bucket=BUCKET)
    assert kept["EventBridgeConfiguration"] == {}
    assert s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"] == tags
    assert refusal(s3.get_bucket_cors, Bucket=BUCKET)[0] == "NoSuchCORSConfiguration"
    s3.put_object(Bucket=BUCKET, Key="new", Body=b"")
    told = [json.loads(line) for line in (own.home / "events.jsonl").read_text().splitlines()]
    assert [event["detail"]["object"]["key"] for event in told] == ["new"]


def test_a_bucket_that_is_made_again_is_set_like_a_new_one(local):
    s3 = local.s3
    s3.create_bucket(Bucket="twice-made")
    s3.put_bucket_notification_configuration(Bucket="twice-made", **EVENTS)
    s3.create_multipart_upload(Bucket="twice-made", Key="never-ended")
    s3.delete_bucket(Bucket="twice-made")
    assert refusal(s3.head_bucket, Bucket="twice-made")[0] == "404"
    s3.create_bucket(Bucket="twice-made")
    answer = s3.get_bucket_notification_configuration(Bucket="twice-made")
    assert "EventBridgeConfiguration" not in answer
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="twice-made")


@pytest.mark.parametrize(
    "name",
    [
        "UPPER_x",
        "under_score",
        "ab",
        "a" * 64,
        "-dash",
        "dash-",
        ".dot",
        "two..dots",
        "192.168.5.4",
        "xn--name",
        "sthree-name",
        "amzn-s3-demo-name",
        "name-s3alias",
        "name--ol-s3",
        "name.mrap",
        "name--table-s3",
    ],
)
def test_names_that_no_bucket_may_have(local, name):
    wanted = ("InvalidBucketName", "The specified bucket is not valid.")
    assert refusal(local.s3.create_bucket, Bucket=name) == wanted
    assert refusal(local.s3.put_object, Bucket=name, Key="k", Body=b"") == wanted
    assert refusal(local.s3.list_objects_v2, Bucket=name) == wanted
    assert refusal(local.s3.head_bucket, Bucket=name)[0] == "400"


@pytest.mark.parametrize("name", ["abc", "a" * 63, "0.a-b.9", "192.168.5.4.5", "xn-name", "a--b"])
def test_names_that_a_bucket_may_have(local, name):
    local.s3.create_bucket(Bucket=name)
    local.s3.put_object(Bucket=name, Key="k", Body=b"1")
    assert local.read(f"s3://{name}/k") == b"1"


def test_a_bucket_of_a_stack_is_a_bucket(local):
    stacks = local.client("cloudformation")
    events = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    stacks.create_stack(StackName="plain", TemplateBody=stack(BucketName="of-a-stack"))
    assert local.s3.head_bucket(Bucket="of-a-stack")["BucketRegion"] == "us-east-1"
    local.s3.put_object(Bucket="of-a-stack", Key="k", Body=b"1")
    assert local.read("s3://of-a-stack/k") == b"1"
    versioned = stack(
        BucketName="versioned",
        VersioningConfiguration={"Status": "Enabled"},
        NotificationConfiguration=events,
    )
    _, message = refusal(stacks.create_stack, StackName="versioned", TemplateBody=versioned)
    assert "NotificationConfiguration, VersioningConfiguration of AWS::S3::Bucket" in message
    assert refusal(local.s3.head_bucket, Bucket="versioned")[0] == "404"


@pytest.mark.parametrize(
    "form", ["https://{}.s3.amazonaws.com/{}", "https://s3.amazonaws.com/{}/{}"]
)
def test_a_template_in_s3_is_read(local, form):
    name = "queue-by-host" if form.startswith("https://{}") else "queue-by-path"
    template = {"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}}}
    local.s3.create_bucket(Bucket=f"bucket-{name}")
    local.s3.put_object(Bucket=f"bucket-{name}", Key="t.json", Body=json.dumps(template))
    address = form.format(f"bucket-{name}", "t.json")
    local.client("cloudformation").create_stack(StackName=name, TemplateURL=address)
    assert local.client("sqs").get_queue_url(QueueName=name)["QueueUrl"].endswith(name)
    # What the other services read of it does not keep a bucket from being deleted.
    local.s3.delete_object(Bucket=f"bucket-{name}", Key="t.json")
    local.s3.delete_bucket(Bucket=f"bucket-{name}")


def test_grants_and_locks_are_refused(local):
    s3 = local.s3
    code, _ = refusal(s3.put_bucket_acl, Bucket=BUCKET, ACL="public-read")
    assert code == "AccessControlListNotSupported"
    s3.put_bucket_acl(Bucket=BUCKET, ACL="private")
    code, _ = refusal(s3.create_bucket, Bucket="locked", ObjectLockEnabledForBucket=True)
    assert code == "NotImplemented"
    assert refusal(s3.head_bucket, Bucket=BUCKET, ExpectedBucketOwner="999999999999")[0] == "403"
    s3.head_bucket(Bucket=BUCKET, ExpectedBucketOwner="123456789012")
