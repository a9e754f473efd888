"""Runs commands as jobs run theirs, warm or cold, with no server around them."""

import os
import sys
import textwrap

from sagemaker_local.processes.command import Command
from sagemaker_local.processes.workers import Workers

IS_WARM = "import pathlib; print('nursery' in pathlib.Path('/proc/self/cmdline').read_text())"


class Place:
    """Somewhere to run scripts, warm or cold."""

    def __init__(self, folder, warm):
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8"}
        self.workers = Workers(folder, self.environment, warm)
        self.count = 0

    def tree(self, files):
        """Make an `/opt/ml` with files in its folder `code`."""
        self.count += 1
        opt_ml = self.folder / f"job-{self.count}"
        (opt_ml / "code").mkdir(parents=True)
        for name, text in files.items():
            (opt_ml / "code" / name).parent.mkdir(exist_ok=True)
            (opt_ml / "code" / name).write_text(textwrap.dedent(text))
        return opt_ml

    def start(self, files, *arguments, argv=None, **environment):
        opt_ml = self.tree(files)
        command = Command(
            argv=argv or [sys.executable, "script.py", *arguments],
            environment=self.environment | environment,
            folder="/opt/ml/code",
            log=str(opt_ml / "log"),
            opt_ml=str(opt_ml),
            ends=True,
        )
        return self.workers.start(command), opt_ml / "log"

    def run(self, script, *arguments, **options):
        """Run a script, or files of which `script.py` is one; returns exit code and output."""
        files = script if isinstance(script, dict) else {"script.py": script}
        child, log = self.start(files, *arguments, **options)
        return child.wait(60), log.read_text()
