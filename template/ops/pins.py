"""Compares what a model version consisted of when it was registered with what it is now.

What decides is content: a SHA-256 that data science recorded, or the ETag of the artefact and the
digest of the image that the registry recorded. A version of release 0.2.0 has fewer of these: what
nobody recorded counts as it is now.

That SageMaker fills in `ImageDigest` by itself shows in the developer guide's event of a version
that a pipeline registered. That it fills in `ModelDataETag`, and with or without its quotation
marks, is unconfirmed (a unit test of the Ansible collection `amazon.ai`, with made-up values, has
it): both forms are taken, and the SHA-256 does without.
"""

import base64
import hashlib
import json
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from project import contract, s3
from project.aws import Connection
from project.errors import ProjectError
from project.registry import Version

_CHARACTERS = 16
"""Of each part in a digest: 96 bits, so that nobody finds another content that has the same."""


@dataclass(frozen=True)
class Pins:
    """What a version consists of, a text each that is another when the content is another.

    Attributes
    ----------
    artefact, payload, answers : the S3 objects.
    image : the container image.
    environment : the container's variables.
    """

    artefact: str
    payload: str
    answers: str
    image: str
    environment: str

    @property
    def digest(self) -> str:
        """What `ops.lifecycle` keeps of them: 84 characters, in which `changed` finds the parts."""
        return ".".join(_short(text) for text in astuple(self))


def check(connection: Connection, version: Version) -> Pins:
    """Refuse a version of which something is not what was registered; return what it is now.

    It reads the sample payload and the answers, and of the artefact only the ETag. When that is
    another one the artefact is read too: the same bytes, written again, are no change.

    Parameters
    ----------
    connection : where the objects are.
    version : keeps the model contract.

    Raises
    ------
    ProjectError : names what has changed, or what is not there.
    """
    container, metadata = version.container, version.metadata
    uris = {
        "artefact": container["ModelDataUrl"],
        "payload": version.package["SamplePayloadUrl"],
        "answers": metadata[contract.EXPECTED_ANSWERS],
    }
    registered = str(container.get("ModelDataETag") or "").strip('"')
    recorded = {
        "artefact": metadata.get(contract.ARTEFACT_PIN) or registered or None,
        "payload": metadata.get(contract.PAYLOAD_PIN),
        "answers": metadata.get(contract.ANSWERS_PIN),
    }
    try:
        now = {
            "artefact": _artefact(connection, version, registered),
            "payload": s3.sha256(connection, uris["payload"]),
            "answers": s3.sha256(connection, uris["answers"]),
        }
    except ProjectError as error:
        raise ProjectError(
            f"{version.name} is not whole: {error}; promote another version"
        ) from None
    others = [f"{name} ({uris[name]})" for name in now if recorded[name] not in (None, now[name])]
    image, digest = str(container["Image"]), container.get("ImageDigest")
    named = image.partition("@")[2]
    if named and digest and named.lower() != digest.lower():
        others.append(f"image ({image})")
    if others:
        raise ProjectError(_refusal(version, others))
    variables = json.dumps(container.get("Environment", {}), sort_keys=True)
    return Pins(now["artefact"], now["payload"], now["answers"], version.image, variables)


def check_artefact(archive: Path, version: Version) -> None:
    """Refuse a downloaded artefact that is not the one which data science evaluated.

    Parameters
    ----------
    archive : the `model.tar.gz`.
    version : says what it should be; a version of release 0.2.0 does not, and is let through.

    Raises
    ------
    ProjectError : it is another one.
    """
    recorded = version.metadata.get(contract.ARTEFACT_PIN)
    if recorded is None:
        return
    with archive.open("rb") as file:
        now = hashlib.file_digest(file, "sha256").hexdigest()
    if now != recorded:
        raise ProjectError(_refusal(version, [f"artefact ({version.container['ModelDataUrl']})"]))


def changed(before: str, now: str) -> list[str]:
    """Return what differs between two digests: names of `Pins`, all when one cannot be read."""
    names = [field.name for field in fields(Pins)]
    old, new = before.split("."), now.split(".")
    if len(old) != len(names) or len(new) != len(names):
        return [] if before == now else names
    return [name for name, one, other in zip(names, old, new, strict=True) if one != other]


def _artefact(connection: Connection, version: Version, registered: str) -> str:
    """Return the artefact's SHA-256 if data science recorded one, else its ETag."""
    uri, recorded = version.container["ModelDataUrl"], version.metadata.get(contract.ARTEFACT_PIN)
    etag = s3.etag(connection, uri)
    if recorded is None:
        return etag
    return recorded if registered in ("", etag) else s3.sha256(connection, uri)


def _refusal(version: Version, others: list[str]) -> str:
    return (
        f"{version.name} is not what data science registered: other {', '.join(others)}; "
        "put back what was there, or register the model anew"
    )


def _short(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:_CHARACTERS]
