"""The command: one line with the address, errors in one line before anything is served, a clean stop."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.studio import Client

from lcpipe.model.studio.serve import Options, prepared
from lcpipe.pipeline.dataset.errors import LcpipeError

COMMAND = [sys.executable, "-m", "lcpipe.pipeline"]


def test_it_serves_until_it_is_stopped(small_model: Path) -> None:
    command = [*COMMAND, "--json", "studio", "--model", str(small_model), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            url = json.loads(process.stdout.readline())["url"]
            assert Client(url).get("/api/health").json == {"state": "ready"}
            process.send_signal(signal.SIGINT)
            answered, said = process.communicate(timeout=300)
        finally:
            process.kill()
    assert process.returncode == 130
    assert answered == ""  # the address was the one answer
    assert said.strip() == "stopped; drawings are kept in the browser"


def test_a_missing_model_is_said_in_one_line() -> None:
    command = [*COMMAND, "studio", "--model", "nowhere.safetensors", "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "no such model file" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"models": (__file__,)}, "cannot read the model"),
        ({"dataset": "nowhere"}, "nowhere"),
        ({"host": "example.org"}, "no address"),
        ({"device": "nonsense"}, "cannot use the device"),
    ],
)
def test_what_cannot_be_served_is_refused_before_anything_listens(
    options: dict[str, Any], says: str, small_model: Path
) -> None:
    whole = {"models": (str(small_model),), "port": 0, **options}
    with pytest.raises(LcpipeError, match=says), prepared(Options(**whole)):
        pass
