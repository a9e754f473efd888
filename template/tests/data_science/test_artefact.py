"""Opening a model artefact: what it may hold, and whose code answers."""

import sys
import tarfile
from pathlib import Path

import columns
import pytest
from artefact import opened, unpack
from failure import StepError


def member(name: str, kind: bytes = tarfile.REGTYPE, to: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, to
    return made


def pack(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for one in members:
            archive.addfile(one)
    return path


@pytest.mark.parametrize(
    "members",
    [
        [member("../outside")],
        [member("code/../../outside")],
        [member("/tmp/outside-of-everything")],
        [member("link", tarfile.SYMTYPE, ".."), member("link/outside")],
        [member("link", tarfile.SYMTYPE, "/etc/passwd")],
        [member("link", tarfile.LNKTYPE, "../outside")],
        [member("device", tarfile.CHRTYPE)],
        [member("pipe", tarfile.FIFOTYPE)],
    ],
)
def test_an_artefact_that_leads_out_of_its_folder_is_refused(
    tmp_path: Path, members: list[tarfile.TarInfo]
) -> None:
    (tmp_path / "inside").mkdir()
    path = pack(tmp_path / "model.tar.gz", *members)
    with pytest.raises(tarfile.TarError, match="which is no plain file"):
        unpack(path, tmp_path / "inside")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["inside", "model.tar.gz"]
    assert list((tmp_path / "inside").iterdir()) == []
    assert not Path("/tmp/outside-of-everything").exists()


def test_an_artefact_is_unpacked_as_the_training_job_packed_it(tmp_path: Path) -> None:
    (tmp_path / "model" / "code").mkdir(parents=True)
    (tmp_path / "model" / "code" / "inference.py").write_text("pass")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "model", ".")
    unpack(tmp_path / "model.tar.gz", tmp_path / "there")
    assert (tmp_path / "there" / "code" / "inference.py").read_text() == "pass"


def test_folders_are_made_as_they_come(tmp_path: Path) -> None:
    folder, empty = member("a/b", tarfile.DIRTYPE), member("c/d", tarfile.DIRTYPE)
    unpack(pack(tmp_path / "m.tar.gz", member("a/b/one"), folder, empty), tmp_path / "there")
    assert sorted(str(one.relative_to(tmp_path)) for one in (tmp_path / "there").rglob("*")) == [
        "there/a",
        "there/a/b",
        "there/a/b/one",
        "there/c",
        "there/c/d",
    ]


def artefact(folder: Path, **files: str) -> Path:
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            (folder / f"{name}.py").write_text(text)
            archive.add(folder / f"{name}.py", f"code/{name}.py")
    return folder / "model.tar.gz"


def test_the_code_in_an_artefact_finds_the_files_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inference = "from columns import NAME\n\ndef model_fn(folder):\n    return NAME\n"
    path = artefact(tmp_path, inference=inference, columns="NAME = 'of the artefact'\n")

    # Also where the step's own folder comes first of all.
    monkeypatch.syspath_prepend(str(Path(columns.__file__).parent))
    before = list(sys.path)
    with opened(path) as (module, model):
        assert (module.NAME, model) == ("of the artefact", "of the artefact")
    assert sys.path == before

    import columns as again

    assert again is columns


def test_an_artefact_without_inference_code_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(StepError, match=r"^bad model artefact: it holds no code/inference\.py$"),
        opened(artefact(tmp_path, other="")),
    ):
        pass


def test_a_truncated_artefact_is_refused(tmp_path: Path) -> None:
    path = artefact(tmp_path, inference="x = 1\n" * 5000)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(StepError, match=r"^bad model artefact: "), opened(path):
        pass
