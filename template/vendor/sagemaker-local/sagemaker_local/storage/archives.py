"""The tar.gz files that carry code and models."""

import gzip
import io
import tarfile
from pathlib import Path


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


def unpack(content: bytes, folder: Path) -> None:
    """Unpack an archive; members that would leave the folder, or are devices, are refused.

    Raises
    ------
    tarfile.TarError : it is no tar.gz file, or has such a member.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
            _extract(tar, folder)
    except (EOFError, gzip.BadGzipFile) as error:
        raise tarfile.ReadError(str(error)) from None


def _extract(tar: tarfile.TarFile, folder: Path) -> None:
    if hasattr(tarfile, "data_filter"):
        tar.extractall(folder, filter="data")
        return
    # Python has filters since 3.11.4; Debian bookworm's is older.
    for member in tar:
        inside = (folder / member.name).resolve().is_relative_to(folder.resolve())
        if not inside or not (member.isreg() or member.isdir()):
            raise tarfile.ExtractError(f"{member.name!r} is no file or folder inside the archive")
        tar.extract(member, folder)
