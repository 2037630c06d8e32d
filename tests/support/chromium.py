"""Finds the Chromium that browser tests drive; run as a script, installs Debian's where that is possible.

`make test` runs it before the tests. It never fails them: without a browser they are skipped with the reason.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APT_COMMANDS = (
    ("apt-get", "update", "-qq"),
    ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-liberation"),
)
MISSING = f"no browser: none of {', '.join(NAMES)} is on the path, and LCPIPE_TEST_CHROMIUM names none"
_TIMEOUT_S = 600


def find_chromium(environment: Mapping[str, str] = os.environ) -> str | None:
    """The browser's executable: what LCPIPE_TEST_CHROMIUM names, else the first known name on the path."""
    named = environment.get("LCPIPE_TEST_CHROMIUM")
    if named:
        return named if os.access(named, os.X_OK) else None
    return next((found for name in NAMES if (found := shutil.which(name, path=environment.get("PATH")))), None)


def install_chromium() -> str:
    """Installs Debian's Chromium when there is none, and says in one line what became of it."""
    if found := find_chromium():
        return f"browser tests use {found}"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return f"{MISSING}; installing one needs apt-get and root: browser tests are skipped"
    for command in APT_COMMANDS:
        try:
            subprocess.run(
                command, check=True, capture_output=True, timeout=_TIMEOUT_S,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as error:
            return f"`{' '.join(command)}` failed ({error}): browser tests are skipped"
    return f"installed {find_chromium()} for the browser tests"


if __name__ == "__main__":
    sys.stderr.write(install_chromium() + "\n")
