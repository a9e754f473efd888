"""Runs the server of a state folder: its parts put together, its start and its end."""

import logging
import os
import secrets
import shutil
import signal
import sqlite3
import threading
import time
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import NoReturn

# Actions, and what they support, are registered when their modules are imported.
import sagemaker_local.hosting.endpoints
import sagemaker_local.hosting.support
import sagemaker_local.hosting.weights
import sagemaker_local.jobs.processing
import sagemaker_local.jobs.support
import sagemaker_local.jobs.training
import sagemaker_local.pipelines.callbacks
import sagemaker_local.pipelines.execution_actions
import sagemaker_local.pipelines.pipeline_actions
import sagemaker_local.pipelines.retrying
import sagemaker_local.pipelines.support
import sagemaker_local.projects.projects
import sagemaker_local.registry.model_packages
import sagemaker_local.registry.sharing
import sagemaker_local.registry.support
import sagemaker_local.transform.support
import sagemaker_local.transform.transform_jobs
import sagemaker_local.tuning.support
import sagemaker_local.tuning.tuning_jobs  # noqa: F401
from sagemaker_local.api.events import Events
from sagemaker_local.api.parts import Parts
from sagemaker_local.api.service_model import service_model
from sagemaker_local.cloudwatch.alarms import Alarms
from sagemaker_local.cloudwatch.metrics import Metrics
from sagemaker_local.cloudwatch.service import CloudWatch
from sagemaker_local.environment import regionless_environment, write_models
from sagemaker_local.functions.event_sources import EventSources
from sagemaker_local.functions.functions import Functions
from sagemaker_local.functions.lambda_api import LambdaApi
from sagemaker_local.home import Home, Running, Serving
from sagemaker_local.hosting.asynchronous import Queues
from sagemaker_local.hosting.capture import Capture
from sagemaker_local.hosting.fleet import Fleet
from sagemaker_local.hosting.serverless import Concurrency
from sagemaker_local.hosting.shadows import Shadows
from sagemaker_local.jobs.job import Jobs
from sagemaker_local.pipelines.callbacks import Callbacks
from sagemaker_local.pipelines.recovery import recover_executions
from sagemaker_local.pipelines.running_executions import RunningExecutions
from sagemaker_local.processes.container import basic_environment
from sagemaker_local.processes.images import ImageError, check_engine, remove_containers
from sagemaker_local.processes.settings import Settings, SettingsError, read_settings
from sagemaker_local.processes.workers import Workers
from sagemaker_local.storage.clients import Clients
from sagemaker_local.storage.object_store.buckets import Buckets
from sagemaker_local.storage.object_store.changes import Changes
from sagemaker_local.storage.object_store.objects import Objects
from sagemaker_local.storage.object_store.service import S3Service
from sagemaker_local.storage.other_services import OtherServices
from sagemaker_local.storage.s3 import S3
from sagemaker_local.storage.store import Store, StoreError, failure
from sagemaker_local.wire.front_door import FrontDoor
from sagemaker_local.wire.http import UnreachableError, listen
from sagemaker_local.wire.own_code import OwnCode

_log = logging.getLogger(__name__)
_WATCH_SECONDS = 0.5
_FIRST_ANSWER_SECONDS = 1.0


def assemble(home: Home, running: Running, services: OtherServices, settings: Settings) -> Parts:
    """Put the parts of the service together.

    Parameters
    ----------
    home : the state folder.
    running : the address and keys of the server that this process is.
    services : the AWS services that are not SageMaker.
    settings : how jobs and model servers run.
    """
    store, clients = Store(home.database), Clients(running)
    events = Events(home.events, services)
    parts = Parts(store, clients, events, services, settings, OwnCode())
    objects, buckets = Objects(store, home.objects), Buckets(store, services)
    changes = Changes(buckets, partial(events.publish, source="aws.s3"))
    parts.add(S3Service(objects, buckets, changes))
    s3 = parts.add(S3(objects, buckets, changes))
    workers = parts.add(Workers(home.path, basic_environment(), settings.warm))
    parts.add(Jobs(parts, home, settings))
    metrics = parts.add(Metrics())
    alarms = parts.add(Alarms(metrics, services, events, settings))
    parts.add(CloudWatch(services, metrics, alarms))
    fleet = parts.add(Fleet(store, clients, s3, home, workers, alarms, settings))
    parts.add(Concurrency())
    capture = parts.add(Capture(s3))
    parts.add(Shadows(fleet, capture))
    parts.add(Queues(fleet, capture, s3, services))
    functions = parts.add(Functions(store, home, services, clients, workers))
    parts.add(LambdaApi(functions, EventSources(functions, clients), s3))
    parts.add(RunningExecutions(store, events))
    parts.add(Callbacks(store))
    return parts


def recover(parts: Parts, home: Home) -> None:
    """Bring what an earlier server left behind to an end, and endpoints back to life."""
    if parts[Settings].in_images:
        remove_containers(home)
    for folder in (home.jobs, home.endpoints):
        # What a container wrote as another user may stay: no new job has a folder of an old one.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
    parts[Jobs].recover()
    recover_executions(parts)
    parts[Fleet].recover()


class ServeError(Exception):
    """The server cannot run; the message says what is wrong and what to do."""


def serve(home: Home, verbose: bool = False) -> NoReturn:
    """Run the server of a state folder until it is told to stop, or the folder is gone.

    Parameters
    ----------
    home : the state folder.
    verbose : whether requests that are refused are logged.

    Raises
    ------
    ServeError : it cannot run.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    if verbose:
        logging.getLogger("sagemaker_local").setLevel(logging.DEBUG)
    try:
        settings = read_settings(os.environ)
        if settings.in_images:
            check_engine()
        home.prepare()
        with home.serving() as serving:
            if serving is None:
                advice = "`sagemaker-local down` ends it"
                raise ServeError(f"a server already runs in {home.path}; {advice}")
            _run(home, serving, settings)
    except (ImageError, SettingsError, StoreError, UnreachableError) as error:
        raise ServeError(str(error)) from None
    except sqlite3.Error as error:
        raise ServeError(f"{home.database}: {failure(error)}") from None
    except OSError as error:
        reason = f"{error.strerror}; mend that, or name another folder with --home"
        raise ServeError(f"cannot use {error.filename or home.path}: {reason}") from None


def _run(home: Home, serving: Serving, settings: Settings) -> NoReturn:
    home.forget_running()
    services = OtherServices()
    server = listen()
    running = Running(
        url=f"http://127.0.0.1:{server.server_port}",
        pid=os.getpid(),
        access_key="LOCAL" + secrets.token_hex(16).upper(),
        secret_key=secrets.token_urlsafe(30),
        started=time.time(),
    )
    write_models(home, running)
    parts = assemble(home, running, services, settings)
    server.app = door = FrontDoor(parts)
    recover(parts, home)

    told: SimpleQueue[int] = SimpleQueue()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: told.put(number))
    threading.Thread(target=server.serve_forever, name="front door", daemon=True).start()
    environment = regionless_environment(home, running)
    home.write_running(running, environment)
    _log.info("local SageMaker at %s, state in %s", running.url, home.path)
    loading = threading.Thread(target=_load, args=(parts, door), name="loading", daemon=True)
    loading.start()
    while not _is_told(told):
        if not serving.holds:
            # Nobody could find it any more, to stop it or to use it.
            _log.error("%s is gone, and so is this server", home.path)
            break
        # On a full disk it is tried again, and again.
        with suppress(OSError):
            if home.read_running() != running:
                home.write_running(running, environment)
            home.trim_log()
    parts[Fleet].close()
    parts[Capture].close()
    parts[Workers].close()
    if serving.holds:
        home.forget_running()
    # Threads that wait for a job or a client must not hold up the end.
    os._exit(0)


def _load(parts: Parts, door: FrontDoor) -> None:
    """Load what takes long, but for the first answer: who starts the server waits for that."""
    try:
        door.in_use.wait(_FIRST_ANSWER_SECONDS)
        # One after the other, the soonest needed first: two at a time would leave no core to those
        # who ask meanwhile. A job that comes before its turn starts what it needs itself.
        service_model()
        parts[OtherServices].load()
        parts[S3Service].restore()
        parts[Workers].prepare()
        parts[Functions].restore()
    except Exception:
        # Without S3 every job would wait for ever: better no server than half of one.
        _log.exception("the other services did not start")
        parts[Workers].close()
        os._exit(1)


def _is_told(told: "SimpleQueue[int]") -> bool:
    """Return whether the server is told to stop, after waiting a moment for that."""
    try:
        told.get(timeout=_WATCH_SECONDS)
    except Empty:
        return False
    return True
