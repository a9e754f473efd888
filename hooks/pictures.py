"""Makes the pictures of the tutorial anew, by its own commands and a headless Chromium."""

import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TUTORIAL = ROOT / "docs" / "tutorial"
PICTURES = {"data": "data/adopted/churn.html", "report": "data/reports/version-1.html"}
SIZE = "900,760"


def commands() -> list[list[str]]:
    """Return the commands of the tutorial's first section, each as its words."""
    section = (ROOT / "docs" / "tutorial.md").read_text("utf-8").split("\n## ")[1]
    blocks = re.findall(r"^```\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("<template>", str(ROOT)).splitlines()
    return [shlex.split(line) for line in lines]


def main() -> None:
    """Exit with 1 when there is no Chromium, or a command fails."""
    browser = shutil.which("chromium")
    if browser is None:
        raise SystemExit("error: there is no chromium; on Debian `apt-get install chromium`")
    uv = [sys.executable, str(ROOT / "hooks" / "uv.py")]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        try:
            for program, *arguments in commands():
                if program == "cd":
                    place = place / arguments[0]
                    continue
                # Nobody looks at the report that would open.
                quiet = ["--no-open"] if arguments[1:3] == ["ds", "report"] else []
                subprocess.run([*uv, *arguments, *quiet], cwd=place, check=True)
            for name, page in PICTURES.items():
                picture = TUTORIAL / f"{name}.png"
                options = [
                    "--headless",
                    "--no-sandbox",
                    "--hide-scrollbars",
                    f"--window-size={SIZE}",
                ]
                shot = [f"--screenshot={picture}", (place / page).as_uri()]
                subprocess.run([browser, *options, *shot], check=True, capture_output=True)
                print(f"wrote {picture.relative_to(ROOT)}")
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"error: {shlex.join(error.cmd)} failed") from None
        finally:
            subprocess.run([*uv, "run", "sagemaker-local", "down"], cwd=place)


if __name__ == "__main__":
    main()
