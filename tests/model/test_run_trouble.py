"""What goes wrong with a run: damage, other settings, numbers that explode, memory, a full disk, signals."""

import os
import resource
import shutil
import signal
from pathlib import Path

import pytest
import torch
from support.tiny_dataset import make_tiny_dataset
from support.tiny_run import assert_same_weights, logged, smallest

from lcpipe.model import color_task
from lcpipe.model.checkpoints import load_model
from lcpipe.model.color_task import ColorTask
from lcpipe.model.loader import Loader
from lcpipe.model.run_folder import checkpoint_folder, read_json
from lcpipe.model.signals import Interrupted, StopRequest
from lcpipe.model.tasks import Measures, Turn
from lcpipe.model.team import Team
from lcpipe.model.torch_settings import torch_settings
from lcpipe.model.trainer import Progress, RunResult, Session, go_on, resume, train
from lcpipe.pipeline.dataset.errors import DatasetError, RunError, StorageError
from lcpipe.pipeline.dataset.reading import open_dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_dataset(tmp_path_factory.mktemp("pairs") / "dataset", rows=14, side=48)


@pytest.fixture(scope="module")
def undisturbed(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return train(str(dataset), tmp_path_factory.mktemp("runs") / "undisturbed", smallest())


def copied(run: RunResult, to: Path) -> Path:
    """The undisturbed run, to be spoilt."""
    for path in run.run.rglob("*"):
        if path.is_file():
            (to / path.relative_to(run.run)).parent.mkdir(parents=True, exist_ok=True)
            (to / path.relative_to(run.run)).write_bytes(path.read_bytes())
    return to


@pytest.mark.parametrize("damage", ["cut", "flip", "missing", "no state"])
def test_a_damaged_checkpoint_is_said_aloud_and_the_one_before_used(
    undisturbed: RunResult, tmp_path: Path, damage: str
) -> None:
    run = copied(undisturbed, tmp_path / "run")
    file = checkpoint_folder(run, 6) / ("state.json" if damage == "no state" else "critic.safetensors")
    data = file.read_bytes()
    if damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif damage == "flip":
        file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    else:
        file.unlink()
    notes: list[str] = []
    result = resume(run, on_note=notes.append)
    assert result.resumed_from == 4
    assert any("checkpoint-0000006" in note for note in notes)
    assert_same_weights(undisturbed.run, run, 6)


def test_other_settings_are_refused_by_name(dataset: Path, undisturbed: RunResult) -> None:
    with pytest.raises(RunError) as caught:
        train(str(dataset), undisturbed.run, smallest("optimizer.learning_rate=1e-5", "data.window=2"))
    assert "data.window, optimizer.learning_rate" in caught.value.what


def test_another_dataset_is_refused(undisturbed: RunResult, tmp_path: Path) -> None:
    other = make_tiny_dataset(tmp_path / "other", rows=6, side=48, seed=1)
    with pytest.raises(RunError, match="dataset"):
        train(str(other), undisturbed.run, smallest())


def test_a_shorter_run_is_refused(dataset: Path, undisturbed: RunResult) -> None:
    with pytest.raises(RunError, match="6 steps already"):
        train(str(dataset), undisturbed.run, smallest(steps=4))


def test_a_folder_with_other_things_is_refused(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(RunError, match="not empty"):
        train(str(dataset), tmp_path, smallest())


def test_a_folder_that_is_no_run_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot read"):
        resume(tmp_path)


def test_a_device_that_does_not_exist_is_one_line(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="abacus"):
        train(str(dataset), tmp_path / "run", smallest(), device="abacus")


def test_a_folder_that_cannot_be_made_is_one_line(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="file/run"):
        train(str(dataset), tmp_path / "file" / "run", smallest())


def test_an_unreadable_dataset_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetError):
        train(str(tmp_path / "nothing"), tmp_path / "run", smallest())
    assert not (tmp_path / "run").exists()


def test_numbers_that_explode_stop_the_run_before_they_are_saved(dataset: Path, tmp_path: Path) -> None:
    notes: list[str] = []
    with pytest.raises(RunError, match="no numbers"):
        train(str(dataset), tmp_path / "run", smallest("optimizer.learning_rate=1e30", steps=20), on_note=notes.append)
    assert sum("of the learning rate" in note for note in notes) == 3
    for checkpoint in (tmp_path / "run").glob("checkpoint-*"):
        generator, _, _ = load_model(checkpoint / "model.safetensors")
        assert all(bool(torch.isfinite(parameter).all()) for parameter in generator.parameters())


class Delicate(ColorTask):
    """A colouriser whose fifth step breaks at more than half of its learning rate."""

    def update(self, turn: Turn) -> Measures:
        measures = super().update(turn)
        (rate,) = {group["lr"] for optimizer in self.optimizers.values() for group in optimizer.param_groups}
        if turn.step == 5 and rate > 0.6 * self.config.optimizer.learning_rate:
            with torch.no_grad():
                self.networks.generator.exit.bias.fill_(float("nan"))
        return measures


def test_a_run_recovers_from_numbers_that_explode(dataset: Path, undisturbed: RunResult, tmp_path: Path) -> None:
    config, packed, notes = smallest(), open_dataset(str(dataset)), []
    plain = color_task.build(config, packed, "cpu", Team())
    task = Delicate(config, "cpu", plain.networks, plain.probes, Team())
    run = copied(undisturbed, tmp_path / "run")
    shutil.rmtree(checkpoint_folder(run, 6))
    session = Session(
        run, config, "cpu", task, Loader(packed, config), read_json(run / "run.json"), lambda at: None, StopRequest(),
        Team(), notes.append,
    )  # fmt: skip
    with torch_settings(threads=1):
        result = go_on(session)
    assert (result.resumed_from, result.step) == (4, 6)
    assert notes == ["step 6: losses are no numbers; back to step 4, at 0.5 of the learning rate"]
    lines = logged(run)
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 4, 5, 6]
    assert (lines[4]["rolled_back_from"], lines[4]["rate_factor"]) == (6, 0.5)
    assert [line["learning_rate"] for line in lines[5:]] == [5e-4] * 2
    assert read_json(checkpoint_folder(run, 6) / "state.json")["rate_factor"] == 0.5
    resume(run, steps=7)
    assert logged(run)[-1]["learning_rate"] == 5e-4


def test_too_little_memory_names_the_setting_to_change(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="out of memory with batch 4") as caught:
        train(str(dataset), tmp_path / "run", smallest("generator.ngf=2000000"))
    assert "accumulate=2" in caught.value.hint
    assert not (tmp_path / "run").exists()


def test_a_full_disk_leaves_the_last_checkpoint_good(dataset: Path, undisturbed: RunResult, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill_the_disk(progress: Progress) -> None:
        if progress.step == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, hard))

    try:
        with pytest.raises(StorageError) as caught:
            train(str(dataset), tmp_path / "run", smallest(), on_progress=fill_the_disk)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "checkpoint-0000004" in caught.value.where
    assert [path.name for path in (tmp_path / "run").glob("*checkpoint-*")] == ["checkpoint-0000002"]
    assert_same_weights(undisturbed.run, resume(tmp_path / "run").run, 6)


def test_a_signal_ends_the_run_after_a_checkpoint(dataset: Path, undisturbed: RunResult, tmp_path: Path) -> None:
    def terminate(progress: Progress) -> None:
        if progress.step == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Interrupted) as caught:
        train(str(dataset), tmp_path / "run", smallest(), on_progress=terminate)
    assert caught.value.exit_code == 143
    assert checkpoint_folder(tmp_path / "run", 4).is_dir()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert_same_weights(undisturbed.run, train(str(dataset), tmp_path / "run", smallest()).run, 6)
