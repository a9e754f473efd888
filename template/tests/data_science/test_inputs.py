"""What tells input data apart: their place and what lies there."""

import json
from pathlib import Path

import pytest

from data_science.config.settings import load_settings
from data_science.runs.inputs import input_version
from data_science.runs.parameters import completed
from project import s3
from project.aws import Connection
from project.errors import ProjectError
from tests.commands import call


def test_a_champion_of_ones_own_has_not_the_name_of_the_usual_one() -> None:
    usual = {"InputDataUrl": "a", "ChampionModelUrl": "b", "ChampionName": "version 1 of group c"}
    assert completed({"InputDataUrl": "d"}, usual) == {**usual, "InputDataUrl": "d"}
    own = {"ChampionModelUrl": "e"}
    assert completed(own, usual) == {"InputDataUrl": "a", "ChampionModelUrl": "e"}
    named = {**own, "ChampionName": "mine"}
    assert completed(named, usual) == {**named, "InputDataUrl": "a"}


def test_other_content_at_the_same_place_is_another_version(fresh: Connection) -> None:
    uri = f"{fresh.prefix}/tables/a.csv"
    s3.write(fresh, uri, b"x\n1\n")
    first = input_version(fresh, uri)
    assert input_version(fresh, uri) == first
    s3.write(fresh, uri, b"x\n2\n")
    second = input_version(fresh, uri)
    assert second != first
    folder = input_version(fresh, f"{fresh.prefix}/tables/")
    s3.write(fresh, f"{fresh.prefix}/tables/b.csv", b"x\n3\n")
    assert input_version(fresh, f"{fresh.prefix}/tables/") != folder
    s3.write(fresh, uri, b"x\n1\n")
    assert input_version(fresh, uri) == first


def test_the_cache_is_explained_before_the_data_are_uploaded(
    fresh: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("x\n1\n", "utf-8")
    settings = load_settings(fresh.project.problem_type)
    data = settings.data.model_copy(update={"input": str(table)})
    changed = settings.model_copy(update={"data": data})
    monkeypatch.setattr("project.aws.connect", lambda target: fresh)
    monkeypatch.setattr("data_science.config.settings.load_settings", lambda kind: changed)
    done = call("ds", "explain-cache", "--local", "--json")
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout)[0]
    assert (first["step"], first["becomes"]) == ("Preprocess", "runs")


@pytest.mark.parametrize("place", ["s3://nobodys-bucket-of-all/a.csv", "{prefix}/gone.csv"])
def test_what_the_local_s3_does_not_have_is_refused_with_how_to_bring_it(
    fresh: Connection, place: str
) -> None:
    uri = place.format(prefix=fresh.prefix)
    with pytest.raises(ProjectError) as refused:
        input_version(fresh, uri)
    assert str(refused.value) == (
        f"{uri} is not in the local SageMaker, whose S3 is its own; copy it here with `aws s3 cp "
        f"{uri} data/` and name the file as `data.input` in data_science/settings.yaml"
    )
