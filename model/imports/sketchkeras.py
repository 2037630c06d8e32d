"""sketchKeras's `mod.h5` (Keras) or the state dict of its PyTorch port as safetensors, named as in the port."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lcpipe.extractors._sketchkeras_network import SketchKeras
from lcpipe.pipeline.dataset.errors import WeightsError

from ..weights import read_tensors
from ._checks import matched, origin

KERAS = (".h5", ".hdf5", ".keras")
# Keras's name of each array of a layer, and torch's: a convolution's, then a normalisation's.
CONVOLUTION = {"kernel": "weight", "bias": "bias"}
NORMALISATION = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}


def convert(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors by name, and where they are from. Raises WeightsError for another file."""
    tensors = _of_keras(path) if path.suffix in KERAS else read_tensors(path)
    return matched(tensors, SketchKeras, path), origin(path)


def _of_keras(path: Path) -> dict[str, Tensor]:
    """Keras numbers layers as they were made, which is the order of the port's: the first conv2d is its first."""
    layers = _layers(path)
    with torch.device("meta"):  # names alone
        network = SketchKeras()
    tensors: dict[str, Tensor] = {}
    for kind, word, arrays in ((nn.Conv2d, "conv", CONVOLUTION), (nn.BatchNorm2d, "batch", NORMALISATION)):
        ours = [name for name, module in network.named_modules() if isinstance(module, kind)]
        theirs = sorted((name for name in layers if word in name.lower()), key=_number)
        if len(ours) != len(theirs):
            what = f"{len(theirs)} layers called {word}… instead of {len(ours)}"
            raise WeightsError(what, where=str(path), hint="give sketchKeras's mod.h5")
        for mine, layer in zip(ours, theirs, strict=True):
            tensors |= dict(_renamed(mine, layers[layer], arrays, f"{path}, {layer}"))
    return tensors


def _renamed(
    mine: str, layer: Mapping[str, Any], arrays: Mapping[str, str], where: str
) -> Iterator[tuple[str, Tensor]]:
    for theirs, ours in arrays.items():
        if theirs not in layer:
            raise WeightsError(f"no array '{theirs}'", where=where, hint="give sketchKeras's mod.h5")
        array = np.asarray(layer[theirs], np.float32)
        if theirs == "kernel" and array.ndim == 4:
            array = array.transpose(3, 2, 0, 1)  # Keras: rows, columns, in, out
        yield f"{mine}.{ours}", torch.from_numpy(np.ascontiguousarray(array))


def _layers(path: Path) -> dict[str, dict[str, Any]]:
    """The arrays of each layer of an HDF5 file, by the last part of their names. Raises WeightsError."""
    try:
        import h5py
    except ModuleNotFoundError:
        hint = "install it by `pip install h5py`, or give the PyTorch port's file"
        raise WeightsError("reading a Keras file needs h5py", where=str(path), hint=hint) from None
    found: dict[str, dict[str, Any]] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and "optimizer" not in name:
            *_, layer, array = name.split("/")
            found.setdefault(layer, {})[array.split(":")[0]] = item[()]

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except (OSError, RuntimeError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(
            f"cannot read the Keras file: {reason}", where=str(path), hint="fetch the file again"
        ) from None
    return found


def _number(layer: str) -> int:
    """The number at the end of a layer's name; the first one of a kind may have none."""
    digits = re.search(r"(\d+)$", layer)
    return int(digits.group(1)) if digits else 0
