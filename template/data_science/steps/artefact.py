"""Opens a model artefact and the inference code inside it, as an endpoint does."""

import importlib
import shutil
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from failure import StepError


@contextmanager
def opened(path: Path) -> Iterator[tuple[ModuleType, Any]]:
    """Give the artefact's own inference module, and the model that it loaded.

    What the artefact's code imports are the files beside it, not those of this step: an earlier
    version answers as it did when it was registered.

    Parameters
    ----------
    path : the `model.tar.gz`.

    Raises
    ------
    StepError : it is damaged, or holds no inference code.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            unpack(path, Path(folder))
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise StepError(f"bad model artefact: {error}") from None
        code = Path(folder) / "code"
        if not (code / "inference.py").is_file():
            raise StepError("bad model artefact: it holds no code/inference.py")
        with _imported_from(code):
            inference = importlib.import_module("inference")
            yield inference, inference.model_fn(folder)


@contextmanager
def _imported_from(folder: Path) -> Iterator[None]:
    """Let a folder's modules stand before those of the same names that are imported already."""
    own = {path.stem for path in folder.iterdir()}
    hidden = {name: sys.modules.pop(name) for name in own & sys.modules.keys()}
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in own & sys.modules.keys():
            del sys.modules[name]
        sys.modules.update(hidden)


def unpack(path: Path, folder: Path) -> None:
    """Unpack an archive of plain files and folders.

    Python's own filters against what leads out of the folder came with 3.11.4.

    Raises
    ------
    tarfile.TarError : it is no archive, or holds a link, a device, or a path outside the folder.
    """
    inside = folder.resolve()
    with tarfile.open(path) as archive:
        for member in archive:
            target = (inside / member.name).resolve()
            if not target.is_relative_to(inside) or not (member.isreg() or member.isdir()):
                raise tarfile.ReadError(
                    f"{path.name} holds {member.name!r}, which is no plain file"
                )
            if member.isdir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            content = archive.extractfile(member)
            with target.open("wb") as file:
                shutil.copyfileobj(content, file)  # type: ignore[arg-type]
