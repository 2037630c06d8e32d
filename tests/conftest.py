"""What all tests share: a tiny packed dataset, and where the pictures of the shared corpus are."""

import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("lcpipe", deadline=None)  # machines that test are busy: no test is about time
settings.load_profile("lcpipe")

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as in a shell's background, and children inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

TESTS = Path(__file__).parent
sys.path.insert(0, str(TESTS))  # `from support.… import …`: the importlib mode adds no folder by itself

from support.browser import browser  # noqa: E402, F401
from support.object_store import object_store  # noqa: E402, F401
from support.tiny_dataset import make_tiny_dataset  # noqa: E402


@pytest.fixture(scope="session")
def tiny_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small packed dataset to read from; whoever changes one makes their own with `make_tiny_dataset`."""
    return make_tiny_dataset(tmp_path_factory.mktemp("tiny") / "dataset")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared pictures and weights (LCPIPE_TEST_SHARED); without it, tests that need it are skipped."""
    folder = Path(os.environ.get("LCPIPE_TEST_SHARED", TESTS.parent.parent / "shared")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no shared pictures at {folder}: set LCPIPE_TEST_SHARED")
    return folder
