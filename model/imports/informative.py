"""Informative Drawings' `netG_A_latest.pth` or `sk_model.pth` as safetensors, by the same names."""

from pathlib import Path

from torch import Tensor

from lcpipe.extractors._foreign_networks import InformativeGenerator

from ..weights import read_tensors
from ._checks import matched, origin


def convert(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors by name, and where they are from. Raises WeightsError for another file or variant."""
    return matched(read_tensors(path), InformativeGenerator, path), origin(path)
