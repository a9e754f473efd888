"""Runs uv on a machine that may have only Python: the one on PATH, else one it installs here."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

OWN = Path(__file__).resolve().parents[1] / ".uv"


def find_uv() -> str:
    """Return the path of uv; install it next to this repository's files when it is nowhere."""
    found = shutil.which("uv", path=f"{os.environ.get('PATH', '')}{os.pathsep}{OWN / 'bin'}")
    if found:
        return found
    if importlib.util.find_spec("pip") is None:
        raise SystemExit(
            "error: neither uv nor pip is here; run `apt install python3-pip`, "
            "or install uv as https://docs.astral.sh/uv says"
        )
    print("Installing uv into .uv …", file=sys.stderr, flush=True)
    # A folder as the target is allowed also where the system manages Python's own packages.
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pip += ["--root-user-action=ignore", "--target", str(OWN)]
    done = subprocess.run([*pip, "uv>=0.9"], check=False)
    if done.returncode != 0:
        raise SystemExit("error: pip could not install uv; its message is above")
    return str(OWN / "bin" / "uv")


def main() -> None:
    """Become uv, with this command's arguments."""
    uv = find_uv()
    environment = dict(os.environ)
    environment["PATH"] = os.pathsep.join([str(Path(uv).parent), environment.get("PATH", "")])
    # Python starts many times in what follows, and imports twice as fast what the first start has
    # compiled. Compiling everything at installation would take longer than that saves.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    os.execve(uv, [uv, *sys.argv[1:]], environment)


if __name__ == "__main__":
    main()
