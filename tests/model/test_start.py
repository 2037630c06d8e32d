"""Beginning with a model's weights: what it paints is painted on, also by a network with more local features."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from support.tiny_run import smallest

from lcpipe.model.checkpoints import load_model, save_model, start_from
from lcpipe.model.features import BUILDERS
from lcpipe.model.networks import Generator, GeneratorConfig
from lcpipe.model.painter import load_painter
from lcpipe.model.presets import FEATURE_CHANNELS, configure
from lcpipe.model.run_folder import read_json
from lcpipe.model.trainer import resume, train
from lcpipe.pipeline.dataset.errors import RunError, WeightsError

SMALL = GeneratorConfig(ngf=8, blocks=(1, 1, 1, 1), feature_channels=0)


def model_file(path: Path, config: GeneratorConfig = SMALL) -> Path:
    save_model(str(path), Generator(config), None, {})
    return path


def test_new_features_count_for_nothing_at_first(tmp_path: Path) -> None:
    file = model_file(tmp_path / "start.safetensors")
    wider = Generator(GeneratorConfig(ngf=8, blocks=(1, 1, 1, 1), feature_channels=128))
    start_from(wider, str(file))
    plain, _, _ = load_model(file)
    line, hint, features = torch.rand(1, 1, 48, 32), torch.rand(1, 4, 12, 8), torch.rand(1, 128, 3, 2)
    with torch.no_grad():
        torch.testing.assert_close(wider(line, hint, features), plain(line, hint), rtol=0, atol=1e-6)
    assert all(parameter.requires_grad for parameter in wider.parameters())


@pytest.mark.parametrize(("ngf", "channels"), [(16, 0), (8, 256)])
def test_a_model_of_another_shape_is_refused(tmp_path: Path, ngf: int, channels: int) -> None:
    file = model_file(tmp_path / "start.safetensors", GeneratorConfig(ngf, (1, 1, 1, 1), channels))
    with pytest.raises(WeightsError):
        start_from(Generator(GeneratorConfig(8, (1, 1, 1, 1), 128)), str(file))


def test_a_run_records_what_it_began_with_and_goes_on_from_its_folder(tiny_dataset: Path, tmp_path: Path) -> None:
    file = model_file(tmp_path / "start.safetensors")
    started = smallest(f"start_file={file}", "optimizer.learning_rate=0", "ema.half_life_images=0", steps=2)
    result = train(str(tiny_dataset), tmp_path / "run", started)
    start, _, _ = load_model(file)
    model, _, metadata = load_model(result.model)
    assert all(torch.equal(start.state_dict()[name], tensor) for name, tensor in model.state_dict().items())
    record = read_json(result.run / "run.json")
    assert metadata["start"] == record["weights"]["start"]
    assert metadata["start"]["name"] == "start.safetensors"
    assert str(tmp_path) not in (result.run / "run.json").read_text()
    assert resume(result.run, steps=4).step == 4
    model_file(file)
    with pytest.raises(RunError, match="other pretrained files"):
        resume(result.run, steps=6)


def test_every_backbone_has_the_channels_that_the_generator_is_built_for() -> None:
    assert {name: build().channels for name, build in BUILDERS.items()} | {"none": 0} == FEATURE_CHANNELS


def test_features_travel_inside_the_one_file_and_see_no_hints(tmp_path: Path) -> None:
    features = BUILDERS["materials"]()
    generator = Generator(GeneratorConfig(ngf=8, blocks=(1, 1, 1, 1), feature_channels=features.channels))
    save_model(str(tmp_path / "model.safetensors"), generator, features, {})
    painter = load_painter(tmp_path / "model.safetensors")
    line = np.full((48, 64), 255, np.uint8)
    line[20, 8:50] = 0
    prepared = painter.prepare(line)
    signed = torch.from_numpy(line)[None, None].float() / 127.5 - 1
    for shade in (-1.0, 0.0, 1.0):
        hints = np.full((4, 12, 16), shade, np.float32)
        hints[3] = 1
        painted = painter.paint_prepared(prepared, hints)
        with torch.no_grad():
            whole = generator(signed, torch.from_numpy(hints)[None], features(signed))[0]
        assert np.abs(painted - ((whole + 1) * 127.5).permute(1, 2, 0).numpy()).max() <= 1


@pytest.mark.parametrize("task", ["lines", "materials"])
def test_networks_of_the_other_tasks_begin_with_a_file_of_their_own(
    task: str, tiny_dataset: Path, tmp_path: Path
) -> None:
    small = ["size=64", "batch=1", "threads=1", "workers=0", "data.scale=[1.0,1.0]", "lines.authentic=1"]
    first = train(str(tiny_dataset), tmp_path / "first", configure(task, small, 1)).model
    still = configure(task, [*small, f"start_file={first}", "optimizer.learning_rate=0", "seed=7"], 1)
    again = train(str(tiny_dataset), tmp_path / "again", still)
    assert all(torch.equal(tensor, load_file(first)[name]) for name, tensor in load_file(again.model).items())
    assert read_json(again.run / "run.json")["weights"]["start"]["name"] == first.name
    foreign = model_file(tmp_path / "generator.safetensors")
    with pytest.raises(WeightsError, match="tensors are missing"):
        train(str(tiny_dataset), tmp_path / "foreign", configure(task, [*small, f"start_file={foreign}"], 1))
