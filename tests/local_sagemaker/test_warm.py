"""Whether a command starts warm or cold is nothing that it can see."""

import json
import re
import subprocess
import sys
import textwrap

import pytest
from kit import PACKAGE
from place import IS_WARM

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="commands start warm on Linux only")

PROBE = """
# Imported first: from here on both have the same packages.
import numpy, pandas, joblib
import sklearn.compose, sklearn.ensemble, sklearn.impute, sklearn.linear_model, sklearn.metrics
import sklearn.model_selection, sklearn.pipeline, sklearn.preprocessing
import locale, json, os, pickle, resource, signal, subprocess, sys, threading, warnings

def streams():
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        yield [stream.name, stream.mode, stream.encoding, stream.errors, stream.isatty(),
               stream.line_buffering, stream.write_through, type(stream.buffer).__name__]

class Mine:
    pass

if __name__ == "__main__":
    main = sys.modules["__main__"]
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    seen = {
        "argv": sys.argv,
        "orig_argv": sys.orig_argv,
        "name": __name__,
        "file": __file__,
        "main": {
            name: repr(value) if name in ("__spec__", "__package__", "__doc__", "__cached__",
                "__annotations__", "__builtins__", "__file__", "__name__") else type(value).__name__
            for name, value in sorted(vars(main).items()) if name.startswith("__")
        },
        "loader": [main.__loader__.name, main.__loader__.path],
        "path": sys.path,
        "environ": dict(os.environ),
        "environ of a child": sorted(subprocess.check_output(["env"], text=True).split("\\n")),
        "cwd": os.getcwd(),
        "fds": sorted(fd for fd in os.listdir("/proc/self/fd")
                      if os.path.exists(f"/proc/self/fd/{fd}")),
        "signals": {s.name: str(signal.getsignal(s)) for s in signal.Signals},
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "wakeup": signal.set_wakeup_fd(-1),
        "kernel's signals": [status[name] for name in ("SigBlk", "SigIgn", "SigCgt")],
        "capabilities": [status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")],
        "flags": str(sys.flags),
        "options": [sys.warnoptions, sys._xoptions],
        "interpreter": [sys.executable, sys.prefix, sys.base_prefix, sys._base_executable],
        "threads": [threading.active_count(), threading.current_thread().name],
        "main thread": threading.main_thread().native_id == os.getpid(),
        "leads its group": os.getpgrp() == os.getpid(),
        "has a session of its own": os.getsid(0) == os.getppid(),
        "umask": os.umask(0o22),
        "limits": [resource.getrlimit(r) for r in range(16)],
        "stdin": sys.stdin.read(),
        "streams": list(streams()),
        "locale": [locale.getlocale(), locale.getpreferredencoding(), sys.getfilesystemencoding()],
        "recursion": sys.getrecursionlimit(),
        "warnings": [str(entry) for entry in warnings.filters],
        "ours": [name for name in sys.modules if name.startswith("sagemaker_local")],
        "pickled": pickle.loads(pickle.dumps(Mine)) is Mine,
        "opt_ml": sorted(os.listdir("/opt/ml")),
    }
    print(json.dumps(seen))
"""


def test_a_warm_start_shows_nothing_of_itself(cold, warm):
    assert cold.run(IS_WARM) == (0, "False\n")
    assert warm.run(IS_WARM) == (0, "True\n")
    seen = []
    for place in (cold, warm):
        code, said = place.run(PROBE, "--x", "1", MINE="yes", PYTHONPATH="/opt/ml/code:relative")
        assert code == 0, said
        found = json.loads(said)
        found["path"] = [entry.replace(str(place.folder), "") for entry in found["path"]]
        seen.append(found)
    assert seen[0]["environ"]["MINE"] == "yes"
    assert seen[0]["path"][:3] == ["/opt/ml/code", "/opt/ml/code", "/opt/ml/code/relative"]
    assert seen[0] == seen[1]


ENDS = {
    "done": "print('done', end='')",
    "code": "import sys; sys.exit(3)",
    "text": "import sys; sys.exit('no rows')",
    "exit": "raise SystemExit",
    "error": """
        def outer():
            try:
                inner()
            except ValueError as error:
                raise KeyError("outer") from error
        def inner():
            raise ValueError("ä€😀")
        outer()
        """,
    "syntax": "if True print('no')",
    "missing": "import nothing_of_that_name",
    "interrupt": "raise KeyboardInterrupt",
    "interrupted": "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('not reached')",
    "quit": "import atexit, os; atexit.register(print, 'never'); os._exit(7)",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "abort": "import os; os.abort()",
    "atexit": """
        import atexit
        atexit.register(print, "first, so last")
        atexit.register(lambda: 1 / 0)
        print("body")
        """,
    "atexit after an error": "import atexit; atexit.register(print, 'bye'); raise OSError('disk')",
    "hook": """
        import sys
        sys.excepthook = lambda kind, error, trace: print(kind, error, trace.tb_lineno)
        raise ValueError("hooked")
        """,
    "threads": """
        import threading, time
        def work():
            time.sleep(0.2)
            print("thread", threading.main_thread().is_alive())
            raise ValueError("in a thread")
        threading.Thread(target=work, name="worker").start()
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        print("main")
        """,
    "streams": """
        import sys
        print("out")
        print("err", file=sys.stderr)
        sys.stdout.write("ä€😀 no newline")
        sys.stdout.buffer.write(bytes([255, 10]))
        """,
    "objects that are left": """
        import logging, pandas, weakref
        class Last:
            def __init__(self, name):
                self.name = name
            def __del__(self):
                print("bye", self.name, pandas is not None)
        kept, loop = Last("kept"), Last("loop")
        loop.itself = loop
        file = open("/opt/ml/unclosed", "w")
        file.write("written at the end")
        weakref.finalize(kept, print, "finalized")
        logging.getLogger().addHandler(logging.FileHandler("/opt/ml/logged", delay=True))
        logging.warning("logged")
        """,
    "warning": "import warnings; warnings.warn('careful')",
    "logging": "import logging; logging.basicConfig(level='INFO'); logging.info('logged')",
    "own modules": "from mine import answer; print(answer())",
}


NOT_ITS = ("code", "log")
CODES = {
    **dict.fromkeys(("text", "error", "syntax", "missing", "atexit after an error", "hook"), 1),
    **{"code": 3, "quit": 7, "interrupt": 130, "interrupted": 130, "abort": 134, "killed": 137},
}


@pytest.mark.parametrize("name", ENDS)
def test_a_warm_start_ends_like_a_cold_one(cold, warm, name):
    files = {"script.py": ENDS[name], "mine.py": "def answer(): return __name__"}
    ends = [place.start(files) for place in (cold, warm)]
    codes = [child.wait(60) for child, _ in ends]
    logs = [re.sub(b"0x[0-9a-f]+", b"", log.read_bytes()) for _, log in ends]
    assert codes == [CODES.get(name, 0)] * 2
    assert logs[0] == logs[1]
    written = [
        {path.name: path.read_text() for path in log.parent.iterdir() if path.name not in NOT_ITS}
        for _, log in ends
    ]
    assert written[0] == written[1]
    if name == "objects that are left":
        assert written[0] == {"unclosed": "written at the end", "logged": "logged\n"}


PARALLEL = """
    import multiprocessing, os, sys
    from concurrent.futures import ProcessPoolExecutor
    import joblib, numpy as np

    class Square:
        def __call__(self, number):
            return number * number

    if __name__ == "__main__":
        for method in ("fork", "spawn", "forkserver"):
            with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
                print(method, list(pool.map(Square(), range(4))))
        for name in ("loky", "multiprocessing", "threading"):
            print(name, joblib.Parallel(2, name)(joblib.delayed(Square())(i) for i in range(4)))
        a = np.ones((700, 700))
        print((a @ a).sum(), np.linalg.inv(np.eye(300)).sum())
        from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
        forest = RandomForestRegressor(n_jobs=2, random_state=0)
        for model in (HistGradientBoostingRegressor(), forest):
            print(model.fit(a[:50, :3], range(50)).predict(a[:2, :3]))
    """


def test_processes_and_threads_of_a_script_work(cold, warm):
    (cold_code, cold_log), (warm_code, warm_log) = cold.run(PARALLEL), warm.run(PARALLEL)
    assert (cold_code, warm_code) == (0, 0), warm_log
    assert "loky [0, 1, 4, 9]" in warm_log
    assert cold_log == warm_log


def test_no_two_jobs_draw_the_same(warm):
    script = """
        import multiprocessing, random, secrets, tempfile, uuid
        import numpy as np
        print([random.random(), np.random.rand(), np.random.default_rng().random(), uuid.uuid4(),
               multiprocessing.current_process().authkey.hex(), secrets.token_hex(8),
               next(tempfile._get_candidate_names())])
        """
    drawn = [warm.run(script)[1].strip("[]\n").split(", ") for _ in range(2)]
    assert all(first != second for first, second in zip(*drawn, strict=True))


def test_what_a_warm_start_would_change_starts_cold(warm):
    cases = {
        "a variable that is read at the start": {"OMP_NUM_THREADS": "1"},
        "an option of the interpreter": {"argv": [sys.executable, "-X", "dev", "script.py"]},
        "a variable of the interpreter": {"PYTHONHASHSEED": "0"},
        "a time zone": {"TZ": "Asia/Tokyo"},
        "a language": {"LC_ALL": "C"},
    }
    for what, options in cases.items():
        assert warm.run(IS_WARM, **options) == (0, "False\n"), what
    in_files = {
        "a module of that name": {"pandas.py": ""},
        "a package of that name": {"six/__init__.py": ""},
        "a start-up module": {"sitecustomize.py": ""},
        "code that sets such a variable": {
            "threads.py": "import os; os.environ['OMP_NUM_THREADS']"
        },
    }
    for what, files in in_files.items():
        found = warm.run({"script.py": IS_WARM} | files, PYTHONPATH="/opt/ml/code")
        assert found == (0, "False\n"), what
    harmless = {
        "script.py": IS_WARM,
        "model.py": "",
        "six/data.txt": "",
        "notes.txt": "OMP_NUM_THREADS",
    }
    assert warm.run(harmless) == (0, "True\n")


def test_variables_that_packages_read_at_import_are_known(tmp_path):
    script = f"""
        import os, sys
        read = set()
        class Recorder(type(os.environ)):
            def __getitem__(self, name):
                read.add(name)
                return super().__getitem__(name)
            def __contains__(self, name):
                read.add(name)
                return super().__contains__(name)
        os.environ.__class__ = Recorder
        sys.path.insert(0, {str(PACKAGE)!r})
        from sagemaker_local.processes import nursery, warm_script
        for package in nursery.PACKAGES:
            __import__(package)
        print(sorted(n for n in read if not warm_script._READ_AT_START.fullmatch(n)))
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    # HOME gives `sysconfig` the folder of `pip install --user`, which is another process.
    assert done.stdout == "['HOME']\n"
