"""Illustration2Vec up to conv4_2 as safetensors: from the published Caffe model, or a PyTorch port's state dict."""

from pathlib import Path

from torch import Tensor

from lcpipe.pipeline.dataset.errors import WeightsError

from ..features import illustration2vec_layers
from ..weights import read_tensors
from ._caffe import read_layers
from ._checks import matched, origin

CONVOLUTIONS = (0, 3, 6, 8, 11, 13)  # places of the six convolutions among the first 15 modules


def convert(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors by name, and where they are from. Raises WeightsError for another file or variant.

    The Caffe model's own BGR order of the channels stays: the network that uses these weights expects it.
    """
    tensors = from_caffe(path) if path.suffix == ".caffemodel" else from_port(path)
    return matched(tensors, illustration2vec_layers, path), origin(path)


def from_caffe(path: Path) -> dict[str, Tensor]:
    """The first six convolutions of a Caffe model, in its own order."""
    found = [layer for layer in read_layers(path) if layer.blobs[0].ndim == 4 and len(layer.blobs) == 2]
    if len(found) < len(CONVOLUTIONS):
        what = f"only {len(found)} convolutions with a bias, {len(CONVOLUTIONS)} are needed"
        raise WeightsError(what, where=str(path), hint="give illust2vec_tag_ver200.caffemodel")
    tensors: dict[str, Tensor] = {}
    for place, layer in zip(CONVOLUTIONS, found, strict=False):
        tensors |= {f"{place}.weight": layer.blobs[0], f"{place}.bias": layer.blobs[1].flatten()}
    return tensors


def from_port(path: Path) -> dict[str, Tensor]:
    """A port's tensors: `0.weight`, … or with a name of the network before."""
    tensors = read_tensors(path)
    wanted = [f"{place}.{kind}" for place in CONVOLUTIONS for kind in ("weight", "bias")]
    prefixes = {name.removesuffix("0.weight") for name in tensors if name == "0.weight" or name.endswith(".0.weight")}
    for prefix in sorted(prefixes, key=len):
        if all(prefix + name in tensors for name in wanted):
            return {name: tensors[prefix + name] for name in wanted}
    return tensors
