"""Converters of published line networks: names and shapes checked, where they are from kept."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from torch import nn

from lcpipe.extractors._foreign_networks import InformativeGenerator, anime2sketch_generator
from lcpipe.extractors._sketchkeras_network import SketchKeras
from lcpipe.model.imports import anime2sketch, informative, sketchkeras
from lcpipe.model.weights import file_record
from lcpipe.pipeline.dataset.errors import WeightsError

FOREIGN = [(sketchkeras, SketchKeras), (informative, InformativeGenerator), (anime2sketch, anime2sketch_generator)]


def learned(network: nn.Module) -> dict[str, Any]:
    return {name: one for name, one in network.state_dict().items() if not name.endswith("num_batches_tracked")}


@pytest.mark.parametrize(("module", "make"), FOREIGN)
def test_state_dicts_come_through(module: Any, make: Any, tmp_path: Path) -> None:
    network = make()
    path = tmp_path / "netG.pth"
    torch.save({f"module.{name}": value for name, value in network.state_dict().items()}, path)
    tensors, metadata = module.convert(path)
    wanted = learned(network)
    assert tensors.keys() == wanted.keys()
    assert all(torch.equal(tensors[name], wanted[name]) for name in wanted)
    assert metadata == {"source": "netG.pth", "source_sha256": file_record(path).sha256}


@pytest.mark.parametrize(("module", "make"), FOREIGN[:2])
def test_other_networks_are_refused(module: Any, make: Any, tmp_path: Path) -> None:
    state = make().state_dict()
    first = next(iter(state))
    for bad, said in (
        ({name: value for name, value in state.items() if name != first}, "missing"),
        ({**state, first: state[first][:1]}, "shape"),
        ({**state, first: torch.full_like(state[first], torch.nan)}, "no numbers"),
    ):
        torch.save(bad, tmp_path / "bad.pth")
        with pytest.raises(WeightsError, match=said):
            module.convert(tmp_path / "bad.pth")


def keras_file(path: Path, network: nn.Module, root: str) -> Path:
    """A file as Keras writes it: layers numbered as made, kernels (rows, columns, in, out)."""
    numbers = {nn.Conv2d: 0, nn.BatchNorm2d: 0}
    with h5py.File(path, "w") as file:
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                numbers[nn.Conv2d] += 1
                name = f"conv2d_{numbers[nn.Conv2d]}"
                file[f"{root}{name}/{name}/kernel:0"] = module.weight.detach().numpy().transpose(2, 3, 1, 0)
                file[f"{root}{name}/{name}/bias:0"] = module.bias.detach().numpy()
            elif isinstance(module, nn.BatchNorm2d):
                numbers[nn.BatchNorm2d] += 1
                name = f"batch_normalization_{numbers[nn.BatchNorm2d]}"
                for theirs, ours in sketchkeras.NORMALISATION.items():
                    file[f"{root}{name}/{name}/{theirs}:0"] = getattr(module, ours).detach().numpy()
    return path


@pytest.mark.parametrize("root", ["", "model_weights/"])
def test_keras_layers_come_in_their_order(root: str, tmp_path: Path) -> None:
    network = SketchKeras()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean)
    tensors, _ = sketchkeras.convert(keras_file(tmp_path / "mod.h5", network, root))
    wanted = learned(network)
    assert all(torch.equal(tensors[name], wanted[name]) for name in wanted)


def test_broken_and_foreign_keras_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mod.h5"
    path.write_bytes(b"no HDF5")
    with pytest.raises(WeightsError, match="cannot read the Keras file"):
        sketchkeras.convert(path)
    with h5py.File(path, "w") as file:
        file["conv2d_1/kernel:0"] = np.zeros((3, 3, 1, 32), np.float32)
    with pytest.raises(WeightsError, match="layers called conv"):
        sketchkeras.convert(path)
