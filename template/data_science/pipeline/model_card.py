"""Writes the model card of a version: what it is for, what it learnt from, how good it is.

Source: "Model package model card schema" in the SageMaker developer guide ("Update the Details of a
Model Version"), version 0.1.0. The card of a run with every quality rule was valid by its text
under jsonschema (November 2026); what AWS itself says to a card is unconfirmed.
"""

import json
import re
from typing import Any

from sagemaker.core.workflow.functions import Join

from data_science.config.settings import LONGEST_TEXT, Settings
from project.settings import Project


def model_card(project: Project, settings: Settings, run: dict[str, Any]) -> Join:
    """Return the variable that holds the card's JSON text.

    Parameters
    ----------
    project, settings : who registers, and by which rule.
    run : what only a run knows, a pipeline variable by its name: `threshold`, `input`,
        `data_hash`, `train_rows`, `test_rows`, `git_commit`, `hyperparameters` (by their own names)
        and `metric_groups` (JSON, see `report/card.py` of the steps).
    """
    quality, said, variables = settings.quality, settings.model_card, _Variables()
    relation = "<=" if quality.less_is_better else ">="
    about = f"{quality.positive} counts as positive; " if quality.positive else ""
    card = {
        "model_overview": {"model_creator": project.name},
        "intended_uses": {
            "purpose_of_model": project.description[:LONGEST_TEXT],
            "intended_uses": said.intended_uses,
        },
        "training_details": {
            "training_observations": f"{variables.text(run['train_rows'])} rows of data with "
            f"SHA-256 {variables.text(run['data_hash'])}, "
            f"code of commit {variables.text(run['git_commit'])}",
            "training_job_details": {
                "training_datasets": [variables.text(run["input"])],
                "user_provided_hyper_parameters": [
                    {"name": name, "value": variables.text(value)}
                    for name, value in run["hyperparameters"].items()
                ],
            },
        },
        "evaluation_details": [
            {
                "name": "test set",
                "evaluation_observation": f"{about}{variables.text(run['test_rows'])} rows that "
                "the model did not see in training",
                "metric_groups": variables.json(run["metric_groups"]),
            }
        ],
        "additional_information": {
            "caveats_and_recommendations": said.limits,
            "custom_details": {
                "problem_type": project.problem_type,
                "registered_if": f"{quality.metric} {relation} {variables.text(run['threshold'])}",
            },
        },
    }
    return variables.fill(json.dumps(card, sort_keys=True, ensure_ascii=False))


class _Variables:
    """Stand-ins, in a text, for what is known when the pipeline runs."""

    # Of Unicode's private use area: nobody's text holds them.
    TEXT, JSON, END = "\ue000", "\ue001", "\ue002"

    def __init__(self) -> None:
        self._known: list[Any] = []

    def text(self, variable: Any) -> str:
        """Return what stands for a variable inside a JSON string."""
        self._known.append(variable)
        return f"{self.TEXT}{len(self._known) - 1}{self.END}"

    def json(self, variable: Any) -> str:
        """Return a string that stands for a variable whose text is a JSON value."""
        self._known.append(variable)
        return f"{self.JSON}{len(self._known) - 1}{self.END}"

    def fill(self, document: str) -> Join:
        """Return the JSON text with the variables in their places."""
        end, whole = self.END, f'"{self.JSON}'
        values: list[Any] = []
        for part in re.split(rf'({whole}\d+{end}"|{self.TEXT}\d+{end})', document):
            index = part.strip(f'"{self.TEXT}{self.JSON}{end}')
            is_variable = part.startswith((self.TEXT, whole))
            values.append(self._known[int(index)] if is_variable else part)
        return Join(on="", values=values)
