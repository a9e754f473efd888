"""The Callback step on a server: its message, who answers it, and what outlives the server."""

import json

import pytest
from definitions import condition, definition, equals, job_step, step
from kit import ROLE, refusal, wait_until

OUTPUTS = [
    {"OutputName": "model", "OutputType": "String"},
    {"OutputName": "rows", "OutputType": "Integer"},
    {"OutputName": "good", "OutputType": "Boolean"},
]


def make_queue(local, name):
    return local.client("sqs").create_queue(QueueName=name)["QueueUrl"]


def ask(name, url, arguments=None, outputs=(), **members):
    own = {"SqsQueueUrl": url, "OutputParameters": list(outputs)}
    return step(name, "Callback", Arguments=arguments or {}, **own, **members)


def receive(local, url):
    """Return the next message of a queue, and take it away."""
    sqs = local.client("sqs")
    message = wait_until(
        lambda: sqs.receive_message(QueueUrl=url).get("Messages", []), lambda found: found
    )[0]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return json.loads(message["Body"])


def start(local, name):
    return local.sm.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]


def test_a_token_goes_out_and_outputs_come_back(local, create):
    url = make_queue(local, "outputs")
    arguments = {"number": 5, "name": {"Get": "Execution.PipelineName"}}
    check = condition(
        "Check",
        [
            equals({"Get": "Steps.Ask.OutputParameters['rows']"}, 7),
            equals({"Get": "Steps.Ask.OutputParameters['good']"}, True),
        ],
        [],
        [step("Wrong")],
    )
    parameters = [{"Name": "Queue", "Type": "String", "DefaultValue": url}]
    name = create(
        ask("Ask", {"Get": "Parameters.Queue"}, arguments, OUTPUTS), check, parameters=parameters
    )
    arn = start(local, name)
    message = receive(local, url)
    token = message.pop("token")
    assert message == {
        "pipelineExecutionArn": arn,
        "arguments": {"number": 5, "name": name},
        "status": "Executing",
    }
    waits = local.steps(arn)["Ask"]
    assert waits["StepStatus"] == "Executing"
    assert waits["Metadata"]["Callback"] == {"CallbackToken": token, "SqsQueueUrl": url}
    sent = [
        {"Name": "model", "Value": "m-1"},
        {"Name": "rows", "Value": "7"},
        {"Name": "good", "Value": "true"},
    ]
    answer = local.sm.send_pipeline_execution_step_success(
        CallbackToken=token, OutputParameters=sent
    )
    assert answer["PipelineExecutionArn"] == arn
    execution, steps = local.wait_for_execution(arn)
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    assert steps["Ask"]["Metadata"]["Callback"] == {
        "CallbackToken": token,
        "SqsQueueUrl": url,
        "OutputParameters": sent,
    }
    code, said = refusal(local.sm.send_pipeline_execution_step_success, CallbackToken=token)
    assert (code, token in said) == ("ConflictException", True)
    local.sm.delete_pipeline(PipelineName=name)
    code, said = refusal(local.sm.send_pipeline_execution_step_success, CallbackToken=token)
    assert (code, token in said) == ("ResourceNotFound", True)


def test_a_failure_is_the_step_s(local, create):
    url = make_queue(local, "failures")
    arn = start(local, create(ask("Ask", url), step("Never", after=["Ask"])))
    token = receive(local, url)["token"]
    local.sm.send_pipeline_execution_step_failure(CallbackToken=token, FailureReason="no labels")
    execution, steps = local.wait_for_execution(arn)
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert steps["Ask"]["FailureReason"] == "no labels"
    assert set(steps) == {"Ask"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"model": "m", "good": "true"}, 'the output parameter "rows" is missing'),
        ({"model": "m", "rows": "seven", "good": "true"}, 'must be of type Integer, not "seven"'),
    ],
)
def test_outputs_that_were_not_declared_so_fail_it(local, create, given, reason):
    url = make_queue(local, "wrong")
    arn = start(local, create(ask("Ask", url, outputs=OUTPUTS)))
    sent = [{"Name": name, "Value": value} for name, value in given.items()]
    local.sm.send_pipeline_execution_step_success(
        CallbackToken=receive(local, url)["token"], OutputParameters=sent
    )
    _, steps = local.wait_for_execution(arn)
    assert reason in steps["Ask"]["FailureReason"]


def test_a_queue_that_is_not_there_is_missed_when_the_step_runs(local, create):
    url = make_queue(local, "here").replace("here", "nowhere")
    _, steps = local.run_pipeline(create(ask("Ask", url)))
    assert steps["Ask"]["StepStatus"] == "Failed"
    assert steps["Ask"]["FailureReason"].startswith(
        "ClientError: Failed to invoke sqs:SendMessage. Error Details: The specified queue does not"
    )


def test_a_token_that_nobody_made(local):
    code, message = refusal(local.sm.send_pipeline_execution_step_failure, CallbackToken="a" * 10)
    assert (code, message) == ("ResourceNotFound", "Callback token aaaaaaaaaa does not exist.")


@pytest.mark.parametrize("verb", ["success", "failure"])
def test_a_stop_asks_again_and_waits_for_the_answer(local, create, verb):
    url = make_queue(local, f"stops-{verb}")
    arn = start(local, create(ask("Ask", url, {"a": "b"}), step("Never", after=["Ask"])))
    first = receive(local, url)
    local.sm.stop_pipeline_execution(PipelineExecutionArn=arn)
    assert receive(local, url) == first | {"status": "Stopping"}
    execution = local.sm.describe_pipeline_execution(PipelineExecutionArn=arn)
    assert execution["PipelineExecutionStatus"] == "Stopping"
    send = getattr(local.sm, f"send_pipeline_execution_step_{verb}")
    send(CallbackToken=first["token"])
    execution, steps = local.wait_for_execution(arn)
    assert execution["PipelineExecutionStatus"] == "Stopped"
    assert set(steps) == {"Ask"}


def test_what_waits_outlives_the_server(own):
    url, other = make_queue(own, "lasting"), make_queue(own, "other")
    own.sm.create_pipeline(
        PipelineName="p",
        RoleArn=ROLE,
        PipelineDefinition=definition(
            condition("Before", [equals(1, 1)], [ask("Ask", url, outputs=OUTPUTS[:1])]),
            step(
                "After",
                Arguments={"ErrorMessage": {"Get": "Steps.Ask.OutputParameters['model']"}},
            ),
        ),
    )
    arn = start(own, "p")
    stopped = start(own, "p")
    tokens = {}
    for _ in range(2):
        message = receive(own, url)
        tokens[message["pipelineExecutionArn"]] = message["token"]
    own.sm.stop_pipeline_execution(PipelineExecutionArn=stopped)
    long = job_step(own, "Long", "import time\ntime.sleep(300)")
    own.sm.create_pipeline(
        PipelineName="beside",
        RoleArn=ROLE,
        PipelineDefinition=definition(ask("Ask", other), long, step("Never", after=["Ask"])),
    )
    beside = start(own, "beside")
    token = receive(own, other)["token"]
    wait_until(lambda: own.steps(beside), lambda steps: "Metadata" in steps.get("Long", {}))
    own.kill()
    own.up()
    found = own.sm.describe_pipeline_execution(PipelineExecutionArn=arn)
    assert found["PipelineExecutionStatus"] == "Executing"
    for one in (arn, stopped):
        own.sm.send_pipeline_execution_step_success(
            CallbackToken=tokens[one], OutputParameters=[{"Name": "model", "Value": "m-1"}]
        )
    _, steps = own.wait_for_execution(arn)
    assert steps["After"]["FailureReason"] == "m-1"
    assert list(steps) == ["Before", "Ask", "After"]
    execution, steps = own.wait_for_execution(stopped)
    assert execution["PipelineExecutionStatus"] == "Stopped"
    assert list(steps) == ["Before", "Ask"]
    # Of what ran, the jobs went with the server, and what waits for them does not start.
    assert own.steps(beside)["Long"]["FailureReason"].endswith("was stopped while it ran")
    own.sm.send_pipeline_execution_step_success(CallbackToken=token)
    execution, steps = own.wait_for_execution(beside)
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert {name: found["StepStatus"] for name, found in steps.items()} == {
        "Ask": "Succeeded",
        "Long": "Failed",
    }
