"""Endpoints: real model servers, blue/green updates, and what happens when a model is bad."""

import http.client
import json
import os
import signal
import threading
import time

import pytest
from botocore.exceptions import ClientError
from kit import INFERENCE, is_alive, refusal, wait_until


def pids(local, name):
    return [pid for e in local.status["endpoints"] if e["name"] == name for pid in e["pids"]]


class TestInvocation:
    def test_answer_comes_from_the_artefact_s_own_code(self, local, doubling):
        arn = local.sm.describe_endpoint(EndpointName=doubling)["EndpointArn"]
        tags = local.sm.list_tags(ResourceArn=arn)["Tags"]
        assert tags == [{"Key": "project", "Value": "p"}]
        answer = local.invoke(doubling)
        assert json.loads(answer["Body"].read()) == [2, 4]
        assert answer["InvokedProductionVariant"] == "all"
        assert answer["ContentType"] == "application/json"

    @pytest.mark.parametrize(
        ("content_type", "kind"),
        [("application/x-kind", "bytes"), ("text/csv", "str"), ("application/json", "str")],
    )
    def test_body_is_text_or_bytes_as_in_the_container(self, local, doubling, content_type, kind):
        answer = local.invoke(doubling, "kind", content_type)
        assert json.loads(answer["Body"].read()) == kind

    def test_error_of_the_model(self, local, doubling):
        with pytest.raises(ClientError) as caught:
            local.invoke(doubling, "x", "text/plain")
        answer = caught.value.response
        assert answer["Error"]["Code"] == "ModelError"
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
        assert answer["OriginalStatusCode"] == 500
        # As with the serving toolkit: why stands in the log alone.
        assert "Internal Server Error" in answer["OriginalMessage"]
        assert "cannot read" not in answer["OriginalMessage"]
        assert "/aws/sagemaker/Endpoints/doubling" in answer["Error"]["Message"]
        text = local.log("Endpoints", "doubling").read_text()
        assert "in input_fn" in text
        logs = local.client("logs")
        group, stream = answer["LogStreamArn"].split(":log-group:")[1].split(":log-stream:")
        wait_until(
            lambda: logs.get_log_events(logGroupName=group, logStreamName=stream)["events"],
            lambda events: any("cannot read" in event["message"] for event in events),
        )

    def test_unknown_endpoint_and_unsupported_options(self, local, doubling):
        assert refusal(local.invoke, "nowhere")[0] == "ValidationError"
        assert "Target-Model" in refusal(local.invoke, doubling, TargetModel="m")[1]

    def test_model_server_is_closed_to_strangers(self, local, doubling):
        (port_file,) = (local.home / "endpoints").glob(f"{doubling}-*/port")
        port = int(port_file.read_text().split()[0])
        for method, path in (("POST", "/invocations"), ("GET", "/ping")):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request(method, path, body=b"[1]")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (403, b"")

    def test_transform_fn(self, local):
        local.deploy(
            "transforming",
            "def model_fn(d): return 5\n"
            "def transform_fn(model, body, content_type, accept): return body * model, 'text/five'",
        )
        local.sm.create_endpoint(EndpointName="transforming", EndpointConfigName="transforming")
        local.wait_for_endpoint("transforming")
        answer = local.invoke("transforming", "ab", "text/csv")
        assert (answer["Body"].read(), answer["ContentType"]) == (
            b"ababababab",
            "text/five; charset=utf-8",
        )

    def test_weighted_variants(self, local):
        local.deploy("ten", INFERENCE, factor=10)
        local.deploy("twenty", INFERENCE, factor=20)
        local.configure("both", {"a": "ten", "b": "twenty"})
        local.sm.create_endpoint(EndpointName="both", EndpointConfigName="both")
        local.wait_for_endpoint("both")
        answers = [local.invoke("both", "[1]") for _ in range(40)]
        found = {(a["InvokedProductionVariant"], a["Body"].read()) for a in answers}
        assert found == {("a", b"[10]"), ("b", b"[20]")}
        chosen = local.invoke("both", "[1]", TargetVariant="b")
        assert chosen["InvokedProductionVariant"] == "b"
        assert refusal(local.invoke, "both", TargetVariant="c")[0] == "ValidationError"


class TestUpdates:
    def test_no_request_fails_while_traffic_moves(self, local):
        local.deploy("green-1", INFERENCE, factor=1)
        local.deploy("green-2", INFERENCE, factor=2)
        local.sm.create_endpoint(EndpointName="moving", EndpointConfigName="green-1")
        local.wait_for_endpoint("moving")
        old = pids(local, "moving")
        seen, failed, done = [], [], threading.Event()

        def hammer():
            while not done.is_set():
                try:
                    seen.append(local.invoke("moving", "[1]")["Body"].read())
                except Exception as error:
                    failed.append(error)
                time.sleep(0.005)

        threads = [threading.Thread(target=hammer) for _ in range(3)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(seen), lambda count: count > 20)
        local.sm.update_endpoint(EndpointName="moving", EndpointConfigName="green-2")
        described = local.sm.describe_endpoint(EndpointName="moving")
        assert described["EndpointStatus"] == "Updating"
        assert described["EndpointConfigName"] == "green-1"
        code, message = refusal(
            local.sm.update_endpoint, EndpointName="moving", EndpointConfigName="green-1"
        )
        assert (code, "Cannot update in-progress endpoint" in message) == (
            "ValidationException",
            True,
        )
        updated = local.wait_for_endpoint("moving")
        assert (updated["EndpointStatus"], updated["EndpointConfigName"]) == (
            "InService",
            "green-2",
        )
        count = len(seen)
        wait_until(lambda: len(seen), lambda now: now > count + 20)
        done.set()
        for thread in threads:
            thread.join()
        assert failed == []
        assert seen[0] == b"[1]"
        assert set(seen[count + 5 :]) == {b"[2]"}
        wait_until(lambda: [pid for pid in old if is_alive(pid)], lambda alive: not alive)

    @pytest.mark.parametrize(
        ("code", "cause"),
        [
            (INFERENCE + "\ndef model_fn(d): raise RuntimeError('no weights')", "no weights"),
            ("import nothing_of_that_name", "No module named 'nothing_of_that_name'"),
            ("def input_fn(body, content_type): return 1", "no model_fn"),
            (INFERENCE + "\ntransform_fn = input_fn", "so it must not have input_fn"),
            ("import os; os._exit(7)", "code 7"),
        ],
        ids=["model_fn", "import", "no model_fn", "transform_fn", "crash"],
    )
    def test_bad_model_rolls_an_update_back_and_fails_a_new_endpoint(self, local, code, cause):
        name = f"bad-{abs(hash(cause)) % 10**6}"
        local.deploy(name, code)
        local.deploy(f"{name}-good", INFERENCE, factor=3)
        local.sm.create_endpoint(EndpointName=name, EndpointConfigName=name)
        failed = local.wait_for_endpoint(name)
        assert failed["EndpointStatus"] == "Failed"
        assert cause in failed["FailureReason"]
        assert refusal(
            local.sm.update_endpoint, EndpointName=name, EndpointConfigName=f"{name}-good"
        )[0] == ("ValidationException")
        assert refusal(local.invoke, name)[0] == "ValidationError"
        local.sm.delete_endpoint(EndpointName=name)
        local.sm.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-good")
        local.wait_for_endpoint(name)
        local.sm.update_endpoint(EndpointName=name, EndpointConfigName=name)
        kept = local.wait_for_endpoint(name)
        assert (kept["EndpointStatus"], kept["EndpointConfigName"]) == ("InService", f"{name}-good")
        assert cause in kept["FailureReason"]
        assert local.invoke(name, "[1]")["Body"].read() == b"[3]"
        local.sm.delete_endpoint(EndpointName=name)

    def test_missing_artefact(self, local):
        uri = local.deploy("absent", INFERENCE)
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        local.s3.delete_object(Bucket=bucket, Key=key)
        local.sm.create_endpoint(EndpointName="absent", EndpointConfigName="absent")
        failed = local.wait_for_endpoint("absent")
        assert failed["EndpointStatus"] == "Failed"
        assert uri in failed["FailureReason"]

    def test_deleted_endpoint_stops_its_servers(self, local):
        local.deploy("short", INFERENCE)
        local.sm.create_endpoint(EndpointName="short", EndpointConfigName="short")
        local.wait_for_endpoint("short")
        running = pids(local, "short")
        assert running
        local.sm.delete_endpoint(EndpointName="short")
        wait_until(lambda: [pid for pid in running if is_alive(pid)], lambda alive: not alive)
        code, message = refusal(local.sm.describe_endpoint, EndpointName="short")
        assert (code, message.startswith("Could not find endpoint")) == (
            "ValidationException",
            True,
        )
        # The same name can be used at once, and its model and configuration are still there.
        local.sm.create_endpoint(EndpointName="short", EndpointConfigName="short")
        assert local.wait_for_endpoint("short")["EndpointStatus"] == "InService"


class TestDeadModelServers:
    def test_server_that_was_killed_is_started_again(self, local):
        local.deploy("mortal", INFERENCE, factor=4)
        local.sm.create_endpoint(EndpointName="mortal", EndpointConfigName="mortal")
        local.wait_for_endpoint("mortal")
        for _ in range(4):
            (killed,) = pids(local, "mortal")
            os.kill(killed, signal.SIGKILL)
            wait_until(
                lambda: pids(local, "mortal"), lambda now, old=killed: now not in ([], [old])
            )
            assert local.invoke("mortal", "[1]")["Body"].read() == b"[4]"
        described = local.sm.describe_endpoint(EndpointName="mortal")
        assert described["EndpointStatus"] == "InService"
        assert "FailureReason" not in described
        local.sm.delete_endpoint(EndpointName="mortal")

    def test_request_that_kills_its_server_is_answered_in_one_line(self, local):
        deadly = (
            "import os, time\n"
            "if os.path.exists('{mark}'): time.sleep(3)\n"
            "def model_fn(d): return 1\n"
            "def transform_fn(model, body, content_type, accept):\n"
            "    if body == 'die':\n"
            "        open('{mark}', 'w').close()\n"
            "        os._exit(9)\n"
            "    return body, 'text/csv'\n"
        ).format(mark=local.home / "died")
        local.deploy("deadly", deadly)
        local.sm.create_endpoint(EndpointName="deadly", EndpointConfigName="deadly")
        local.wait_for_endpoint("deadly")
        assert local.invoke("deadly", "a", "text/csv")["Body"].read() == b"a"
        for body in ("die", "while it is down"):
            with pytest.raises(ClientError) as caught:
                local.invoke("deadly", body, "text/csv")
            answer = caught.value.response
            assert answer["Error"]["Code"] == "ModelError"
            assert answer["OriginalStatusCode"] == 503
            assert answer["OriginalMessage"] == (
                "the model server ended with code 9 and is being started again; ask again"
            )
        wait_until(lambda: pids(local, "deadly"), bool)
        assert local.invoke("deadly", "b", "text/csv")["Body"].read() == b"b"
        local.sm.delete_endpoint(EndpointName="deadly")

    def test_endpoint_whose_server_does_not_start_again_is_failed(self, local):
        uri = local.deploy("lost", INFERENCE, factor=2)
        local.sm.create_endpoint(EndpointName="lost", EndpointConfigName="lost")
        local.wait_for_endpoint("lost")
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        local.s3.delete_object(Bucket=bucket, Key=key)
        os.kill(pids(local, "lost")[0], signal.SIGKILL)
        described = wait_until(
            lambda: local.sm.describe_endpoint(EndpointName="lost"),
            lambda found: found["EndpointStatus"] == "Failed",
        )
        reason = described["FailureReason"]
        assert reason.startswith("The model server of variant all ended with code 137 ")
        assert uri in reason
        assert pids(local, "lost") == []
        code, message = refusal(local.invoke, "lost")
        assert code == "ValidationError"
        assert reason in message
        assert message.endswith("; delete the endpoint and create it again.")
        local.sm.delete_endpoint(EndpointName="lost")

    def test_server_that_dies_as_soon_as_it_is_up_is_given_up(self, local):
        local.deploy(
            "dying",
            "import os, threading\n"
            "def model_fn(d):\n"
            "    threading.Timer(0.5, lambda: os._exit(5)).start()\n"
            "    return 1\n",
        )
        local.sm.create_endpoint(EndpointName="dying", EndpointConfigName="dying")
        described = wait_until(
            lambda: local.sm.describe_endpoint(EndpointName="dying"),
            lambda found: found["EndpointStatus"] == "Failed",
        )
        assert "ended with code 5 3 times without an answer between" in described["FailureReason"]
        local.sm.delete_endpoint(EndpointName="dying")
