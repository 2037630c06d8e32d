"""Runs on a real packed dataset: what they leave behind, and exact resuming."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from support.tiny_dataset import make_tiny_dataset
from support.tiny_run import SMALLEST, assert_same_weights, logged, smallest

from lcpipe.model.checkpoints import load_model
from lcpipe.model.features import illustration2vec_layers, vgg16_layers
from lcpipe.model.loader import Batch
from lcpipe.model.networks import Generator, GeneratorConfig
from lcpipe.model.presets import RunConfig, configure
from lcpipe.model.run_folder import checkpoint_folder, read_json
from lcpipe.model.team import Team
from lcpipe.model.torch_settings import torch_settings
from lcpipe.model.trainer import Progress, RunResult, resume, train
from lcpipe.model.updates import build_networks, critic_update, generator_update, paint
from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.errors import WeightsError
from lcpipe.pipeline.dataset.reading import open_dataset

ROOT = Path(__file__).resolve().parents[2]


class Killed(Exception):
    """Stands for whatever ends a process without a warning."""


def kill_after(step: int) -> object:
    def on_progress(progress: Progress) -> None:
        if progress.step == step:
            raise Killed

    return on_progress


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_dataset(tmp_path_factory.mktemp("pairs") / "dataset", rows=14, side=48)


@pytest.fixture(scope="module")
def undisturbed(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return train(str(dataset), tmp_path_factory.mktemp("runs") / "undisturbed", smallest())


def test_a_run_leaves_all_that_the_design_names(dataset: Path, undisturbed: RunResult) -> None:
    run = undisturbed.run
    assert sorted(path.name for path in run.iterdir()) == [
        "checkpoint-0000002",
        "checkpoint-0000004",
        "checkpoint-0000006",
        "log.jsonl",
        "model.safetensors",
        "places.json",
        "run.json",
        "samples",
    ]
    assert [path.name for path in sorted((run / "samples").iterdir())] == ["0000004.png", "0000006.png"]
    record = read_json(run / "run.json")
    assert record["dataset"]["digest"] == open_dataset(str(dataset)).digest
    assert record["config"]["ema"]["ramp_up"] == 0.05
    assert record["torch"]["threads"] == 1
    assert undisturbed.images == 24
    assert 0 < undisturbed.metrics["probe_error"] < 1


def test_the_log_has_every_step_and_finite_values(undisturbed: RunResult) -> None:
    lines = logged(undisturbed.run)
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    wanted = {"loss_content", "loss_adversarial", "loss_critic", "penalty", "drift", "gradient_norm", "gradient_ratio"}
    for line in lines:
        assert wanted | {"learning_rate", "images_per_s", "waiting_share", "images", "non_finite"} <= line.keys()
        assert line["gradient_ratio"] > 0


def test_the_model_says_where_it_comes_from(dataset: Path, undisturbed: RunResult) -> None:
    generator, features, metadata = load_model(undisturbed.model)
    assert features is None
    assert not generator.training
    assert metadata["dataset"]["digest"] == open_dataset(str(dataset)).digest
    assert metadata["run"] == {
        "sha256": sha256_hex((undisturbed.run / "run.json").read_bytes()),
        "step": 6,
        "images": 24,
    }
    checkpoint, _, _ = load_model(checkpoint_folder(undisturbed.run, 6) / "model.safetensors")
    pairs = zip(generator.parameters(), checkpoint.parameters(), strict=True)
    assert all(torch.equal(left, right) for left, right in pairs)


@pytest.mark.parametrize(("step", "workers"), [(1, 0), (3, 1), (4, 2), (5, 0)])
def test_killed_and_resumed_gives_the_same_bits(
    dataset: Path, undisturbed: RunResult, tmp_path: Path, step: int, workers: int
) -> None:
    config = smallest(f"workers={workers}")
    with pytest.raises(Killed):
        train(str(dataset), tmp_path / "run", config, on_progress=kill_after(step))  # type: ignore[arg-type]
    result = train(str(dataset), tmp_path / "run", smallest(f"workers={2 - workers}"))
    assert result.resumed_from == step // 2 * 2
    assert_same_weights(undisturbed.run, result.run, 6)
    assert [line["step"] for line in logged(result.run)] == [1, 2, 3, 4, 5, 6]
    samples = [run / "samples" / "0000006.png" for run in (undisturbed.run, result.run)]
    assert samples[0].read_bytes() == samples[1].read_bytes()


def test_a_longer_run_is_the_same_run(dataset: Path, undisturbed: RunResult, tmp_path: Path) -> None:
    short = train(str(dataset), tmp_path / "run", smallest(steps=4))
    longer = resume(short.run, steps=6)
    assert longer.resumed_from == 4
    assert_same_weights(undisturbed.run, longer.run, 6)


def test_a_finished_run_is_left_alone(dataset: Path, undisturbed: RunResult) -> None:
    before = {path: path.stat().st_mtime_ns for path in undisturbed.run.glob("checkpoint-*/*")}
    again = train(str(dataset), undisturbed.run, smallest())
    assert again.resumed_from == 6
    assert again.metrics == undisturbed.metrics
    assert {path: path.stat().st_mtime_ns for path in undisturbed.run.glob("checkpoint-*/*")} == before


def alacgan_in_small(folder: Path, *settings: str) -> RunConfig:
    """The preset `alacgan` with its pretrained networks in random, and everything else as small as it goes."""
    torch.manual_seed(0)
    for name, layers in (("illustration2vec", illustration2vec_layers()), ("vgg16", vgg16_layers(9))):
        if not (folder / f"{name}.safetensors").exists():
            save_file(dict(layers.state_dict()), folder / f"{name}.safetensors")
    files = (f"features_file={folder}/illustration2vec.safetensors", f"perceptual_file={folder}/vgg16.safetensors")
    return configure("alacgan", (*SMALLEST, "critic.head=pooled", *files, *settings), 4)


def test_alacgan_trains_and_resumes_with_its_networks(dataset: Path, tmp_path: Path) -> None:
    config = alacgan_in_small(tmp_path)
    whole = train(str(dataset), tmp_path / "whole", config)
    with pytest.raises(Killed):
        train(str(dataset), tmp_path / "cut", config, on_progress=kill_after(3))  # type: ignore[arg-type]
    cut = resume(tmp_path / "cut")
    assert cut.resumed_from == 2
    assert_same_weights(whole.run, cut.run, 4)
    _, features, metadata = load_model(whole.model)
    assert features is not None
    assert metadata["architecture"]["features"]["name"] == "illustration2vec"
    assert len(read_json(whole.run / "run.json")["weights"]["perceptual"]["sha256"]) == 64


def test_without_an_adversary_there_is_no_critic(dataset: Path, tmp_path: Path) -> None:
    result = train(str(dataset), tmp_path / "run", smallest("loss.adversarial_weight=0", steps=2))
    assert not (checkpoint_folder(result.run, 2) / "critic.safetensors").exists()
    assert "loss_critic" not in logged(result.run)[0]
    assert resume(result.run, steps=3).resumed_from == 2


def test_alacgan_refuses_to_start_without_its_files(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LCPIPE_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsError) as caught:
        train(str(dataset), tmp_path / "run", configure("alacgan"))
    assert "illustration2vec" in caught.value.what
    assert "--set features=none" in caught.value.hint
    assert not (tmp_path / "run").exists()


def test_a_named_substitute_is_in_run_and_model(dataset: Path, tmp_path: Path) -> None:
    settings = (*SMALLEST, "critic.head=pooled", "features=none", "perceptual=l1")
    result = train(str(dataset), tmp_path / "run", configure("alacgan", settings, 1))
    named = {"features": "none instead of illustration2vec", "perceptual": "l1 instead of vgg16"}
    assert read_json(result.run / "run.json")["substitutes"] == named
    assert load_model(result.model)[2]["substitutes"] == named


def test_settings_of_torch_are_put_back(dataset: Path, tmp_path: Path) -> None:
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), torch.random.get_rng_state()
    train(str(dataset), tmp_path / "run", smallest(steps=1))
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before[:2]
    assert torch.equal(torch.random.get_rng_state(), before[2])


def test_only_the_last_and_the_best_checkpoints_stay(dataset: Path, tmp_path: Path) -> None:
    config = smallest("output.checkpoint_every=1", "output.keep=2", steps=6)
    run = train(str(dataset), tmp_path / "run", config).run
    kept = sorted(path.name for path in run.glob("checkpoint-*"))
    assert kept[-2:] == ["checkpoint-0000005", "checkpoint-0000006"]
    assert 2 <= len(kept) <= 3


def test_a_rare_penalty_resumes_too(dataset: Path, tmp_path: Path) -> None:
    config = smallest("loss.penalty_every=3")
    whole = train(str(dataset), tmp_path / "whole", config)
    assert ["penalty" in line for line in logged(whole.run)] == [False, False, True, True, True, True]
    with pytest.raises(Killed):
        train(str(dataset), tmp_path / "cut", config, on_progress=kill_after(5))  # type: ignore[arg-type]
    assert_same_weights(whole.run, resume(tmp_path / "cut").run, 6)


def test_a_small_generator_learns_two_flat_pictures() -> None:
    """Both updates together lower the error on one batch: the signs of all losses are right."""
    config = smallest("optimizer.learning_rate=2e-3", "loss.adversarial_weight=1e-4")
    networks = build_networks(config, "cpu")
    color = torch.stack([torch.full((3, 32, 32), 0.6), torch.full((3, 32, 32), -0.6)])
    hint = torch.cat([torch.nn.functional.avg_pool2d(color, 4), torch.ones(2, 1, 8, 8)], 1)
    batch = Batch(torch.ones(2, 1, 32, 32), color, hint)
    errors = []
    with torch_settings(threads=1):
        for _ in range(120):
            painted = paint(networks, batch)
            critic_update(networks, [painted], [torch.tensor([0.3, 0.7])], config.loss, Team())
            errors.append(float(generator_update(networks, [painted], config.loss, Team())["loss_content"]))
    assert errors[-1] < 0.3 * errors[0]


KILLS = 20
MOTHER = """
import os, random, signal, sys
sys.path.insert(0, {tests!r})
import lcpipe.model.color_task, torch._dynamo  # what a trainer would load by and by, once for all children
from support.tiny_run import smallest
from lcpipe.model.trainer import train

draw = random.Random(2333)
for kill in range({kills}):
    seen, said = os.pipe()
    child = os.fork()
    if not child:
        config = smallest(f"workers={{kill % 3}}", "output.checkpoint_every=1", "output.sample_every=50", steps=60)
        train({dataset!r}, {run!r}, config, on_progress=lambda at: os.write(said, b"."))
        os._exit(0)
    os.close(said)
    for _ in range(draw.randint(1, 3)):
        os.read(seen, 1)
    os.kill(child, signal.SIGKILL)
    print(os.waitpid(child, 0)[1], flush=True)
    os.close(seen)
"""


@pytest.mark.slow
def test_sigkill_at_twenty_random_steps_changes_no_bit(dataset: Path, tmp_path: Path) -> None:
    """One process loads torch once and forks a trainer for each kill; with 0, 1 and 2 loader workers in turn."""
    settings = ("output.checkpoint_every=1", "output.sample_every=50")
    train(str(dataset), tmp_path / "undisturbed", smallest(*settings, steps=60))
    script = MOTHER.format(tests=str(ROOT / "tests"), kills=KILLS, dataset=str(dataset), run=str(tmp_path / "run"))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.split() == [str(signal.SIGKILL.value)] * KILLS, done.stderr
    result = train(str(dataset), tmp_path / "run", smallest(*settings, "workers=1", steps=60))
    assert 20 <= result.resumed_from < 60
    assert_same_weights(tmp_path / "undisturbed", result.run, 60)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_run_on_a_gpu_resumes(dataset: Path, tmp_path: Path) -> None:
    train(str(dataset), tmp_path / "run", smallest(steps=3), device="cuda")
    assert resume(tmp_path / "run", steps=6).resumed_from == 3


def test_generators_of_a_model_are_ready_to_paint(undisturbed: RunResult) -> None:
    generator, _, _ = load_model(undisturbed.model)
    assert isinstance(generator, Generator)
    assert generator.config == GeneratorConfig(8, (1, 1, 1, 1), 0)
    assert generator(torch.ones(1, 1, 32, 48), torch.zeros(1, 4, 8, 12)).shape == (1, 3, 32, 48)
