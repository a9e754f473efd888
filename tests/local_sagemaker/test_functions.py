"""Lambda functions: made through Lambda's API, run in processes of their own."""

import base64
import json
import re
import shutil
import uuid

import pytest
from kit import BUCKET, ROLE, create_function, refusal, wait_until, zipped

ECHO = "def handler(event, context): return event"


def invoke(local, name, event=None, **options):
    """Return what a function answers, and the answer around it."""
    payload = {} if event is None else {"Payload": json.dumps(event)}
    answer = local.client("lambda").invoke(FunctionName=name, **payload, **options)
    body = answer["Payload"].read()
    return json.loads(body) if body else None, answer


def error_of(local, name, event=None):
    told, answer = invoke(local, name, event)
    assert answer["FunctionError"] == "Unhandled"
    return told


class TestHandler:
    def test_gets_event_context_and_environment(self, local):
        code = """
            import os
            from helpers.shared import double

            def handler(event, context):
                print("said", event["number"])
                names = ("COLOUR", "AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "TZ", "SECRET_OF_USER")
                return {
                    "double": double(event["number"]),
                    "variables": [os.environ.get(name) for name in names],
                    "function": [context.function_name, context.function_version],
                    "arn": context.invoked_function_arn,
                    "left": context.get_remaining_time_in_millis(),
                    "request": context.aws_request_id,
                    "memory": context.memory_limit_in_mb,
                    "custom": context.client_context.custom,
                    "logs": [context.log_group_name, context.log_stream_name],
                }
        """
        helper = "def double(number): return 2 * number"
        files = {"app.py": code, "helpers/__init__.py": "", "helpers/shared.py": helper}
        arn = create_function(
            local,
            "told",
            "",
            Code={"ZipFile": zipped(files)},
            Environment={"Variables": {"COLOUR": "blau"}},
        )
        custom = base64.b64encode(b'{"custom": {"a": "b"}}').decode()
        told, answer = invoke(local, arn, {"number": 21}, LogType="Tail", ClientContext=custom)
        assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
        assert "FunctionError" not in answer
        assert told["double"] == 42
        assert told["variables"] == ["blau", "us-east-1", "told", ":UTC", None]
        assert told["function"] == ["told", "$LATEST"]
        assert told["arn"] == arn
        assert 0 < told["left"] <= 20_000
        assert told["request"] == answer["ResponseMetadata"]["RequestId"]
        assert told["memory"] == "128"
        assert told["custom"] == {"a": "b"}
        log = base64.b64decode(answer["LogResult"]).decode().splitlines()
        assert log[0] == f"START RequestId: {told['request']} Version: $LATEST"
        assert log[1] == "said 21"
        assert log[2] == f"END RequestId: {told['request']}"
        assert log[3].startswith(f"REPORT RequestId: {told['request']}\tDuration: ")
        group, stream = told["logs"]
        assert group == "/aws/lambda/told"
        events = local.client("logs").get_log_events(logGroupName=group, logStreamName=stream)
        assert [event["message"] for event in events["events"]][:3] == log[:3]
        assert local.log("Functions", "told").read_text().splitlines() == log

    def test_reaches_the_local_sagemaker_and_sees_no_package_but_the_runtime_s(self, local):
        code = """
            import boto3

            def handler(event, context):
                boto3.client("s3").put_object(Bucket=event["bucket"], Key="k", Body=b"mine")
                try:
                    import sklearn
                except ImportError as error:
                    return str(error)
        """
        create_function(local, "writes", code)
        assert invoke(local, "writes", {"bucket": BUCKET})[0] == "No module named 'sklearn'"
        assert local.read(f"s3://{BUCKET}/k") == b"mine"

    @pytest.mark.parametrize(
        ("returned", "payload"),
        [
            ("None", b"null"),
            ("'ü'", '"ü"'.encode()),
            ("b'raw'", b"raw"),
            ("__import__('decimal').Decimal('1.5')", b"1.5"),
        ],
    )
    def test_answers_as_the_runtime_writes_it(self, local, returned, payload):
        name = f"answers-{uuid.uuid4().hex}"
        create_function(local, name, f"def handler(event, context): return {returned}")
        assert local.client("lambda").invoke(FunctionName=name)["Payload"].read() == payload

    def test_logs_as_the_runtime_does(self, local):
        code = """
            import logging

            def handler(event, context):
                logging.getLogger("quiet").info("unseen")
                logging.warning("careful")
                logging.getLogger().setLevel("INFO")
                logging.getLogger("loud").info("seen")
        """
        create_function(local, "logs", code)
        _, answer = invoke(local, "logs", LogType="Tail")
        lines = base64.b64decode(answer["LogResult"]).decode().splitlines()[1:-2]
        request = answer["ResponseMetadata"]["RequestId"]
        fields = [line.split("\t") for line in lines if line]
        assert [(level, said) for level, _, _, said in fields] == [
            ("[WARNING]", "careful"),
            ("[INFO]", "seen"),
        ]
        assert all(re.fullmatch(r"[-0-9]+T[0-9:]+\.\d+Z", time) for _, time, _, _ in fields)
        assert {one for _, _, one, _ in fields} == {request}

    def test_sees_an_empty_event_when_none_is_sent(self, local):
        create_function(local, "empty", ECHO)
        assert invoke(local, "empty")[0] == {}


class TestError:
    def test_that_is_raised(self, local):
        code = "def handler(event, context):\n    if event == {}: raise KeyError('price')"
        create_function(local, "raises", code)
        told, answer = invoke(local, "raises", {}, LogType="Tail")
        assert answer["StatusCode"] == 200
        assert told["errorMessage"] == "'price'"
        assert told["errorType"] == "KeyError"
        assert told["requestId"] == answer["ResponseMetadata"]["RequestId"]
        (frame,) = told["stackTrace"]
        assert frame.startswith('  File "/')
        assert frame.endswith(
            "/app.py\", line 2, in handler\n    if event == {}: raise KeyError('price')\n"
        )
        log = base64.b64decode(answer["LogResult"]).decode()
        assert "[ERROR] KeyError: 'price'\nTraceback (most recent call last):\n  File" in log

    @pytest.mark.parametrize(
        ("code", "changes", "kind", "message"),
        [
            ("import nowhere", {}, "Runtime.ImportModuleError", "No module named 'nowhere'"),
            ("x = 1", {}, "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
            ("x =", {}, "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
            (ECHO, {"Handler": "handler"}, "Runtime.MalformedHandlerName", "Bad handler 'handler'"),
            (
                "def handler(event, context): return {1, 2}",
                {},
                "Runtime.MarshalError",
                "Unable to marshal response: ",
            ),
            (
                "import os\ndef handler(event, context): os._exit(3)",
                {},
                "Runtime.ExitError",
                "Error: Runtime exited with error: exit status 3",
            ),
            (
                "import time\ndef handler(event, context): time.sleep(60)",
                {"Timeout": 1},
                "Sandbox.Timedout",
                "Error: Task timed out after 1.00 seconds",
            ),
            (
                "def handler(event, context): return 'x' * 6_291_556",
                {},
                "Function.ResponseSizeTooLarge",
                "(6291556 bytes).",
            ),
        ],
    )
    def test_of_the_runtime(self, local, code, changes, kind, message):
        name = f"wrong-{uuid.uuid4().hex}"
        create_function(local, name, code, **changes)
        told = error_of(local, name)
        assert told["errorType"] == kind
        assert message in told["errorMessage"]

    def test_time_to_load_the_code_is_not_the_handler_s(self, local):
        code = "import time\ntime.sleep(1.5)\ndef handler(event, context): return 'in time'"
        create_function(local, "slow-to-load", code, Timeout=1)
        assert invoke(local, "slow-to-load")[0] == "in time"


class TestInvocation:
    def test_without_waiting(self, local):
        code = """
            import boto3

            def handler(event, context):
                boto3.client("s3").put_object(Body=b"done", **event)
        """
        create_function(local, "later", code)
        event = {"Bucket": BUCKET, "Key": "later"}
        told, answer = invoke(local, "later", event, InvocationType="Event")
        assert (told, answer["StatusCode"]) == (None, 202)
        listed = {"Bucket": BUCKET, "Prefix": "later"}
        wait_until(lambda: local.s3.list_objects_v2(**listed)["KeyCount"], bool)

    def test_that_only_asks_whether_it_may(self, local):
        create_function(local, "dry", "raise RuntimeError")
        assert invoke(local, "dry", InvocationType="DryRun")[1]["StatusCode"] == 204

    def test_of_what_is_not_there(self, local):
        functions = local.client("lambda")
        code, message = refusal(functions.invoke, FunctionName="nobody")
        arn = "arn:aws:lambda:us-east-1:123456789012:function:nobody"
        assert (code, message) == ("ResourceNotFoundException", f"Function not found: {arn}")
        create_function(local, "somebody", ECHO)
        elsewhere = "arn:aws:lambda:eu-west-1:123456789012:function:somebody"
        assert refusal(functions.invoke, FunctionName=elsewhere)[1].endswith(elsewhere)

    def test_of_what_is_no_json_or_too_much(self, local):
        functions = local.client("lambda")
        create_function(local, "strict", ECHO)
        code, message = refusal(functions.invoke, FunctionName="strict", Payload=b"{")
        assert code == "InvalidRequestContentException"
        assert message.startswith("Could not parse request body into json: ")
        large = json.dumps("x" * 6_291_456)
        assert refusal(functions.invoke, FunctionName="strict", Payload=large) == (
            "RequestTooLargeException",
            "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
        )


class TestChange:
    def test_of_code_and_configuration(self, local):
        functions = local.client("lambda")
        create_function(local, "changing", "def handler(event, context): return 1")
        functions.publish_version(FunctionName="changing")
        code = "import os\ndef handler(event, context): return os.environ['A']"
        local.put("code/changing.zip", zipped({"app.py": code}))
        functions.update_function_code(
            FunctionName="changing", S3Bucket=BUCKET, S3Key="code/changing.zip"
        )
        functions.update_function_configuration(
            FunctionName="changing", Environment={"Variables": {"A": "b"}}, Timeout=7
        )
        assert invoke(local, "changing")[0] == "b"
        # A version keeps the code that it was published with.
        told, answer = invoke(local, "changing", Qualifier="1")
        assert (told, answer["ExecutedVersion"]) == (1, "1")
        assert invoke(local, "changing:1")[0] == 1
        functions.delete_function(FunctionName="changing")
        assert refusal(functions.invoke, FunctionName="changing")[0] == "ResourceNotFoundException"
        create_function(local, "changing", "def handler(event, context): return 3")
        assert invoke(local, "changing")[0] == 3

    def test_survives_a_restart(self, own):
        functions = own.client("lambda")
        arn = create_function(own, "kept", ECHO, Description="first", Tags={"a": "b"})
        code = "import os\ndef handler(event, context): return os.environ['A']"
        functions.update_function_code(FunctionName="kept", ZipFile=zipped({"app.py": code}))
        variables = {"Variables": {"A": "b"}}
        functions.update_function_configuration(FunctionName="kept", Environment=variables)
        create_function(own, "gone", ECHO)
        functions.delete_function(FunctionName="gone")
        create_function(own, "lost", ECHO)
        before = functions.get_function_configuration(FunctionName="kept")
        own.kill()
        # Whatever was lost of one, the others come back.
        shutil.rmtree(own.home / "functions" / "us-east-1" / "lost")
        own.up()
        functions = own.client("lambda")
        assert [one["FunctionName"] for one in functions.list_functions()["Functions"]] == ["kept"]
        after = functions.get_function_configuration(FunctionName="kept")
        for member in ("FunctionArn", "CodeSha256", "Environment", "Description", "Timeout"):
            assert after[member] == before[member]
        assert functions.list_tags(Resource=arn)["Tags"] == {"a": "b"}
        assert invoke(own, "kept")[0] == "b"
        assert "function lost is not back" in (own.home / "logs" / "server.log").read_text()
        create_function(own, "lost", ECHO)
        assert invoke(own, "lost", {"a": 1})[0] == {"a": 1}


class TestRefusal:
    @pytest.mark.parametrize(
        ("changes", "named"),
        [
            ({"Runtime": "nodejs22.x"}, "the runtime nodejs22.x"),
            ({"PackageType": "Image"}, "PackageType"),
            ({"Layers": ["arn:aws:lambda:us-east-1:1:layer:l:1"]}, "Layers"),
            ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "Reserved keys used in this"),
            ({"Code": {"ZipFile": b"no zip"}}, "Could not unzip uploaded file."),
            ({"Code": {"S3Bucket": BUCKET, "S3Key": "none"}}, "Error occurred while GetObject."),
        ],
    )
    def test_of_what_could_not_run(self, local, changes, named):
        code, message = refusal(create_function, local, "refused", ECHO, **changes)
        assert code == "InvalidParameterValueException"
        assert named in message
        functions = local.client("lambda")
        assert refusal(functions.get_function, FunctionName="refused")[0].startswith("ResourceNot")

    def test_of_what_nothing_would_come_of(self, local):
        functions = local.client("lambda")
        create_function(local, "target", ECHO)
        for call, arguments in (
            (
                functions.create_event_source_mapping,
                {"EventSourceArn": "arn:aws:kinesis:us-east-1:123456789012:stream/s"},
            ),
            (
                functions.create_event_source_mapping,
                {
                    "EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:q",
                    "FunctionResponseTypes": ["ReportBatchItemFailures"],
                },
            ),
            (functions.create_function_url_config, {"AuthType": "NONE"}),
            (functions.put_function_event_invoke_config, {"MaximumRetryAttempts": 0}),
            (functions.invoke_async, {"InvokeArgs": b"{}"}),
            (functions.invoke_with_response_stream, {}),
        ):
            code, message = refusal(call, FunctionName="target", **arguments)
            assert code == "InvalidParameterValueException"
            assert message.startswith("the local SageMaker does not support ")

    def test_of_who_would_never_call_it(self, local):
        arn = create_function(local, "uncalled", ECHO)
        events, sns = local.client("events"), local.client("sns")
        events.put_rule(Name="calls", EventPattern='{"source": ["aws.sagemaker"]}')
        topic = sns.create_topic(Name="calls")["TopicArn"]
        schedule = {"Target": {"Arn": arn, "RoleArn": ROLE}, "FlexibleTimeWindow": {"Mode": "OFF"}}
        mapping = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {}}
        for call, arguments in (
            (events.put_targets, {"Rule": "calls", "Targets": [{"Id": "1", "Arn": arn}]}),
            (sns.subscribe, {"TopicArn": topic, "Protocol": "lambda", "Endpoint": arn}),
            (
                local.client("scheduler").create_schedule,
                {"Name": "s", "ScheduleExpression": "rate(1 day)", **schedule},
            ),
            (
                local.client("cloudformation").create_stack,
                {"StackName": "m", "TemplateBody": json.dumps({"Resources": {"M": mapping}})},
            ),
        ):
            _, message = refusal(call, **arguments)
            assert message.startswith("the local SageMaker does not support ")
            assert arn in message or "AWS::Lambda::EventSourceMapping" in message
        queue = local.client("sqs").create_queue(QueueName="heard")["QueueUrl"]
        heard = local.client("sqs").get_queue_attributes(
            QueueUrl=queue, AttributeNames=["QueueArn"]
        )["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=heard)
        events.put_targets(Rule="calls", Targets=[{"Id": "1", "Arn": heard}])

    def test_of_a_timeout_that_lambda_has_not(self, local):
        code, message = refusal(create_function, local, "refused", ECHO, Timeout=901)
        assert code == "ValidationException"
        assert "'timeout' failed to satisfy constraint" in message

    def test_of_a_name_that_is_taken(self, local):
        create_function(local, "taken", ECHO)
        code, _ = refusal(create_function, local, "taken", ECHO)
        assert code == "ResourceConflictException"

    def test_to_run_what_a_stack_made(self, local):
        properties = {
            "FunctionName": "stacked",
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Role": ROLE,
            "Code": {"ZipFile": ECHO},
        }
        resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
        body = json.dumps({"Resources": {"F": resource}})
        role = {"RoleName": ROLE.rpartition("/")[2], "AssumeRolePolicyDocument": "{}"}
        local.client("iam").create_role(**role)
        local.client("cloudformation").create_stack(StackName="f", TemplateBody=body)
        code, message = refusal(local.client("lambda").invoke, FunctionName="stacked")
        assert code == "InvalidParameterValueException"
        assert "has no code of the function stacked" in message
