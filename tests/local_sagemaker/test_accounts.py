"""Several accounts: whose keys are admitted, whose resources are found, and what is shared."""

import json

import boto3
import pytest
from botocore.config import Config
from kit import BUCKET, IMAGE, Local, refusal

HOME, OTHER = "123456789012", "210987654321"
ROLE = f"arn:aws:iam::{OTHER}:role/deployer"
GROUP = f"arn:aws:sagemaker:us-east-1:{HOME}:model-package-group/shared"
VERSION = f"arn:aws:sagemaker:us-east-1:{HOME}:model-package/shared/1"
CODE = "import json\ndef model_fn(folder):\n    return json.load(open(f'{folder}/factor.json'))\n"
CODE += "def predict_fn(data, factor):\n    return data * factor\n"


class Elsewhere(Local):
    """The clients of a server with the credentials of a role."""

    def __init__(self, local, role):
        super().__init__(local.home)
        answer = local.client("sts").assume_role(RoleArn=role, RoleSessionName="demo-production")
        keys = answer["Credentials"]
        self.who = answer["AssumedRoleUser"]["Arn"]
        self.variables = local.variables | {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        }


@pytest.fixture(scope="module")
def other(local):
    return Elsewhere(local, ROLE)


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions, of):
    principal = {"AWS": f"arn:aws:iam::{OTHER}:root"}
    return {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": of}


def test_the_role_of_another_account_is_there(local, other):
    told = other.client("sts").get_caller_identity()
    assert (told["Account"], told["Arn"]) == (OTHER, other.who)
    assert other.who == f"arn:aws:sts::{OTHER}:assumed-role/deployer/demo-production"
    assert local.client("sts").get_caller_identity()["Account"] == HOME


@pytest.mark.parametrize(
    "make",
    [
        lambda own, assumed: assumed[:-1],
        lambda own, assumed: assumed + OTHER,
        lambda own, assumed: own + OTHER[:-1],
        lambda own, assumed: own + OTHER + "1",
        lambda own, assumed: own + "x" * 12,
        lambda own, assumed: "ASIA" + "A" * 16,
    ],
)
def test_keys_that_nobody_was_given_are_refused(local, other, make):
    key = "AWS_ACCESS_KEY_ID"
    client = boto3.session.Session().client(
        "sagemaker",
        region_name="us-east-1",
        endpoint_url=local.variables["AWS_ENDPOINT_URL"],
        aws_access_key_id=make(local.variables[key], other.variables[key]),
        aws_secret_access_key="any",
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )
    assert refusal(client.list_models)[0] == "InvalidClientTokenId"


def test_names_are_of_an_account(local, other):
    """The same name in both accounts: neither sees the other's, nor its tags."""
    for one, account in ((local, HOME), (other, OTHER)):
        tags = [{"Key": "of", "Value": account}]
        made = one.sm.create_model_package_group(ModelPackageGroupName="both", Tags=tags)
        arn = f"arn:aws:sagemaker:us-east-1:{account}:model-package-group/both"
        assert made["ModelPackageGroupArn"] == arn
        assert one.sm.list_tags(ResourceArn=arn)["Tags"] == tags
    code, message = refusal(
        other.sm.list_tags,
        ResourceArn=f"arn:aws:sagemaker:us-east-1:{HOME}:model-package-group/both",
    )
    assert code == "ValidationException"
    assert "Could not find resource" in message
    other.sm.create_model_package_group(ModelPackageGroupName="only-there")
    names = {
        one: [
            group["ModelPackageGroupName"]
            for group in one.sm.list_model_package_groups()["ModelPackageGroupSummaryList"]
        ]
        for one in (local, other)
    }
    assert "only-there" in names[other]
    assert "only-there" not in names[local]
    tagged = other.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "of", "Values": [OTHER, HOME]}]
    )["ResourceTagMappingList"]
    assert [one["ResourceARN"].split(":")[4] for one in tagged] == [OTHER]


def test_the_bucket_of_another_account_is_its_owners_to_share(local, other):
    local.s3.create_bucket(Bucket="bucket-of-home")
    local.s3.put_object(Bucket="bucket-of-home", Key="a/b", Body=b"1")
    there = {"Bucket": "bucket-of-home", "Key": "a/b"}
    assert refusal(other.s3.get_object, **there)[0] == "AccessDenied"
    assert refusal(other.s3.list_objects_v2, Bucket="bucket-of-home")[0] == "AccessDenied"
    assert refusal(other.s3.create_bucket, Bucket="bucket-of-home")[0] == "BucketAlreadyExists"
    shared = policy(
        allow("s3:GetObject", of="arn:aws:s3:::bucket-of-home/a/*"),
        allow("s3:ListBucket", of="arn:aws:s3:::bucket-of-home"),
    )
    local.s3.put_bucket_policy(Bucket="bucket-of-home", Policy=shared)
    assert other.s3.get_object(**there)["Body"].read() == b"1"
    assert other.s3.list_objects_v2(Bucket="bucket-of-home")["KeyCount"] == 1
    assert other.s3.head_bucket(Bucket="bucket-of-home")["BucketRegion"] == "us-east-1"
    for refused in (
        lambda: other.s3.put_object(**there, Body=b"2"),
        lambda: other.s3.delete_object(**there),
        lambda: other.s3.get_object(Bucket="bucket-of-home", Key="c"),
        lambda: other.s3.delete_objects(
            Bucket="bucket-of-home", Delete={"Objects": [{"Key": "a/b"}]}
        ),
        lambda: other.s3.get_bucket_policy(Bucket="bucket-of-home"),
        lambda: other.s3.delete_bucket(Bucket="bucket-of-home"),
    ):
        assert refusal(refused)[0] == "AccessDenied"
    other.s3.create_bucket(Bucket="bucket-of-other")
    other.s3.put_object(Bucket="bucket-of-other", Key="k", Body=b"")
    assert refusal(local.s3.get_object, Bucket="bucket-of-other", Key="k")[0] == "AccessDenied"
    copied = {"Bucket": "bucket-of-home", "Key": "c"}
    local.s3.put_object(**copied, Body=b"secret")
    assert (
        refusal(other.s3.copy_object, Bucket="bucket-of-other", Key="c", CopySource=copied)[0]
        == "AccessDenied"
    )
    other.s3.copy_object(Bucket="bucket-of-other", Key="c", CopySource=there)
    owners = {"ExpectedBucketOwner": OTHER}
    assert other.s3.get_object(Bucket="bucket-of-other", Key="c", **owners)["Body"].read() == b"1"
    assert refusal(other.s3.get_object, **there, **owners)[0] == "AccessDenied"
    names = [
        [bucket["Name"] for bucket in one.s3.list_buckets()["Buckets"]] for one in (local, other)
    ]
    assert "bucket-of-other" not in names[0]
    assert names[1] == ["bucket-of-other"]


def test_a_group_is_shared_by_its_policy(local, other):
    uri = local.put("shared/model.tar.gz", b"none")
    specification = {
        "Containers": [
            {
                "Image": IMAGE,
                "ModelDataUrl": uri,
                "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
            }
        ],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    local.sm.create_model_package_group(ModelPackageGroupName="shared")
    made = {"InferenceSpecification": specification, "ModelApprovalStatus": "Approved"}
    local.sm.create_model_package(ModelPackageGroupName="shared", **made)
    policies = {"ModelPackageGroupName": "shared"}
    for call in (
        local.sm.get_model_package_group_policy,
        local.sm.delete_model_package_group_policy,
    ):
        code, message = refusal(call, **policies)
        assert (code, message[:27]) == ("ValidationException", "Cannot find resource policy")
    code, message = refusal(other.sm.get_model_package_group_policy, ModelPackageGroupName="shared")
    assert message.startswith("Cannot find Model Package Group")
    calls = {
        "DescribeModelPackageGroup": lambda: other.sm.describe_model_package_group(
            ModelPackageGroupName=GROUP
        ),
        "ListModelPackages": lambda: other.sm.list_model_packages(ModelPackageGroupName=GROUP),
        "DescribeModelPackage": lambda: other.sm.describe_model_package(ModelPackageName=VERSION),
        "UpdateModelPackage": lambda: other.sm.update_model_package(
            ModelPackageArn=VERSION, ModelApprovalStatus="Approved"
        ),
        "CreateModelPackage": lambda: other.sm.create_model_package(
            ModelPackageGroupName=GROUP, **made
        ),
        "CreateModel": lambda: other.sm.create_model(
            ModelName="of-version",
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"ModelPackageName": VERSION},
        ),
    }
    for action, call in calls.items():
        code, message = refusal(call)
        assert code == "AccessDeniedException"
        assert f"no resource-based policy allows the sagemaker:{action} action" in message
    everything = [f"sagemaker:{action}" for action in calls]
    versions = VERSION.replace("/1", "/*")
    text = policy(allow(*everything, of=[GROUP, versions]))
    local.sm.put_model_package_group_policy(**policies, ResourcePolicy=text)
    assert local.sm.get_model_package_group_policy(**policies)["ResourcePolicy"] == text
    code, message = refusal(calls.pop("CreateModel"))
    assert (code, message[:27]) == ("ValidationException", "Could not access model data")
    key = uri.partition(f"{BUCKET}/")[2]
    of_bucket = policy(allow("s3:GetObject", of=f"arn:aws:s3:::{BUCKET}/{key}"))
    local.s3.put_bucket_policy(Bucket=BUCKET, Policy=of_bucket)
    answers = {action: call() for action, call in calls.items()}
    assert answers["CreateModelPackage"]["ModelPackageArn"] == versions.replace("*", "2")
    model = other.sm.create_model(
        ModelName="of-version",
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"ModelPackageName": VERSION},
    )
    assert model["ModelArn"] == f"arn:aws:sagemaker:us-east-1:{OTHER}:model/of-version"
    listed = local.sm.list_model_packages(ModelPackageGroupName="shared")
    assert [one["ModelPackageVersion"] for one in listed["ModelPackageSummaryList"]] == [1, 2]
    local.sm.delete_model_package_group_policy(**policies)
    assert refusal(calls["DescribeModelPackage"])[0] == "AccessDeniedException"
    local.s3.delete_bucket_policy(Bucket=BUCKET)


def test_endpoints_of_two_accounts_of_one_name(local, other):
    """Each has a model server of its own, with the artefact of its account's model."""
    local.s3.put_bucket_policy(
        Bucket=BUCKET, Policy=policy(allow("s3:*", of=[f"arn:aws:s3:::{BUCKET}/*"]))
    )
    for one, factor in ((local, 2), (other, 3)):
        one.deploy("same", CODE, factor)
        one.sm.create_endpoint(EndpointName="same", EndpointConfigName="same")
        assert one.wait_for_endpoint("same")["EndpointStatus"] == "InService"
    for one, account, answer in ((local, HOME, b"8.0"), (other, OTHER, b"12.0")):
        described = one.sm.describe_endpoint(EndpointName="same")
        assert described["EndpointArn"] == f"arn:aws:sagemaker:us-east-1:{account}:endpoint/same"
        told = one.client("sagemaker-runtime").invoke_endpoint(
            EndpointName="same", ContentType="application/json", Body=b"4"
        )
        assert told["Body"].read().strip() == answer
    places = {(one["account"], one["region"]) for one in local.status["endpoints"]}
    assert places >= {(HOME, "us-east-1"), (OTHER, "us-east-1")}
    other.sm.delete_endpoint(EndpointName="same")
    assert local.sm.describe_endpoint(EndpointName="same")["EndpointStatus"] == "InService"
    local.sm.delete_endpoint(EndpointName="same")
    local.s3.delete_bucket_policy(Bucket=BUCKET)


def test_a_job_acts_in_its_own_account(local, other):
    script = "import boto3\nprint('in', boto3.client('sts').get_caller_identity()['Account'])\n"
    local.s3.put_bucket_policy(
        Bucket=BUCKET, Policy=policy(allow("s3:*", of=[f"arn:aws:s3:::{BUCKET}/*"]))
    )
    job = other.run_processing("in-other", script)
    assert job["ProcessingJobStatus"] == "Completed", job
    assert job["ProcessingJobArn"].split(":")[4] == OTHER
    log = other.log("ProcessingJobs", "in-other", region=f"{OTHER}/us-east-1").read_text()
    assert log.splitlines()[-1] == f"in {OTHER}"
    copied = other.client("logs").describe_log_streams(logGroupName="/aws/sagemaker/ProcessingJobs")
    assert any("in-other" in one["logStreamName"] for one in copied["logStreams"])
    local.s3.delete_bucket_policy(Bucket=BUCKET)


def test_events_are_of_the_account_that_owns_what_changed(local, other):
    lines = (local.home / "events.jsonl").read_text().splitlines()
    seen = {
        (event["account"], event["resources"][0])
        for event in map(json.loads, lines)
        if event["detail-type"] == "SageMaker Model Package State Change"
    }
    # The second version was registered by the other account.
    assert (HOME, VERSION.replace("/1", "/2")) in seen
    assert all(arn.split(":")[4] == account for account, arn in seen)
