"""Brings the published packages of the parity tests into a folder of their own; run as a script, installs them.

They want torchvision, whose build must fit torch's own, and a torchvision that does not fit breaks whatever imports it.
So they never enter the virtual environment: only `published_metrics.py`, a program of its own, looks into the folder.
`make test` runs this before the tests and never fails by it: without the packages parity tests are skipped.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

TOP = Path(__file__).parents[2]
PACKAGES = ("lpips==0.1.4", "torch-fidelity==0.4.0", "torchvision==0.28.0")  # the last is the one of torch 2.13
MISSING = "the published packages are not at hand: `python tests/support/parity_packages.py` installs them"
_TIMEOUT_S = 300


def packages_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where they are kept: below build/, or what LCPIPE_TEST_PARITY names; another Python has another folder."""
    above = Path(environment.get("LCPIPE_TEST_PARITY") or TOP / "build" / "parity")
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    return above / "-".join([python, *(package.replace("==", "_") for package in PACKAGES)])


def install_packages(folder: Path) -> str:
    """Installs them where they are missing, without what they depend on, and says in one line what became of it."""
    if folder.is_dir():
        return f"parity tests use {folder}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
        command = [
            sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--only-binary=:all:", "--retries", "1", "--timeout", "20", "--target", f"{fresh}/packages", *PACKAGES,
        ]  # fmt: skip
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or str(error).encode()
            return f"cannot install {', '.join(PACKAGES)} ({said.decode().strip().splitlines()[-1]}): parity tests skip"
        shutil.move(f"{fresh}/packages", folder)
    return f"installed the packages of the parity tests in {folder}"


if __name__ == "__main__":
    sys.stderr.write(install_packages(packages_folder()) + "\n")
