# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
# ---
"""Looks at the data, and runs the steps on them in this process: a notebook in plain text.

Editors open it as a notebook, `uv run --with jupyterlab,jupytext jupyter lab` does too. It holds no
output, so that git shows what changed. A test runs it from beginning to end.
"""

# %% [markdown]
# # The data
# The file that `data.input` of the settings names, or the example.

# %%
import importlib
import sys
import tempfile
from pathlib import Path

import pandas as pd

from data_science.config.settings import load_settings
from project.settings import ROOT, load_project

sys.path.insert(0, str(ROOT / "data_science" / "steps"))
import inference
from preprocess import preprocess
from table import load_schema, read_table
from train import train

problem_type = load_project().problem_type
settings = load_settings(problem_type)
schema = load_schema()
target = schema["target"]
folder = Path(tempfile.mkdtemp())
source = ROOT / settings.data.input
if not source.is_file():
    # A team deletes dataset.py once it has data of its own.
    example = importlib.import_module("data_science.dataset")
    source = folder / "input" / "dataset.csv"
    example.write_example(source, problem_type)

# %%
table = read_table(source, schema)
table.describe(include="all").transpose()

# %%
table.isna().mean().sort_values(ascending=False).head(10)

# %% [markdown]
# What goes along with the target: the columns whose values differ most between its classes, or
# that rise and fall with it.

# %%
numbers = table.select_dtypes("number").drop(columns=target, errors="ignore")
answers = (
    table[target] if problem_type == "regression" else table[target].astype("category").cat.codes
)
numbers.corrwith(answers).abs().sort_values(ascending=False).head(10)

# %% [markdown]
# # The steps
# The same functions that the pipeline runs, so that what is tried here holds there.

# %%
(folder / "data").mkdir()
(folder / "data" / source.name).write_bytes(source.read_bytes())
preprocess(folder / "data", folder, settings.data.test_fraction, settings.data.seed)
train(folder / "train", folder / "model", settings.hyperparameters)

# %% [markdown]
# # Where the model is wrong

# %%
test = read_table(folder / "test" / "test.csv", schema)
model = inference.model_fn(str(folder / "model"))
rows = test.drop(columns=target).to_csv(index=False, header=False)
test["predicted"] = inference.answer(model, rows, "text/csv")["predictions"]
if problem_type == "regression":
    test["missed_by"] = test["predicted"] - test[target]
    found = test.reindex(test["missed_by"].abs().sort_values(ascending=False).index)
else:
    print(pd.crosstab(test[target], test["predicted"]))
    found = test[test["predicted"] != test[target]]
found.head(10)
