"""A version that breaks the contract is refused with what it lacks."""

import copy
import tarfile
from pathlib import Path
from typing import Any

import pytest

from project import contract

SOURCE = {"S3Uri": "s3://bucket/file.json", "ContentType": "application/json"}
PACKAGE: dict[str, Any] = {
    "InferenceSpecification": {
        "Containers": [
            {
                "Image": "image",
                "ModelDataUrl": "s3://bucket/model.tar.gz",
                "Environment": {
                    "SAGEMAKER_PROGRAM": contract.PROGRAM,
                    "SAGEMAKER_SUBMIT_DIRECTORY": contract.SUBMIT_DIRECTORY,
                },
            }
        ],
        "SupportedContentTypes": contract.CONTENT_TYPES,
        "SupportedResponseMIMETypes": contract.RESPONSE_TYPES,
    },
    "ModelMetrics": {"ModelQuality": {"Statistics": SOURCE}},
    "DriftCheckBaselines": {"ModelDataQuality": {"Statistics": SOURCE, "Constraints": SOURCE}},
    "SamplePayloadUrl": "s3://bucket/sample_payload.tar.gz",
    "ModelCard": {"ModelCardContent": "{}", "ModelCardStatus": "Draft"},
    "CustomerMetadataProperties": {key: "value" for key in contract.METADATA},
}


def without(path: str) -> dict[str, Any]:
    package = copy.deepcopy(PACKAGE)
    *parents, last = path.split(".")
    place: Any = package
    for key in parents:
        place = place[int(key)] if key.isdigit() else place[key]
    del place[last]
    return package


def test_a_whole_version_is_accepted() -> None:
    assert contract.missing(PACKAGE) == []
    contract.check(PACKAGE, "version 1", "value")


@pytest.mark.parametrize(
    "path",
    [
        "InferenceSpecification.Containers.0.Image",
        "InferenceSpecification.Containers.0.ModelDataUrl",
        "InferenceSpecification.Containers.0.Environment.SAGEMAKER_PROGRAM",
        "InferenceSpecification.SupportedContentTypes",
        "ModelMetrics.ModelQuality.Statistics",
        "DriftCheckBaselines.ModelDataQuality.Constraints",
        "SamplePayloadUrl",
        "ModelCard",
        "CustomerMetadataProperties.data_hash",
        "CustomerMetadataProperties.expected_answers",
    ],
)
def test_what_is_missing_is_named(path: str) -> None:
    with pytest.raises(contract.ContractError, match="version 7 breaks the model contract") as it:
        contract.check(without(path), "version 7", "value")
    assert path.rpartition(".")[2] in str(it.value)
    assert str(it.value).endswith("; register a version that has all of it")


def test_a_version_without_anything_lists_everything() -> None:
    # The container's own members cannot be looked for where there is no container.
    assert len(contract.missing({})) >= 8


def test_all_that_is_missing_is_listed_in_one_line() -> None:
    package = without("SamplePayloadUrl")
    del package["CustomerMetadataProperties"]["data_hash"]
    with pytest.raises(contract.ContractError) as refused:
        contract.check(package, "version 7", "value")
    assert str(refused.value) == (
        "version 7 breaks the model contract; it lacks "
        "SamplePayloadUrl: a sample payload (S3 URI); "
        "CustomerMetadataProperties.data_hash: the SHA-256 of the training data; "
        "register a version that has all of it"
    )


def test_a_version_of_another_project_is_refused() -> None:
    with pytest.raises(contract.ContractError) as refused:
        contract.check(PACKAGE, "version 1", "p-us")
    assert str(refused.value) == (
        "version 1 belongs to the project value, not to p-us; link both halves to the same "
        "SageMaker Project, or name a model package group of this one in project.yaml"
    )


def archive(folder: Path, names: list[str]) -> Path:
    path = folder / "model.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    return path


def test_an_artefact_holds_the_model_and_its_code(tmp_path: Path) -> None:
    names = ["./model.joblib", "./code/inference.py"]
    contract.check_artifact(archive(tmp_path, names), "version 1")
    for name in names:
        others = [other for other in names if other != name]
        with pytest.raises(
            contract.ContractError, match=rf"lacks {name.removeprefix('./')}; register"
        ):
            contract.check_artifact(archive(tmp_path, others), "version 1")


def broken_archives(folder: Path) -> list[bytes]:
    whole = archive(folder, [f"code/{number}" for number in range(99)]).read_bytes()
    return [b"", b"not an archive", whole[: len(whole) // 2], whole[:12]]


@pytest.mark.parametrize("number", range(4))
def test_an_artefact_that_is_no_archive_is_refused(tmp_path: Path, number: int) -> None:
    content = broken_archives(tmp_path)[number]
    path = tmp_path / "model.tar.gz"
    path.write_bytes(content)
    with pytest.raises(contract.ContractError, match="is no tar archive, or not whole; register"):
        contract.check_artifact(path, "version 1")
