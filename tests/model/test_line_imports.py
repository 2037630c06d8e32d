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

CONVOLUTION = sketchkeras.CONVOLUTION
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


def keras_file(path: Path, network: nn.Module, root: str, first: int = 1) -> Path:
    """A file as Keras 2 writes it: a group per layer, its arrays named in attributes, kernels (rows, columns, in, out).

    Layers are numbered as they were made, from wherever the session stood, and stand there by name, so that the tenth
    comes before the second. A whole model (root `model_weights/`) brings its description and optimizer along, and
    layers without arrays.
    """
    kinds = {nn.Conv2d: ("conv2d", CONVOLUTION), nn.BatchNorm2d: ("batch_normalization", sketchkeras.NORMALISATION)}
    numbers = dict.fromkeys(kinds, first)
    layers: dict[str, dict[str, np.ndarray]] = {"input_1": {}, "activation_1": {}, "up_sampling2d_1": {}}
    for module in network.modules():
        if type(module) in kinds:
            word, arrays = kinds[type(module)]
            own = {theirs: getattr(module, ours).detach().numpy() for theirs, ours in arrays.items()}
            if "kernel" in own:
                own["kernel"] = own["kernel"].transpose(2, 3, 1, 0)
            layers[f"{word}_{numbers[type(module)]}"] = own
            numbers[type(module)] += 1
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = b"2.0.5", b"tensorflow"
        top = file.require_group(root or "/")
        top.attrs["layer_names"] = [name.encode() for name in layers]
        for name, own in layers.items():
            group = top.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{array}:0".encode() for array in own]
            for array, value in own.items():
                group[f"{name}/{array}:0"] = value
        if root:
            file.attrs["model_config"], file.attrs["training_config"] = b"{}", b"{}"
            file["optimizer_weights/training/Adam/conv2d_1/kernel/m:0"] = np.zeros((3, 3, 1, 32), np.float32)
            file["optimizer_weights/Adam/iterations:0"] = np.int64(7)
    return path


@pytest.mark.parametrize(("root", "first"), [("", 1), ("model_weights/", 95)])
def test_keras_layers_come_in_their_order(root: str, first: int, tmp_path: Path) -> None:
    network = SketchKeras()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean)
    tensors, _ = sketchkeras.convert(keras_file(tmp_path / "mod.h5", network, root, first))
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
