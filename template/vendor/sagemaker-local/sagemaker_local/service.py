"""The parts of a running local SageMaker, put together once at start."""

import shutil

# The modules of actions register them when they are imported.
import sagemaker_local.pipelines
import sagemaker_local.processing
import sagemaker_local.projects
import sagemaker_local.tags
import sagemaker_local.training  # noqa: F401
from sagemaker_local.aws import Aws
from sagemaker_local.endpoints import Fleet
from sagemaker_local.events import Events
from sagemaker_local.executions import Executions
from sagemaker_local.home import Home, Running
from sagemaker_local.jobs import Jobs
from sagemaker_local.store import Store


class SageMaker:
    """The service: its memory, its clients, and what runs.

    Parameters
    ----------
    home : the state folder.
    running : the address and keys of the server that this process is.
    """

    def __init__(self, home: Home, running: Running) -> None:
        self.home = home
        self.store = Store(home.database)
        self.aws = Aws(running)
        self.events = Events(home.events, self.aws)
        self.jobs = Jobs(self)
        self.executions = Executions(self)
        self.fleet = Fleet(self)

    def recover(self) -> None:
        """Bring what an earlier server left behind to an end, and endpoints back to life."""
        for folder in (self.home.jobs, self.home.endpoints):
            shutil.rmtree(folder)
            folder.mkdir()
        self.jobs.recover()
        self.executions.recover()
        self.fleet.recover()
