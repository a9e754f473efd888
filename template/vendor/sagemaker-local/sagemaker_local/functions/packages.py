"""Deployment packages: the zip archives with the code of functions."""

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

from sagemaker_local.functions.configuration import refused

# The quota of Lambda, "Deployment package (.zip file archive) size", unzipped.
_MOST_BYTES = 262_144_000


def read_zip(text: Any) -> bytes:
    """Return the bytes of an archive.

    Parameters
    ----------
    text : the archive in base 64, as requests have it.

    Raises
    ------
    AwsError : it is no archive, or holds too much; the words are Lambda's, as users report them.
    """
    try:
        zipped = base64.b64decode(text)
        with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
            held = sum(member.file_size for member in archive.infolist())
    except (TypeError, ValueError, zipfile.BadZipFile):
        raise refused(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from None
    if held > _MOST_BYTES:
        raise refused(f"Unzipped size must be smaller than {_MOST_BYTES} bytes")
    return zipped


def unzip(zipped: bytes, folder: Path) -> None:
    """Unpack an archive with the permissions of its files; none leaves the folder."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        for member in archive.infolist():
            target = Path(archive.extract(member, folder))
            mode = member.external_attr >> 16 & 0o777
            if mode and target.is_file():
                target.chmod(mode | 0o600)
