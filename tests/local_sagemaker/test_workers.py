"""How commands start and end: nothing of them outlives the server, and they start without fail."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from kit import PACKAGE, is_alive, wait_until
from place import IS_WARM, Place

from sagemaker_local.processes.workers import Workers

linux = pytest.mark.skipif(sys.platform != "linux", reason="commands start warm on Linux only")


class TestEnds:
    """What is left of a command when it, its guard, or the server has ended."""

    ORPHANS = """
        import os, subprocess, sys, time
        daemon = (
            "import os, time; os.setsid(); open('daemon', 'w').write(str(os.getpid())); "
            "time.sleep(600)"
        )
        subprocess.Popen([sys.executable, "-c", daemon])
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        while not os.path.exists("daemon"):
            time.sleep(0.01)
        open("script", "w").write(str(os.getpid()))
        if "wait" in sys.argv:
            time.sleep(600)
        """

    @staticmethod
    def pids(log):
        files = [log.parent / "code" / name for name in ("daemon", "script")]
        wait_until(lambda: all(file.exists() and file.read_text() for file in files), bool)
        return [int(file.read_text()) for file in files]

    def test_a_command_that_ends_takes_its_daemons_along(self, place):
        child, log = place.start({"script.py": self.ORPHANS})
        assert child.wait(30) == 0
        assert not any(map(is_alive, self.pids(log)))

    def test_kill(self, place):
        child, log = place.start({"script.py": self.ORPHANS}, "wait")
        pids = self.pids(log)
        child.kill()
        assert child.wait(0) == 137
        assert not any(map(is_alive, pids))

    def test_stop_waits_for_the_grace_and_no_longer(self, place):
        script = """
            import pathlib, signal, time
            signal.signal(signal.SIGTERM, lambda *_: print("asked", flush=True))
            pathlib.Path("up").touch()
            while True:
                time.sleep(0.1)
            """
        child, log = place.start({"script.py": script})
        wait_until((log.parent / "code" / "up").exists, bool)
        child.stop(1.0)
        child.stop(0.0)
        assert child.wait(0.7) is None
        assert child.wait(5) == 137
        assert log.read_text() == "asked\n"

    def test_a_command_that_cannot_be_run(self, place):
        code, said = place.run("", argv=["/no/such/program"])
        assert (code, said) == (127, "cannot run /no/such/program: No such file or directory\n")

    def test_a_program_that_is_no_python_has_the_kernel_s_signals(self, place):
        code, said = place.run("", argv=["sh", "-c", "grep SigIgn /proc/self/status"])
        assert (code, said.split()) == (0, ["SigIgn:", "0000000000000000"])

    @pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
    @pytest.mark.parametrize("warm", [False, True])
    def test_a_killed_server_takes_all_along(self, tmp_path, warm):
        server = f"""
            import sys
            sys.path[:0] = {[str(Path(__file__).parent), str(PACKAGE)]!r}
            from pathlib import Path
            from place import Place
            from test_workers import TestEnds
            place = Place(Path({str(tmp_path)!r}), warm={warm})
            child, log = place.start({{"script.py": TestEnds.ORPHANS}}, "wait")
            print(place.workers._nursery._process.pid, flush=True)
            child.wait()
            """
        running = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(server)], stdout=subprocess.PIPE, text=True
        )
        nursery = int(running.stdout.readline())
        pids = [nursery, *self.pids(tmp_path / "job-1" / "log")]
        assert all(map(is_alive, pids))
        os.kill(running.pid, signal.SIGKILL)
        running.communicate()
        wait_until(lambda: [pid for pid in pids if is_alive(pid)], lambda alive: not alive, 10)


class TestNursery:
    """The process that commands are forked from may go; commands still start."""

    @pytest.fixture
    def own(self, tmp_path):
        place = Place(tmp_path, warm=True)
        yield place
        place.workers.close()

    @linux
    def test_new_packages_are_seen(self, own, tmp_path):
        packages = tmp_path / "packages"
        packages.mkdir()
        own.environment["PYTHONPATH"] = str(packages)
        own.workers = Workers(tmp_path, own.environment, warm=True)
        assert own.run(IS_WARM) == (0, "True\n")
        before = own.workers._nursery._process.pid
        site = next(Path(entry) for entry in sys.path if entry.endswith("site-packages"))
        (site / "new_package_of_tests-1.0.dist-info").mkdir()
        try:
            assert own.run(IS_WARM) == (0, "True\n")
        finally:
            (site / "new_package_of_tests-1.0.dist-info").rmdir()
        assert own.workers._nursery._process.pid != before

    @linux
    def test_a_crash_of_it_leaves_what_runs_alone_and_starts_cold(self, own):
        child, log = own.start({"script.py": "import time; print('up'); time.sleep(2)"})
        wait_until(lambda: log.exists() and log.read_text(), bool)
        os.kill(own.workers._nursery._process.pid, signal.SIGKILL)
        assert own.run(IS_WARM) == (0, "False\n")
        assert child.wait(10) == 0

    @linux
    def test_threads_of_a_package_make_it_start_cold(self, own, tmp_path):
        folder = tmp_path / "threads"
        folder.mkdir()
        (folder / "joblib.py").write_text(
            "import threading, time\n"
            "threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
        )
        own.environment["PYTHONPATH"] = str(folder)
        own.workers = Workers(tmp_path, own.environment, warm=True)
        assert own.run(IS_WARM) == (0, "False\n")
