"""Runs one execution of a pipeline: ready steps in parallel, until none is left."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from sagemaker_local.api.actions import Call, now
from sagemaker_local.api.events import Events
from sagemaker_local.api.service_model import input_shape
from sagemaker_local.pipelines.announcing import announce_step, end_execution
from sagemaker_local.pipelines.before import Before
from sagemaker_local.pipelines.caching import cache_key, find_cached
from sagemaker_local.pipelines.definition import Definition
from sagemaker_local.pipelines.document import Document
from sagemaker_local.pipelines.expressions import ExpressionError, as_text, resolve
from sagemaker_local.pipelines.iterations import body_of, child_name, children, context
from sagemaker_local.pipelines.retry_policies import SERVICE_FAULT, RetryPolicy, policy_for
from sagemaker_local.pipelines.schedule import Ended, execution_status, ready_steps
from sagemaker_local.pipelines.scope import StepScope
from sagemaker_local.pipelines.step import Step
from sagemaker_local.pipelines.step_run import (
    Child,
    StepFailedError,
    StepResult,
    StepRun,
    StepStoppedError,
    StepTimedOutError,
    resource_name,
)
from sagemaker_local.processes.settings import Settings
from sagemaker_local.storage.store import Resource

_REASON = 1024
# The quota of Pipelines, from the AWS General Reference.
_PARALLEL = 50
# AWS's text (aws/sagemaker-python-sdk before version 3, test_fail_steps.py).
_FAILURE = "Step failure: One or multiple steps failed."
_RUNS = "Executing"
_log = logging.getLogger(__name__)


class Execution:
    """One execution while it runs.

    Parameters
    ----------
    call : makes the calls to the service that steps stand for.
    resource : the execution as it was created.
    definition : what to run.
    values : the value of every parameter.
    before : what of it was done before.
    """

    def __init__(
        self,
        call: Call,
        resource: Resource,
        definition: Definition,
        values: Mapping[str, Any],
        before: Before,
    ) -> None:
        self._call = call
        self._resource = resource
        self._definition = definition
        self._values = values
        self._before = before
        self._properties = dict(before.properties)
        self._stops: dict[str, Callable[[], object]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._timed_out = threading.Event()

    def run(self) -> None:
        """Run all steps and record how it ended."""
        try:
            self._note_experiment()
        except ExpressionError as error:
            self._end("Failed", f"ClientError: {error}")
            return
        limits = self._resource.body.get("ParallelismConfiguration", {})
        places = limits.get("MaxParallelExecutionSteps", _PARALLEL)
        ended = self._run_steps(self._before, places)
        status = execution_status(self._definition.steps, ended, ended)
        if self._stopping.is_set():
            # API reference, StopPipelineExecution: a Lambda step decides it when it is out of time.
            status = "Failed" if self._timed_out.is_set() else "Stopped"
        self._end(status, _FAILURE if status == "Failed" else None)

    def _run_steps(self, before: Before, places: int) -> dict[str, Ended]:
        """Run the steps that are selected, so many at once; return how all of them ended."""
        started = [*before.ended, *before.waiting]
        ended = dict(before.ended)
        running: dict[Future[Ended], str] = {}
        with ThreadPoolExecutor(max(places, len(before.waiting))) as pool:
            for name, record in before.waiting.items():
                running[pool.submit(self._run_step, before.selected[name], record)] = name
            while True:
                if not self._stopping.is_set():
                    # No step waits in the pool: it would start after a stop or a failure.
                    free = max(0, places - len(running))
                    for step in ready_steps(before.selected, started, ended)[:free]:
                        started.append(step.name)
                        running[pool.submit(self._run_step, step)] = step.name
                if not running:
                    return ended
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    ended[running.pop(future)] = future.result()

    def _repeat(self, step: Step, items: Sequence[Any], places: int) -> list[dict[str, Child]]:
        """Run the steps that a step repeats, for each of the items."""
        body = body_of(step, self._definition.steps)
        ended = self._run_steps(Before(children(body, step.name, items)), places)

        def child(name: str) -> Child:
            return Child(
                ended[name].status if name in ended else "", self._properties.get(name, {})
            )

        return [
            {one.name: child(child_name(one.name, index)) for one in body}
            for index in range(len(items))
        ]

    def stop(self) -> None:
        """Start no further step, and stop what those that run have started."""
        self._stopping.set()
        with self._lock:
            stops = list(self._stops.values())
        for act in stops:
            _try(act)

    def _note_experiment(self) -> None:
        found = resolve(self._definition.experiment, self._scope({}))
        experiment = {name: as_text(value) for name, value in found.items()}
        self._call.store.change(self._resource.arn, {"PipelineExperimentConfig": experiment})

    def _end(self, status: str, reason: str | None = None) -> None:
        end_execution(self._call.store, self._call.parts[Events], self._resource, status, reason)

    def _run_step(self, step: Step, waiting: Resource | None = None) -> Ended:
        """Run a step, or what is left of one that waits since before the server started."""
        record = waiting or self._begin(step)
        status, properties, branch = "Succeeded", {}, ""
        try:
            members, result = self._attempt(step, record.arn, is_new=waiting is None)
            members["Metadata"] = result.metadata
            properties, branch = result.properties, result.branch
        except StepFailedError as error:
            stopped = isinstance(error, StepStoppedError)
            if isinstance(error, StepTimedOutError):
                self._timed_out.set()
            status, properties = "Stopped" if stopped else "Failed", error.properties
            # That a step was stopped needs no reason when its execution was.
            known = stopped and self._stopping.is_set()
            members = {"FailureReason": None if known else str(error)[:_REASON] or None}
        except ExpressionError as error:
            status, members = "Failed", {"FailureReason": f"ClientError: {error}"[:_REASON]}
        except Exception as error:
            _log.exception("step %s", record.arn)
            reason = f"InternalServerError: {type(error).__name__}: {error}"
            status, members = "Failed", {"FailureReason": reason[:_REASON]}
        finally:
            with self._lock:
                self._stops.pop(step.name, None)
        self._properties[step.name] = properties
        end = {"_Properties": properties, "_Branch": branch, "EndTime": now(), "StepStatus": status}
        changed = self._call.store.change(record.arn, members | end)
        if changed:
            announce_step(self._call.parts[Events], self._resource, step, changed.body, _RUNS)
        return Ended(status, branch)

    def _begin(self, step: Step) -> Resource:
        begun = now()
        body = {
            "StepName": step.name,
            "StepDisplayName": step.members["DisplayName"],
            "StepDescription": step.members["Description"],
            "StepStatus": _RUNS,
            "StartTime": begun,
            "CreationTime": begun,
            "AttemptCount": 1,
            "_Execution": self._resource.arn,
        }
        if step.iteration:
            body["IterationContext"] = context(step.iteration)
        name = f"{self._resource.name}/{step.name}"
        arn = f"{self._resource.arn}/step/{step.name}"
        record = Resource("Step", self._call.region, name, arn, body)
        self._call.store.create(record)
        announce_step(self._call.parts[Events], self._resource, step, body)
        return record

    def _attempt(self, step: Step, arn: str, *, is_new: bool) -> tuple[Document, StepResult]:
        """Do a step's work as often as its retry policies ask for; return what `_do` does."""
        started = time.monotonic()
        retries: Counter[RetryPolicy] = Counter()
        while True:
            try:
                return self._do(step, arn, is_new=is_new)
            except ExpressionError:
                raise
            except Exception as error:
                fault = error.fault if isinstance(error, StepFailedError) else SERVICE_FAULT
                policy = policy_for(step.retry_policies, fault)
                elapsed = time.monotonic() - started
                pause = policy.pause(retries[policy], elapsed) if policy else None
                if policy is None or pause is None:
                    raise
                if self._stopping.wait(self._call.parts[Settings].scaled(pause)):
                    raise
                _log.info("step %s is tried again: %s", arn, error)
            retries[policy] += 1
            self._call.store.change(arn, {"AttemptCount": 1 + retries.total()})

    def _do(self, step: Step, arn: str, *, is_new: bool) -> tuple[Document, StepResult]:
        """Do a step's work, or what is left of it; return members to record, and the result."""
        job_name = self._job_name(step)
        variables = {f"{step.type.job}Name": job_name} if job_name else {}
        arguments = resolve(step.arguments, self._scope(variables, step))
        members: Document = {}
        if step.type.cache_key:
            key = cache_key(step.type, arguments)
            found = is_new and step.cached and self._find_cached(step, key)
            if found:
                source = {"SourcePipelineExecutionArn": found.body["_Execution"]}
                result = StepResult(found.body["Metadata"], found.body["_Properties"])
                return {"CacheHitResult": source}, result
            members = {"_CacheKey": key}
        run = StepRun(
            call=self._call,
            execution=self._resource.arn,
            name=step.name,
            arn=arn,
            job=step.type.job,
            job_name=job_name,
            arguments=arguments,
            on_stop=lambda act: self._on_stop(step.name, act),
            repeat=lambda items, places: self._repeat(step, items, places),
        )
        work = step.type.run if is_new else step.type.resume
        assert work is not None, "only what can be resumed waits"
        return members, work(run)

    def _job_name(self, step: Step) -> str:
        job = step.type.job
        if not job:
            return ""
        prefix = resolve(step.arguments.get(f"{job}Name"), self._scope({}, step)) or "pipelines"
        shape = input_shape(f"Create{job}").members[f"{job}Name"]
        return resource_name(prefix, self._resource.arn, step.name, shape.metadata["max"])

    def _find_cached(self, step: Step, key: str) -> Resource | None:
        pipeline = self._resource.name.split("/")[0]
        return find_cached(self._call.store, self._call.region, pipeline, step, key)

    def _on_stop(self, step: str, act: Callable[[], object]) -> None:
        with self._lock:
            self._stops[step] = act
        # A stop that came before the lines above has not seen what to do.
        if self._stopping.is_set():
            _try(act)

    def _scope(self, job_names: Mapping[str, str], step: Step | None = None) -> StepScope:
        iteration = step.iteration if step else None
        names = iteration.names.items() if iteration else ()
        own = {name: self._properties[one] for name, one in names if one in self._properties}
        return StepScope(
            call=self._call,
            execution=self._resource,
            definition=self._definition,
            values=self._values,
            properties=self._properties | own,
            job_names=job_names,
            iteration=iteration,
        )


def _try(act: Callable[[], object]) -> None:
    try:
        act()
    except StepFailedError as error:
        # What was to be stopped has just ended, and how it did is what counts.
        _log.info("not stopped: %s", error)
