"""Runs one execution of a pipeline: ready steps in parallel, until none is left."""

import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import Any

from sagemaker_local.api.actions import Call, now
from sagemaker_local.pipelines.caching import cache_key, find_cached
from sagemaker_local.pipelines.definition import Definition
from sagemaker_local.pipelines.expressions import ExpressionError, resolve, tokens, walk
from sagemaker_local.pipelines.step import Step
from sagemaker_local.pipelines.step_run import StepFailedError, StepRun, StepStoppedError
from sagemaker_local.storage.s3 import S3, MissingObjectError
from sagemaker_local.storage.store import Resource

_REASON = 1024
_log = logging.getLogger(__name__)


class Execution:
    """One execution while it runs; also the scope that its expressions are evaluated in.

    Parameters
    ----------
    call : makes the calls to the service that steps stand for.
    resource : the execution as it was created.
    pipeline : the pipeline's name.
    definition : what to run.
    values : the value of every parameter.
    """

    def __init__(
        self,
        call: Call,
        resource: Resource,
        pipeline: str,
        definition: Definition,
        values: dict[str, Any],
    ) -> None:
        self._call = call
        self._resource = resource
        self._pipeline = pipeline
        self._definition = definition
        self._values = values
        self._records: dict[str, Resource] = {}
        self._stops: dict[str, Callable[[], object]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def run(self) -> None:
        """Run all steps and record how it ended."""
        waiting = dict(self._definition.steps)
        running: dict[Future[None], Step] = {}
        failed = False
        limit = self._resource.body.get("ParallelismConfiguration", {})
        with ThreadPoolExecutor(limit.get("MaxParallelExecutionSteps", 50)) as pool:
            while True:
                if not failed and not self._stopping.is_set():
                    for step in [step for step in waiting.values() if self._is_ready(step)]:
                        del waiting[step.name]
                        running[pool.submit(self._run_step, step)] = step
                if not running:
                    break
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    del running[future]
                    failed = future.exception() is not None or failed
        status = "Stopped" if self._stopping.is_set() else "Failed" if failed else "Succeeded"
        reason = "Step failure: One or many steps failed." if status == "Failed" else None
        self._call.store.change(
            self._resource.arn,
            {
                "PipelineExecutionStatus": status,
                "FailureReason": reason,
                "PipelineExecutionFailureReason": reason,
                "LastModifiedTime": now(),
            },
        )

    def stop(self) -> None:
        """Start no further step, and stop what those that run have started."""
        self._stopping.set()
        with self._lock:
            stops = list(self._stops.values())
        for act in stops:
            act()

    def get(self, path: str) -> Any:
        """Return what `{"Get": path}` stands for."""
        root, name, *_ = tokens(path)
        if root == "Parameters":
            return self._values[str(name)]
        if root == "Execution":
            return self._variables()[str(name)]
        found = path.split(str(name), 1)[1].lstrip(".")
        return walk(self._record(str(name)).body["_Properties"], found)

    def property_file(self, path: str) -> Any:
        """Return the content of a step's property file."""
        _, step, _, name = tokens(path)
        declared = self._definition.steps[str(step)].document["PropertyFiles"]
        file = next(entry for entry in declared if entry["PropertyFileName"] == name)
        output = f"ProcessingOutputConfig.Outputs['{file['OutputName']}'].S3Output.S3Uri"
        folder = walk(self._record(str(step)).body["_Properties"], output)
        return self.s3_document(f"{folder.rstrip('/')}/{file['FilePath']}")

    def s3_document(self, uri: str) -> Any:
        """Return the JSON document at an S3 URI."""
        try:
            return json.loads(self._call.parts[S3].read(self._call.region, uri))
        except (MissingObjectError, ValueError) as error:
            raise ExpressionError(f"the property file cannot be read: {error}") from None

    def _variables(self) -> dict[str, str]:
        started = datetime.fromtimestamp(self._resource.body["CreationTime"], UTC)
        return {
            "PipelineName": self._pipeline,
            "PipelineArn": self._resource.body["PipelineArn"],
            "PipelineExecutionArn": self._resource.arn,
            "PipelineExecutionId": self._resource.arn.rsplit("/", 1)[1],
            "StartDateTime": started.isoformat(timespec="milliseconds"),
            "CurrentDateTime": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }

    def _is_ready(self, step: Step) -> bool:
        records = [self._find(name) for name in step.requires]
        if not all(record and record.body["StepStatus"] == "Succeeded" for record in records):
            return False
        if step.condition is None:
            return True
        outcome: str = self._record(step.condition).body["Metadata"]["Condition"]["Outcome"]
        return outcome == step.branch

    def _run_step(self, step: Step) -> None:
        record = self._begin(step)
        store = self._call.store
        try:
            members = self._do(step, record.arn)
        except StepStoppedError:
            members = {"StepStatus": "Stopped"}
        except Exception as error:
            reason = self._reason(step.name, error)
            store.change(
                record.arn,
                {"StepStatus": "Failed", "FailureReason": reason[:_REASON], "EndTime": now()},
            )
            raise
        finally:
            with self._lock:
                self._stops.pop(step.name, None)
        store.change(record.arn, {"StepStatus": "Succeeded", "EndTime": now(), **members})

    def _reason(self, step: str, error: Exception) -> str:
        if isinstance(error, StepFailedError):
            return str(error)
        if isinstance(error, ExpressionError):
            return f"ClientError: {error}"
        _log.error("step %s", step, exc_info=error)
        return f"InternalServerError: {type(error).__name__}: {error}"

    def _begin(self, step: Step) -> Resource:
        body = {
            "StepName": step.name,
            "StepDisplayName": step.document.get("DisplayName"),
            "StepDescription": step.document.get("Description"),
            "StepStatus": "Executing",
            "StartTime": now(),
            "CreationTime": now(),
            "AttemptCount": 1,
            "_Execution": self._resource.arn,
        }
        name = f"{self._resource.name}/{step.name}"
        arn = f"{self._resource.arn}/step/{step.name}"
        record = Resource("Step", self._call.region, name, arn, body)
        self._call.store.create(record)
        return record

    def _do(self, step: Step, arn: str) -> dict[str, Any]:
        """Do a step's work and return the members to record."""
        arguments = resolve(step.arguments, self) if step.type.resolves else step.arguments
        if not step.type.cache_key:
            return step.type.run(self._step_run(step, arn, arguments))
        key = cache_key(step.type, arguments)
        if step.document.get("CacheConfig", {}).get("Enabled"):
            earlier = find_cached(
                self._call.store, self._call.region, self._pipeline, step.document, key
            )
            if earlier is not None:
                return {
                    "CacheHitResult": {"SourcePipelineExecutionArn": earlier.body["_Execution"]},
                    "Metadata": earlier.body["Metadata"],
                    "_Properties": earlier.body["_Properties"],
                }
        return {"_CacheKey": key, **step.type.run(self._step_run(step, arn, arguments))}

    def _step_run(self, step: Step, arn: str, arguments: dict[str, Any]) -> StepRun:
        def on_stop(act: Callable[[], object]) -> Callable[[], bool]:
            with self._lock:
                self._stops[step.name] = act
            # A stop that came before the lines above has not seen what to do.
            if self._stopping.is_set():
                act()
            return self._stopping.is_set

        execution = self._resource.arn
        return StepRun(
            self._call, execution, step.name, arn, step.type.job, arguments, self, on_stop
        )

    def _find(self, step: str) -> Resource | None:
        return self._call.store.by_arn(f"{self._resource.arn}/step/{step}")

    def _record(self, step: str) -> Resource:
        found = self._find(step)
        if found is None:
            raise ExpressionError(f"step {step} did not run")
        return found
