"""Pipelines without a server: real actions on a real store."""

import itertools
import time

from kit import ROLE

from sagemaker_local.api.actions import perform
from sagemaker_local.api.events import Events
from sagemaker_local.api.parts import Parts
from sagemaker_local.pipelines.callbacks import Callbacks
from sagemaker_local.pipelines.running_executions import RunningExecutions
from sagemaker_local.processes.settings import Settings
from sagemaker_local.storage.other_services import OtherServices
from sagemaker_local.storage.s3 import S3
from sagemaker_local.storage.store import Store
from sagemaker_local.wire import server

assert server, "it registers all actions"


class InProcess:
    """Runs definitions whose steps start no jobs, each as a pipeline of its own."""

    def __init__(self, folder):
        store = Store(folder / "state.db")
        self.events = folder / "events.jsonl"
        events = Events(self.events, OtherServices())
        running = RunningExecutions(store, events)
        self.parts = Parts(
            store,
            S3(None, None, None),
            events,
            running,
            Callbacks(store),
            Settings(wait_scale=0.01),
        )
        self._numbers = itertools.count()

    def perform(self, action, **request):
        return perform(self.parts, "us-east-1", action, request)

    def token(self):
        return f"{next(self._numbers):032}"

    def create(self, text):
        number = next(self._numbers)
        self.perform(
            "CreatePipeline",
            PipelineName=f"pipeline-{number}",
            ClientRequestToken=f"{number:032}",
            PipelineDefinition=text,
            RoleArn=ROLE,
        )
        return f"pipeline-{number}"

    def start(self, text, parallel=50, **parameters):
        """Start an execution of a definition; returns its ARN."""
        return self.start_again(self.create(text), parallel, **parameters)

    def start_again(self, pipeline, parallel=50, **parameters):
        """Start an execution of a pipeline that is there; returns its ARN."""
        return self.perform(
            "StartPipelineExecution",
            PipelineName=pipeline,
            ClientRequestToken=f"{next(self._numbers):032}",
            ParallelismConfiguration={"MaxParallelExecutionSteps": parallel},
            PipelineParameters=[{"Name": k, "Value": v} for k, v in parameters.items()],
        )["PipelineExecutionArn"]

    def stop(self, arn):
        self.perform(
            "StopPipelineExecution",
            PipelineExecutionArn=arn,
            ClientRequestToken=f"{next(self._numbers):032}",
        )

    def run(self, text, **parameters):
        """Run a definition to its end; returns the execution and its steps by name."""
        return self.wait(self.start(text, **parameters))

    def wait(self, arn):
        deadline = time.monotonic() + 20
        while True:
            found = self.perform("DescribePipelineExecution", PipelineExecutionArn=arn)
            if found["PipelineExecutionStatus"] not in ("Executing", "Stopping"):
                break
            assert time.monotonic() < deadline, found
            time.sleep(0.005)
        steps = self.perform(
            "ListPipelineExecutionSteps", PipelineExecutionArn=arn, SortOrder="Ascending"
        )["PipelineExecutionSteps"]
        return found, {step["StepName"]: step for step in steps}
