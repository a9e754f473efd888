"""A stranger's table becomes a registered model with no edit but the target's name."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from projects import Runner, copy


def penguins() -> bytes:
    """Return what a spreadsheet of Western Europe writes: three kinds of birds, with gaps."""
    rows, random = 340, np.random.default_rng(0)
    kind = random.choice(["Adélie", "Gentoo", "Jugulaire"], rows)
    centre = pd.Series(kind).map({"Adélie": 38.8, "Gentoo": 47.5, "Jugulaire": 48.8})
    weight = pd.Series(kind).map({"Adélie": 3700, "Gentoo": 5080, "Jugulaire": 3730})
    table = pd.DataFrame(
        {
            "": range(1, rows + 1),
            "espèce": kind,
            "île": random.choice(["Biscoe", "Dream", "Torgersen"], rows),
            "bec": (centre + random.normal(size=rows) * 2).round(1),
            "poids": (weight + random.normal(size=rows) * 300).round(),
            "sexe": random.choice(["mâle", "femelle"], rows),
            "remarque": "",
        }
    )
    table["bec_mm"] = table["bec"]
    table.loc[::40, ["bec", "bec_mm", "sexe"]] = None
    table.loc[5:8, "espèce"] = None
    return table.to_csv(index=False, sep=";", decimal=",").encode("latin-1")


def sales(rows: int = 6000) -> pd.DataFrame:
    """Return thirty columns of every kind in the order of time, to predict a number."""
    random = np.random.default_rng(0)
    table = pd.DataFrame({f"x{at}": random.normal(size=rows).round(4) for at in range(20)})
    for at in range(4):
        table[f"group {at}"] = random.choice([f"g{number}" for number in range(3 + at)], rows)
    table["when"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(rows), "h")
    table["member"] = random.choice(["yes", "no"], rows)
    table["new"] = random.choice([True, False], rows)
    table["shop"] = [f"shop {number}" for number in random.permutation(rows) % 5000]
    table["said"] = random.choice(["came fast and was good", "broken when it came to me"], rows)
    table["said"] += pd.Series(range(rows)).map(lambda row: f" number {row % 100}")
    told = table["said"].str.startswith("came") * 2 + (table["member"] == "yes") * 1
    return table.assign(amount=(3 * table["x0"] + told + random.normal(size=rows)).round(2))


def frauds(rows: int = 20_000) -> bytes:
    """Return few columns, one of 10,000 categories, and a rare class to find."""
    random = np.random.default_rng(0)
    shop = random.permutation(rows) % 10_000
    amount = random.lognormal(3, 1, rows).round(2)
    fraud = np.where((amount > 60) & (random.random(rows) < 0.5), "fraud", "fine")
    table = pd.DataFrame({"amount": amount, "shop": [f"s{one}" for one in shop], "what": fraud})
    return gzip.compress(table.to_csv(index=False, sep="\t").encode())


@pytest.fixture(scope="module")
def project(
    template: Path, tmp_path_factory: pytest.TempPathFactory, run: Runner
) -> Iterator[Path]:
    """Make a data-science project; stop its local SageMaker in the end."""
    folder = copy(template, tmp_path_factory.mktemp("adopting") / "a", layout="data-science")
    yield folder
    run.ok(folder, "sagemaker-local", "down")


Write = Callable[[Path], Path]


def _write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _write_parts(folder: Path) -> Path:
    parts = folder / "sales"
    parts.mkdir()
    table = sales()
    table.head(3000).to_parquet(parts / "part-0.parquet")
    table.tail(3000).to_parquet(parts / "part-1.parquet")
    return parts


@pytest.mark.parametrize(
    ("write", "target", "metric", "floor"),
    [
        (lambda folder: _write(folder, "penguins.csv", penguins()), "espèce", "f1", 0.8),
        (lambda folder: _write(folder, "frauds.tsv.gz", frauds()), "what", "f1", 0.2),
        (_write_parts, "amount", "r2", 0.8),
    ],
    ids=["penguins", "frauds", "sales"],
)
def test_a_table_goes_from_a_file_to_a_registered_model(
    project: Path, tmp_path: Path, run: Runner, write: Write, target: str, metric: str, floor: float
) -> None:
    path = write(tmp_path)
    before = json.loads(run.ok(project, "ds", "versions", "--json", "--local"))
    said = run.ok(project, "ds", "adopt", str(path), "--target", target)
    assert f"of {target}, judged by {metric}" in said
    said = run.ok(project, "ds", "run", "--local")
    assert f"registered version {len(before) + 1}: " in said
    versions = json.loads(run.ok(project, "ds", "versions", "--json", "--local"))
    (new,) = [one for one in versions if one not in before]
    assert new["metrics"][metric] > floor


def test_a_project_passes_its_own_tests_with_a_table_of_every_kind(
    template: Path, tmp_path: Path, run: Runner
) -> None:
    project = copy(template, tmp_path / "b", layout="data-science")
    run.ok(project, "ds", "adopt", str(_write_parts(tmp_path)), "--target", "amount")
    kinds = json.loads((project / "data_science/steps/schema.json").read_text())["columns"]
    named = {kind for kind in kinds.values() if isinstance(kind, str)}
    assert named == {"number", "boolean", "date", "category", "text"}
    # Those that read the schema; the others are the same in every project.
    names = ("dataset", "definition", "inference", "quality", "settings", "steps")
    said = run.ok(project, "pytest", *[f"tests/data_science/test_{name}.py" for name in names])
    assert " passed" in said.splitlines()[-1]
