"""All executions that run, and those that run again at once."""

import threading

from definitions import definition, step

from sagemaker_local.pipelines.running_executions import RunningExecutions


class Blocked:
    """An execution that runs until it is told to end."""

    def __init__(self):
        self.free, self.stopped = threading.Event(), threading.Event()

    def run(self):
        assert self.free.wait(20)

    def stop(self):
        self.stopped.set()


def test_an_end_takes_no_later_attempt_along(inside):
    arn = inside.start(definition(step("A")))
    inside.wait(arn)
    running = inside.parts[RunningExecutions]
    resource = running._store.by_arn(arn)
    first, second = Blocked(), Blocked()
    running.start(resource, first)
    (thread,) = [one for one in threading.enumerate() if one.name == arn and one.is_alive()]
    running.start(resource, second)
    first.free.set()
    thread.join(20)
    running.stop(arn)
    assert second.stopped.is_set()
    second.free.set()
