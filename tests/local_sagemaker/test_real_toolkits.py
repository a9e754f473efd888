"""The steps and their artefact under the toolkits that AWS publishes, and the same done here."""

import json
import os
import shutil
import subprocess
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import toolkits
from kit import BUCKET, IMAGE, ROLE, targz, training

from project.contract import INFERENCE_ENVIRONMENT

pytestmark = pytest.mark.skipif(bool(toolkits.lacking()), reason=toolkits.lacking())

TEMPLATE = Path(__file__).parents[2] / "template"
STEPS = TEMPLATE / "data_science" / "steps"
SCHEMA = {
    "target": "fraud",
    "columns": {
        "amount": "number",
        "kind": ["1", "true", "NA", "red"],
        "fraud": ["no", "yes"],
    },
}
KINDS = SCHEMA["columns"]["kind"]
ROWS = [
    f"{row},{KINDS[row % 4]},{'yes' if row % 10 == 0 else 'no'}".replace("7,", ",")
    for row in range(100)
]


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """The step code with a schema of the test's own, as the bundle would have it."""
    folder = tmp_path_factory.mktemp("code")
    for path in STEPS.rglob("*"):
        if path.suffix in (".py", ".json"):
            copied = folder / path.relative_to(STEPS)
            copied.parent.mkdir(exist_ok=True)
            shutil.copy(path, copied)
    for path in (TEMPLATE / "frameworks" / "sklearn").iterdir():
        shutil.copy(path, folder)
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    return folder


def step(code, name, *arguments, **variables):
    return subprocess.run(
        [toolkits.environment() / "bin" / "python", code / f"{name}.py", *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )


def train(code, opt_ml, data, **hyperparameters):
    names = sorted((path.name for path in code.iterdir()), key=lambda name: name != "train.py")
    files = {name: code / name for name in names}
    return toolkits.train(opt_ml, files, hyperparameters, {"train": data})


@pytest.fixture(scope="module")
def trained(code, tmp_path_factory):
    """The output of Preprocess, and the tree of a training job that ran on it."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "data").mkdir()
    (folder / "data" / "dataset.csv").write_text("\n".join(["amount,kind,fraud", *ROWS]))
    done = step(code, "preprocess", "--input", folder / "data", "--output", folder)
    assert done.returncode == 0, done.stderr
    done = train(code, folder / "opt_ml", folder / "train", regularization="0.5")
    assert done.returncode == 0, done.stderr
    assert "trained on 80 rows, regularization 0.5" in done.stdout
    return folder


@pytest.fixture(scope="module")
def servers(trained, tmp_path_factory):
    """The serving toolkit with three artefacts: of the steps, of a probe, of the defaults."""
    folders = {"steps": trained / "opt_ml" / "model"}
    for name, module in (("probe", PROBE), ("defaults", DEFAULTS)):
        folders[name] = tmp_path_factory.mktemp(name)
        (folders[name] / "code").mkdir()
        (folders[name] / "code" / "inference.py").write_text(module)
    running = {name: toolkits.Server(path, INFERENCE_ENVIRONMENT) for name, path in folders.items()}
    with ThreadPoolExecutor() as pool:
        try:
            list(pool.map(toolkits.Server.__enter__, running.values()))
            yield running
        finally:
            list(pool.map(toolkits.Server.__exit__, running.values()))


@pytest.fixture(scope="module")
def here(local, servers, tmp_path_factory):
    """The same three artefacts behind endpoints of the local SageMaker."""
    for name, server in servers.items():
        path = tmp_path_factory.mktemp("artefact") / "model.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            archive.add(server.folder / "opt_ml" / "model", ".")
        local.sm.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={
                "Image": IMAGE,
                "ModelDataUrl": local.put(f"real/{name}/model.tar.gz", path.read_bytes()),
                "Environment": {
                    "SAGEMAKER_PROGRAM": "inference.py",
                    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                },
            },
        )
        local.configure(name, {"all": name})
        local.sm.create_endpoint(EndpointName=name, EndpointConfigName=name)
    for name in servers:
        described = local.wait_for_endpoint(name)
        assert described["EndpointStatus"] == "InService", described

    runtime = local.client("sagemaker-runtime")

    def ask(name, body, content_type, accept):
        given = {"ContentType": content_type, "Accept": accept}
        try:
            answer = runtime.invoke_endpoint(
                EndpointName=name, Body=body, **{k: v for k, v in given.items() if v is not None}
            )
            return 200, answer["ContentType"], answer["Body"].read()
        except runtime.exceptions.ModelError as error:
            said = error.response
            return said["OriginalStatusCode"], None, said["OriginalMessage"].encode()

    return ask


def both(servers, here, name, body, content_type, accept="application/json"):
    """Return the toolkit's answer, which must be the local one too; its body parsed, if JSON."""
    headers = {"Content-Type": content_type, "Accept": accept}
    real = servers[name].ask(
        "POST", "/invocations", body, {k: v for k, v in headers.items() if v is not None}
    )
    status, kind, said = here(name, body, content_type, accept)
    if kind is not None:
        assert kind == real[1]
    assert (status, said) == (real[0], real[2])
    return real


GOOD = [
    ("5,red", "text/csv", "application/json"),
    ("5,red\n,NA\n,", "text/csv", "*/*"),
    (b"5,red", "Text/CSV; charset=utf-8", "text/html, application/json;q=0.5"),
    ('{"instances": [{"kind": true, "amount": 5}]}', "application/json", "application/json"),
    ('{"instances": [{"kind": 1, "amount": null}]}', "application/json", "application/*"),
    ('{"instances": [{"kind": null, "amount": "5"}]}', "application/json", None),
    ("5,blue\n5,red", "text/csv", "application/json"),
]
BAD = [
    (400, 1, None, "5", "text/csv"),
    (400, 2, None, "5,red\n5", "text/csv"),
    (400, 2, "amount", "5,red\nx,red", "text/csv"),
    (400, 1, "amount", "inf,red", "text/csv"),
    (400, 1, "kind", "5,blue", "text/csv"),
    (400, 1, "kind", "5,gr\u00fcn", "text/csv"),
    (400, 1, "kind", "5,r\0ed", "text/csv"),
    (400, 1, "amount", "5\0,red", "text/csv"),
    (400, None, None, '5,"red', "text/csv"),
    (400, None, None, "", "text/csv"),
    (400, 1, "kind", b"5,\xff", "text/csv"),
    (400, None, None, b"5,\xff", "text/csv; charset=utf-8"),
    (400, None, None, "{", "application/json"),
    (400, None, None, "[]", "application/json"),
    (400, None, None, '{"instances": []}', "application/json"),
    (400, 1, "kind", '{"instances": [{"amount": 5}]}', "application/json"),
    (400, 2, "kind", '{"instances": [{"amount": 5, "kind": "red"}, {"amount": 5}]}', None),
    (400, 1, "amount", '{"instances": [{"amount": true, "kind": "red"}]}', "application/json"),
    (400, 1, "amount", '{"instances": [{"amount": [5], "kind": "red"}]}', "application/json"),
    (400, None, None, '{"instances": [{"amount": NaN, "kind": "red"}]}', "application/json"),
    (415, None, None, "<x/>", "text/xml"),
]


@pytest.mark.parametrize("asked", GOOD, ids=map(str, range(len(GOOD))))
def test_the_artefact_answers_alike(servers, here, asked):
    body, content_type, accept = asked
    status, kind, said = both(servers, here, "steps", body, content_type, accept)
    assert (status, kind) == (200, "application/json")
    assert set(json.loads(said)["predictions"]) <= {"yes", "no", None}


@pytest.mark.parametrize("case", BAD, ids=map(str, range(len(BAD))))
def test_the_artefact_refuses_alike_in_one_line(servers, here, case):
    expected, row, column, body, content_type = case
    status, kind, said = both(servers, here, "steps", body, content_type)
    assert (status, kind) == (expected, "application/json")
    answer = json.loads(said)
    assert (answer["row"], answer["column"]) == (row, column)
    assert b"\n" not in said


@pytest.mark.parametrize("accept", ["image/png", "text/csv", "application/json;q=0"])
def test_a_client_that_takes_no_json_is_refused_alike(servers, here, accept):
    assert both(servers, here, "steps", "5,red", "text/csv", accept)[0] == 406


PROBE = """
from werkzeug import Response

def model_fn(model_dir):
    return {
        "text": "told", "bytes": b"told", "dict": {"b": [1, None], "a": "ä"}, "list": [1, "b"],
        "none": None, "int": 5, "tuple": ("told", "text/plain"),
        "json": ("[1]", "application/json"),
        "refused": Response("no", 400, mimetype="text/plain"),
        "own header": Response("{}", 422, {"X-Own": "1"}, mimetype="application/json"),
        "empty": ("", "text/csv"),
    }

def input_fn(body, content_type):
    return body, content_type

def predict_fn(data, model):
    body, content_type = data
    text = body if isinstance(body, str) else body.decode()
    if text == "kind":
        return [type(body).__name__, content_type]
    if text == "raise":
        raise ValueError("cannot")
    return model[text]

def output_fn(prediction, accept):
    return prediction if prediction != "accept" else accept
"""
DEFAULTS = """
class Sum:
    def predict(self, rows):
        return rows.reshape(-1, 2).sum(axis=1)

def model_fn(model_dir):
    return Sum()
"""


@pytest.mark.parametrize(
    ("body", "status", "kind", "said"),
    [
        ("text", 200, "text/html; charset=utf-8", b"told"),
        ("bytes", 200, "text/html; charset=utf-8", b"told"),
        ("dict", 200, "application/json", b'{"a":"\\u00e4","b":[1,null]}\n'),
        ("list", 200, "application/json", b'[1,"b"]\n'),
        ("tuple", 200, "text/plain; charset=utf-8", b"told"),
        ("json", 200, "application/json", b"[1]"),
        ("empty", 200, "text/csv; charset=utf-8", b""),
        ("refused", 400, "text/plain; charset=utf-8", b"no"),
        ("own header", 422, "application/json", b"{}"),
        *[(what, 500, "text/html; charset=utf-8", None) for what in ("none", "int", "raise")],
    ],
)
def test_what_output_fn_returns_is_taken_alike(servers, here, body, status, kind, said):
    real = both(servers, here, "probe", body, "text/csv")
    assert real[:2] == (status, kind)
    if said is not None:
        assert real[2] == said


@pytest.mark.parametrize(
    ("content_type", "kind", "told"),
    [
        ("text/csv", "str", "text/csv"),
        ("application/json", "str", "application/json"),
        (None, "str", "application/json"),
        ("text/csv; charset=utf-8", "bytes", "text/csv; charset=utf-8"),
        ("Text/CSV", "bytes", "Text/CSV"),
        ("text/plain", "bytes", "text/plain"),
    ],
)
def test_input_fn_gets_text_or_bytes_alike(servers, here, content_type, kind, told):
    said = both(servers, here, "probe", "kind", content_type)[2]
    assert json.loads(said) == [kind, told]


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status", "said"),
    [
        ("1,2\n3,4.5", "text/csv", "application/json", 200, b"[3.0, 7.5]"),
        ("[[1, 2]]", "application/json", "*/*", 200, b"[3.0]"),
        ("1,2", "text/csv", "text/csv", 200, b"3.0\n"),
        ("1,2", "text/csv", "application/x-npy", 200, None),
        ("1,b", "text/csv", "application/json", 500, None),
        ("<x/>", "text/xml", "application/json", 500, None),
        ("1,2", "text/csv", "image/png", 500, None),
    ],
)
def test_the_default_functions_answer_alike(
    servers, here, body, content_type, accept, status, said
):
    real = both(servers, here, "defaults", body, content_type, accept)
    assert real[0] == status
    if said is not None:
        assert real[2] == said


TELL = """
import json, os, sys
variables = {k: v for k, v in os.environ.items() if k.startswith("SM_") or k == "TRAINING_JOB_NAME"}
folders = ["input/config/" + n for n in ("hyperparameters", "inputdataconfig", "resourceconfig")]
base = os.environ["SM_MODEL_DIR"].removesuffix("/model")
files = {name: json.load(open(f"{base}/{name}.json")) for name in folders}
told = {"arguments": sys.argv[1:], "variables": variables, "files": files, "folder": os.getcwd()}
json.dump(told, open(os.environ["SM_MODEL_DIR"] + "/told.json", "w"))
"""
HYPERPARAMETERS = {
    "C": "1.5",
    "bool": "true",
    "dict": '{"b": "x", "a": 1}',
    "empty": "",
    "exponent": "1e-05",
    "integer": "5",
    "list": '["a", "b"]',
    "null": "null",
    "sagemaker_container_log_level": "20",
    "sagemaker_own": "1",
    "text": "a b",
    "with-dash": "1",
}


@pytest.fixture(scope="module")
def told(local, tmp_path_factory):
    """What a script sees under the training toolkit, and in a local training job."""
    folder = tmp_path_factory.mktemp("told")
    (folder / "train.py").write_text(TELL)
    (folder / "data").mkdir()
    (folder / "data" / "rows.csv").write_text("1\n")
    channels = {"train": folder / "data", "other": folder / "data"}
    opt_ml = folder / "opt_ml"
    done = toolkits.train(opt_ml, {"train.py": folder / "train.py"}, HYPERPARAMETERS, channels)
    assert done.returncode == 0, done.stderr
    real = (opt_ml / "model" / "told.json").read_text().replace(str(opt_ml), "/opt/ml")

    uri = local.put("told/rows.csv", b"1\n").rpartition("/")[0]
    request = training(
        local,
        "job",
        TELL,
        channels=[(name, uri) for name in channels],
        hyperparameters=HYPERPARAMETERS,
    )
    local.sm.create_training_job(**request)
    job = local.wait_for_job("Training", "job")
    assert job["TrainingJobStatus"] == "Completed", job
    archive = local.read(job["ModelArtifacts"]["S3ModelArtifacts"])
    path = folder / "model.tar.gz"
    path.write_bytes(archive)
    with tarfile.open(path) as packed:
        ours = json.load(packed.extractfile("told.json"))
    # Where the code came from differs between the two, and nothing else.
    text = json.dumps(ours).replace(request["HyperParameters"]["sagemaker_submit_directory"], "S")
    return json.loads(real.replace("/opt/ml/source.tar.gz", "S")), json.loads(text)


def test_a_script_gets_the_same_arguments(told):
    real, ours = told
    assert ours["arguments"] == real["arguments"]
    assert ours["arguments"] == [
        *("-C", "1.5", "--bool", "True", "--dict", "a=1,b=x", "--empty", ""),
        *("--exponent", "1e-05", "--integer", "5", "--list", "['a', 'b']", "--null", ""),
        *("--text", "a b", "--with-dash", "1"),
    ]


def test_a_script_gets_the_same_files_in_the_same_folder(told):
    real, ours = told
    assert ours["files"] == real["files"]
    assert ours["folder"] == real["folder"] == "/opt/ml/code"


def test_a_script_gets_the_same_variables(told):
    real, ours = told
    variables = real["variables"]
    # Set by the test, so that the toolkit runs outside a container.
    variables.pop("SM_STUDIO_LOCAL_MODE")
    assert ours["variables"] == variables


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        (
            "import os; open(os.environ['SM_OUTPUT_DIR'] + '/failure', 'w').write('my own words');"
            " raise SystemExit(3)",
            "my own words",
        ),
        ("raise SystemExit(2)", 'ExecuteUserScriptError:\nExitCode 2\nErrorMessage ""\nCommand "'),
        ("import os; os.kill(os.getpid(), 9)", "ExecuteUserScriptError:\nExitCode -9\n"),
    ],
    ids=["own words", "no words", "killed"],
)
def test_a_script_that_fails_does_so_alike(local, tmp_path, request, script, failure):
    (tmp_path / "train.py").write_text(script)
    done = toolkits.train(tmp_path / "opt_ml", {"train.py": tmp_path / "train.py"}, {}, {})
    assert done.returncode == 1
    real = (tmp_path / "opt_ml" / "output" / "failure").read_text()
    assert real.startswith(failure)

    name = request.node.callspec.id.replace(" ", "-")
    local.sm.create_training_job(**training(local, name, script))
    reason = local.wait_for_job("Training", name)["FailureReason"]
    # The path of Python differs, and nothing else.
    python = f'Command "{toolkits.environment()}/bin/python '
    words = reason.removeprefix("AlgorithmError: ").removesuffix(", exit code: 1")
    assert words.partition('Command "')[0] == real.partition('Command "')[0]
    assert real.startswith(failure)
    if "Command" in real:
        assert python in real
        assert words.endswith('python train.py"')


def test_a_shell_script_is_run_alike(local, tmp_path):
    script = 'for one; do printf "%s|" "$one"; done > $SM_OUTPUT_DIR/failure\nexit 3\n'
    (tmp_path / "train.sh").write_text(f"#!/bin/sh\n{script}")
    hyperparameters = {"text": "two words", "number": "1"}
    files = {"train.sh": tmp_path / "train.sh"}
    done = toolkits.train(tmp_path / "opt_ml", files, hyperparameters, {})
    assert done.returncode == 1
    assert (
        tmp_path / "opt_ml" / "output" / "failure"
    ).read_text() == "--number|1|--text|two words|"

    request = training(local, "shell-script", "", hyperparameters=hyperparameters)
    local.put("shell/sourcedir.tar.gz", targz({"train.sh": f"#!/bin/sh\n{script}"}))
    request["HyperParameters"] |= {
        "sagemaker_program": "train.sh",
        "sagemaker_submit_directory": f"s3://{BUCKET}/shell/sourcedir.tar.gz",
    }
    local.sm.create_training_job(**request)
    reason = local.wait_for_job("Training", "shell-script")["FailureReason"]
    assert reason == "AlgorithmError: --number|1|--text|two words|, exit code: 1"


def test_a_step_that_fails_says_why_in_its_failure_file(code, trained, tmp_path):
    done = train(code, tmp_path / "one", trained / "train", regularization="high")
    assert done.returncode == 1
    assert (tmp_path / "one" / "output" / "failure").read_text() == (
        "regularization must be a number from 1e-06 to 1e+06, not 'high'"
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train.csv").write_text("amount,kind,fraud\n1,blue,no\n")
    assert train(code, tmp_path / "two", tmp_path / "data").returncode == 1
    assert (tmp_path / "two" / "output" / "failure").read_text() == (
        "column 'kind', row 1 below the header: "
        "'blue' is none of '1', 'true', 'NA', 'red' (1 of 1 rows)"
    )


def test_the_container_s_python_evaluates_what_its_toolkit_trained(code, trained, tmp_path):
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(trained / "opt_ml" / "model", ".")
    output = tmp_path / "output"
    message = {"EXIT_MESSAGE_FILE": str(tmp_path / "message")}
    words = ("evaluate", "--model", tmp_path, "--test", trained / "test", "--output", output)
    words += ("--metric", "f1", "--threshold", "f1=0")
    done = step(code, *words, "--positive", "yes", **message)
    assert done.returncode == 0, done.stderr
    assert "positive is 'yes', 10.0% of them" in done.stdout
    assert not (tmp_path / "message").exists()
    assert step(code, *words, **message).returncode == 1
    assert (tmp_path / "message").read_text() == "--positive must be one of no, yes, not None"
