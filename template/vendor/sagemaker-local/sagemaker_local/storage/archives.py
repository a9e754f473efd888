"""The tar.gz files that carry code and models."""

import gzip
import tarfile
import zlib
from pathlib import Path
from typing import IO

MOST_BYTES = 30 << 30
"""As much as the volume of a job holds unless it asks for more."""
MOST_MEMBERS = 100_000


def pack(folder: Path, archive: Path) -> None:
    """Pack a folder's content; the same content gives the same bytes."""
    with (
        archive.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for path in sorted(folder.rglob("*")):
            info = tar.gettarinfo(path, str(path.relative_to(folder)))
            info.mtime = info.uid = info.gid = 0
            info.uname = info.gname = ""
            info.mode = 0o755 if info.isdir() or info.mode & 0o100 else 0o644
            if info.isreg():
                with path.open("rb") as content:
                    tar.addfile(info, content)
            else:
                tar.addfile(info)


def unpack(
    archive: IO[bytes], folder: Path, most_bytes: int = MOST_BYTES, most_members: int = MOST_MEMBERS
) -> None:
    """Unpack an archive; members that would leave the folder, or are devices, are refused.

    Parameters
    ----------
    archive : a tar.gz file, read from its start.
    folder : where to; it is made.
    most_bytes, most_members : how much it may hold, so that a small file fills no disk.

    Raises
    ------
    tarfile.TarError : it is no tar.gz file, has such a member, or holds too much.
    """
    folder.mkdir(parents=True, exist_ok=True)
    members = held = 0
    try:
        with tarfile.open(fileobj=archive, mode="r:gz") as tar:
            for member in tar:
                members += 1
                held += member.size
                if members > most_members:
                    raise tarfile.ExtractError(f"it holds more than {most_members} members")
                if held > most_bytes:
                    raise tarfile.ExtractError(f"it holds more than {most_bytes} bytes")
                _extract(tar, member, folder)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise tarfile.ReadError(str(error)) from None


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    if hasattr(tarfile, "data_filter"):
        tar.extract(member, folder, filter="data")
        return
    # Python has filters since 3.11.4; Debian bookworm's is older.
    inside = (folder / member.name).resolve().is_relative_to(folder.resolve())
    if not inside or not (member.isreg() or member.isdir()):
        raise tarfile.ExtractError(f"{member.name!r} is no file or folder inside the archive")
    tar.extract(member, folder)
