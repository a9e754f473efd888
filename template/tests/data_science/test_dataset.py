"""The example data keep the schema that the project starts with."""

from pathlib import Path

import pytest
from table import load_schema, read_table

from data_science.config.settings import load_settings
from data_science.dataset import write_example
from data_science.runs.inputs import EXAMPLE
from project.settings import load_project


@pytest.mark.parametrize("again", [False, True])
def test_the_example_keeps_the_schema(tmp_path: Path, again: bool) -> None:
    if load_settings(load_project().problem_type).data.input != EXAMPLE:
        pytest.skip("the project has data of its own")
    path = tmp_path / "data" / "dataset.csv"
    write_example(path, load_project().problem_type)
    if again:
        first = path.read_bytes()
        write_example(path, load_project().problem_type)
        assert path.read_bytes() == first
    assert len(read_table(path, load_schema())) > 400
