"""What the expressions of a step refer to while it runs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sagemaker_local.api.actions import Call
from sagemaker_local.pipelines.definition import Definition
from sagemaker_local.pipelines.document import Document
from sagemaker_local.pipelines.expressions import ExpressionError, Get, as_text, resolve
from sagemaker_local.pipelines.paths import PathError, walk
from sagemaker_local.pipelines.step import Iteration
from sagemaker_local.storage.s3 import S3, MissingObjectError
from sagemaker_local.storage.store import Resource


@dataclass(frozen=True)
class StepScope:
    """What the expressions of a step refer to.

    Attributes
    ----------
    call : reads S3.
    execution : the execution as it was created.
    definition : what it runs.
    values : the value of every parameter.
    properties : those of each step that has ended.
    job_names : the variables that name the job of the step itself.
    iteration : the item that the step works on, if it is one of a ForEach step's body.
    """

    call: Call
    execution: Resource
    definition: Definition
    values: Mapping[str, Any]
    properties: Mapping[str, Document]
    job_names: Mapping[str, str]
    iteration: Iteration | None = None

    def get(self, reference: Get) -> Any:
        """Return what a reference stands for."""
        if reference.root == "Parameters":
            return self.values[reference.name]
        if reference.root == "Execution":
            return self._variables()[reference.name]
        if reference.root == "PipelineExperimentConfig":
            return as_text(resolve(self.definition.experiment[reference.name], self))
        if reference.root == "ForEach":
            return self._item(reference)
        return self._property(reference.name, reference.path, reference.text)

    def property_file(self, step: str, name: str) -> Any:
        """Return the content of a property file of a step."""
        file = self.definition.steps[step].property_files[name]
        place = ("ProcessingOutputConfig", "Outputs", file.output, "S3Output", "S3Uri")
        folder = self._property(step, place, f"Steps.{step}.PropertyFiles.{name}")
        return self.s3_document(f"{folder.rstrip('/')}/{file.path}")

    def s3_document(self, uri: str) -> Any:
        """Return the JSON document at an S3 URI; NaN and Infinity are no JSON."""
        try:
            text = self.call.parts[S3].read(uri)
            return json.loads(text, parse_constant=_refuse_constant)
        except UnicodeDecodeError:
            reason = "it is not in UTF-8"
        except RecursionError:
            reason = "it is nested too deep"
        except (MissingObjectError, ValueError) as error:
            reason = str(error)
        raise ExpressionError(f"the JSON at {uri} cannot be read: {reason}")

    def _item(self, reference: Get) -> Any:
        assert self.iteration, "a definition refers to items inside a body only"
        item = self.iteration.item
        if not reference.path:
            return item
        try:
            return walk(json.loads(as_text(item)), reference.path)
        except (PathError, ValueError) as error:
            raise ExpressionError(f"there is no {reference.text}: {error}") from None

    def _property(self, step: str, path: tuple[str | int, ...], text: str) -> Any:
        try:
            return walk(self.properties[step], path, by_name=True)
        except PathError as error:
            raise ExpressionError(f"there is no {text}: {error}") from None

    def _variables(self) -> dict[str, str]:
        body, arn = self.execution.body, self.execution.arn
        started = datetime.fromtimestamp(body["CreationTime"], UTC)
        return {
            "PipelineName": self.execution.name.split("/")[0],
            "PipelineArn": body["PipelineArn"],
            "PipelineExecutionArn": arn,
            "PipelineExecutionId": arn.rsplit("/", 1)[1],
            "StartDateTime": started.isoformat(timespec="milliseconds"),
            "CurrentDateTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
            **self.job_names,
        }


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")
