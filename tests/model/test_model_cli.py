"""The commands of the model: they import no torch for their help, and carry a dataset to a painted drawing."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from support.small_model import make_broken_model, make_small_model
from support.tiny_dataset import make_tiny_dataset

from lcpipe.model.cli import COMMANDS, command
from lcpipe.model.painter import load_painter
from lcpipe.model.presets import preset_names
from lcpipe.pipeline.cli import lcpipe
from lcpipe.pipeline.dataset.errors import LcpipeError, UsageError

PROTOCOL = (
    'name = "q"\nversion = 1\nseed = 1\nsplits = ["test"]\nn = 2\ncrop_px = 64\nhints = [0, 4]\nmetrics = ["psnr"]'
)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(lcpipe, arguments, standalone_mode=False)


def answer(*arguments: str) -> dict[str, Any]:
    result = call("--json", *arguments)
    assert result.exception is None, result.exception
    value: dict[str, Any] = json.loads(result.stdout)
    return value


def test_the_commands_can_be_listed_without_torch() -> None:
    script = (
        "import sys; from lcpipe.model.cli import COMMANDS\n"
        "heavy = {'torch', 'numpy', 'cv2', 'pyarrow', 'skimage'} & sys.modules.keys()\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_help_of_train_names_every_preset() -> None:
    (said,) = [option.help for option in command("train").params if option.name == "preset"]
    assert set(preset_names()) <= set(re.findall(r"[\w-]+", said))


def test_a_machine_without_torch_is_told_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "sys.modules['torch'] = None\n"  # what an import of a missing module meets
        "from lcpipe.pipeline.cli import main\n"
        "main(['colorize', 'a.png', '--out', 'b.png'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    assert "pip install 'lcpipe[torch]'" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_explains_itself_with_an_example(name: str) -> None:
    found = command(name)
    assert f"lcpipe {name} " in (found.help or "")
    for parameter in found.params:
        assert isinstance(parameter, click.Argument) or getattr(parameter, "help", None), parameter.name


def test_from_a_dataset_to_a_painted_drawing(tmp_path: Path) -> None:
    dataset = str(make_tiny_dataset(tmp_path / "dataset", rows=12))
    run = str(tmp_path / "run")
    small = ["--set", "size=32", "--set", "batch=2", "--set", "workers=0", "--set", "hints.unhinted=0.5"]
    trained = answer("train", dataset, "--out", run, "--steps", "2", *small)
    assert (trained["step"], trained["resumed_from"]) == (2, 0)
    assert answer("train", "--resume", run, "--steps", "3")["resumed_from"] == 2
    assert load_painter(trained["model"]).metadata["config"]["batch"] == 2  # what ablations are told apart by
    (tmp_path / "q.toml").write_text(PROTOCOL)
    measured = answer(
        "evaluate", trained["model"], dataset, "--out", str(tmp_path / "out"), "--protocol", str(tmp_path / "q.toml")
    )
    assert measured["overlap"]["state"] == "none"
    assert Path(measured["report"]).is_file()
    Image.fromarray(np.full((40, 60), 255, np.uint8)).save(tmp_path / "a.png")
    painted = answer("colorize", str(tmp_path / "a.png"), "--model", trained["model"], "--out", str(tmp_path / "b.png"))
    assert painted == {"painted": [str(tmp_path / "b.png")]}


def test_an_evaluation_is_printed_as_a_table(tmp_path: Path, tiny_dataset: Path) -> None:
    model = str(make_small_model(tmp_path / "model.safetensors"))
    (tmp_path / "q.toml").write_text(PROTOCOL)
    result = call(
        "evaluate", model, str(tiny_dataset), "--out", str(tmp_path / "o"), "--protocol", f"{tmp_path}/q.toml"
    )
    assert result.exception is None
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["lines", "n", "hints", "psnr"]
    assert lines[1].split()[:3] == ["xdog_03", "1", "0"]
    assert lines[-2:] == ["overlap unknown", f"report  {tmp_path}/o/report.html"]


def test_a_model_that_painted_nothing_is_below_what_is_asked(tmp_path: Path, tiny_dataset: Path) -> None:
    model = str(make_broken_model(tmp_path / "model.safetensors"))
    (tmp_path / "q.toml").write_text(PROTOCOL)
    result = call(
        "evaluate", model, str(tiny_dataset), "--out", str(tmp_path / "o"), "--protocol", f"{tmp_path}/q.toml"
    )
    assert result.return_value == 3
    assert "model failed on 1 of xdog_03" in result.stdout
    assert (tmp_path / "o" / "report.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["train"], UsageError, "a DATASET is missing"),
        (["train", "dataset"], UsageError, "--out RUN is missing"),
        (["train", "dataset", "--resume", "run"], UsageError, "from the run"),
        (["train", "--resume", "run", "--set", "batch=2"], UsageError, "from the run"),
        (["train", "absent", "--out", "run"], LcpipeError, "not a dataset"),
        (["train", "absent", "--out", "run", "--preset", "tny"], LcpipeError, "did you mean tiny"),
        (["train", "absent", "--out", "run", "--set", "bach=2"], LcpipeError, "did you mean batch"),
        (["train", "--resume", "absent"], LcpipeError, "cannot read"),
        (["evaluate", "absent.safetensors", "absent", "--out", "out"], LcpipeError, "not a dataset"),
        (["colorize", "a.png", "--out", "b.png", "--model", "absent.safetensors"], LcpipeError, "no such model"),
    ],
)
def test_what_is_wrong_is_one_clear_error(
    arguments: list[str], error: type[Exception], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call(*arguments)
    assert isinstance(result.exception, error), result.exception
    assert message in str(result.exception)
    assert list(tmp_path.iterdir()) == []
