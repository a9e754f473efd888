"""Registers a small real version that keeps the model contract, in place of data science's.

Run it with `uv run python -m demo.example_version`: the local SageMaker then has an approved
version to promote, without the data-science half.
"""

import hashlib
import io
import json
import secrets
import tarfile
from typing import Any, Literal

import joblib

from project import console, contract, registry, s3
from project.aws import Connection, connect

app = console.application("Register an example version.")

Fault = Literal["wrong answers", "model does not load", "no model card", "no inference code"]

_ARTEFACT, _PAYLOAD, _ANSWERS = "model.tar.gz", "payload.tar.gz", "expected_answers.json"
_PINNED = {
    contract.ARTEFACT_PIN: _ARTEFACT,
    contract.PAYLOAD_PIN: _PAYLOAD,
    contract.ANSWERS_PIN: _ANSWERS,
}

INFERENCE = '''"""Answers each row's value times what the model learned."""

import json
import time

import joblib


def model_fn(model_dir):
    {loading}
    return joblib.load(f"{{model_dir}}/model.joblib")


def input_fn(body, content_type):
    text = body.decode() if isinstance(body, bytes) else body
    return [float(line) for line in text.split()]


def predict_fn(rows, model):
    return {{"predictions": [model["slope"] * row for row in rows]}}


def output_fn(answer, accept):
    return json.dumps(answer), "application/json"
'''


def register(
    connection: Connection,
    slope: float = 2.0,
    fault: Fault | None = None,
    approval: str = "Approved",
    load_seconds: float = 0.0,
    project_id: str | None = None,
) -> int:
    """Register a version and return its number.

    Parameters
    ----------
    connection : where.
    slope : what the model has learnt to multiply by.
    fault : what is wrong with the version; None for nothing.
    approval : its approval state.
    load_seconds : how long its model takes to load.
    project_id : the project that it says to come from; by default this one.
    """
    folder = f"{connection.prefix}/example-versions/{secrets.token_hex(6)}"
    objects = _objects(slope, fault, load_seconds)
    for name, body in objects.items():
        s3.write(connection, f"{folder}/{name}", body)
    package = _package(connection, folder, approval, project_id or connection.project_id)
    package["CustomerMetadataProperties"] |= {
        pin: hashlib.sha256(objects[name]).hexdigest() for pin, name in _PINNED.items()
    }
    if fault == "no model card":
        del package["ModelCard"]
    registry.ensure_group(connection)
    arn = connection.sagemaker.create_model_package(**package)["ModelPackageArn"]
    return int(arn.rpartition("/")[2])


def _objects(slope: float, fault: Fault | None, load_seconds: float) -> dict[str, bytes]:
    """Return what a version consists of, by the names of the S3 objects."""
    # A model of one number: it loads at once, so the tests of a deployment take no longer than
    # the deployment does.
    stored = io.BytesIO()
    joblib.dump({"slope": slope}, stored)
    loading = f"time.sleep({load_seconds})"
    if fault == "model does not load":
        loading = 'raise RuntimeError("this model does not load")'
    code = INFERENCE.format(loading=loading)
    members = {contract.MODEL_FILE: stored.getvalue()}
    if fault != "no inference code":
        members[f"{contract.CODE_FOLDER}/{contract.PROGRAM}"] = code.encode()
    answers = [slope * 1.0, slope * 3.0]
    if fault == "wrong answers":
        answers[0] += 1
    expected = {
        "content_type": "text/csv",
        "accept": "application/json",
        "payload": "payload.csv",
        "answers": {"predictions": answers},
        "tolerance": 1e-6,
    }
    return {
        _ARTEFACT: archive(members),
        _PAYLOAD: archive({"payload.csv": b"1.0\n3.0\n"}),
        _ANSWERS: json.dumps(expected).encode(),
        "metrics.json": json.dumps({"regression_metrics": {"mse": {"value": 0.0}}}).encode(),
        "statistics.json": json.dumps({"version": 0.0, "features": []}).encode(),
        "constraints.json": json.dumps({"version": 0.0, "features": []}).encode(),
    }


def _package(connection: Connection, folder: str, approval: str, project_id: str) -> dict[str, Any]:
    # The registry's own account of the SageMaker scikit-learn image in us-east-1.
    image = f"683313688378.dkr.ecr.{connection.region}.amazonaws.com/sagemaker-scikit-learn"
    card = {"intended_uses": {"purpose_of_model": "Show how a version is promoted."}}
    return {
        "ModelPackageGroupName": connection.project.model_package_group,
        "ModelApprovalStatus": approval,
        "Domain": "MACHINE_LEARNING",
        "Task": "REGRESSION",
        "SamplePayloadUrl": f"{folder}/{_PAYLOAD}",
        "InferenceSpecification": {
            "Containers": [
                {
                    "Image": f"{image}:1.9-0-cpu-py3",
                    "ModelDataUrl": f"{folder}/{_ARTEFACT}",
                    "Environment": dict(contract.INFERENCE_ENVIRONMENT),
                }
            ],
            "SupportedContentTypes": contract.CONTENT_TYPES,
            "SupportedResponseMIMETypes": contract.RESPONSE_TYPES,
            "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large", "ml.m5.xlarge"],
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": _json_source(folder, "metrics")}},
        "DriftCheckBaselines": {
            "ModelDataQuality": {
                "Statistics": _json_source(folder, "statistics"),
                "Constraints": _json_source(folder, "constraints"),
            }
        },
        "ModelCard": {"ModelCardContent": json.dumps(card), "ModelCardStatus": "Draft"},
        "CustomerMetadataProperties": {
            "git_commit": "0" * 40,
            "data_hash": "0" * 64,
            "pipeline_execution": "none: this is an example",
            "template_version": "none: this is an example",
            "project_id": project_id,
            contract.EXPECTED_ANSWERS: f"{folder}/{_ANSWERS}",
        },
    }


def _json_source(folder: str, name: str) -> dict[str, str]:
    return {"ContentType": "application/json", "S3Uri": f"{folder}/{name}.json"}


def archive(members: dict[str, bytes]) -> bytes:
    """Return a `.tar.gz` of files by their paths."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tar:
        for name, body in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return written.getvalue()


@app.command()
def example_version() -> None:
    """Register an approved version in the local SageMaker.

    Example: python -m demo.example_version
    """
    connection = connect("local")
    number = register(connection)
    approval = registry.version(connection, number).approval
    print(f"version {number} of {connection.project.model_package_group}, {approval}")


def main() -> None:
    """Run the command line."""
    console.run(app)


if __name__ == "__main__":
    main()
