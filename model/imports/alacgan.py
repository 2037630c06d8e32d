"""The released AlacGAN's generator checkpoint (`netG_….pth`) as tensors by our names, which are the released ones."""

import re
from pathlib import Path

from torch import Tensor

from lcpipe.pipeline.dataset.errors import WeightsError

from ..networks import Generator, GeneratorConfig
from ..weights import read_tensors
from ._checks import matched, origin

HINT = "give the generator's state dict as the released code saves it (netG_….pth)"


def convert(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors by name, and where they are from. Raises WeightsError for another file or variant."""
    tensors = read_tensors(path)
    config = layout(tensors, path)
    return matched(tensors, lambda: Generator(config), path), origin(path)


def layout(tensors: dict[str, Tensor], path: Path) -> GeneratorConfig:
    """Width, blocks and feature channels of a generator, read off its tensors. Raises WeightsError."""
    if any(name.startswith("feed2.") for name in tensors):
        raise WeightsError("this is a critic, which paints nothing", where=str(path), hint=HINT)
    try:
        width = tensors["toH.0.weight"].shape[0]
        merged = tensors["tunnel4.0.weight"].shape[1]
    except (KeyError, IndexError):
        raise WeightsError("not a generator of AlacGAN", where=str(path), hint=HINT) from None
    at4, at3, at2, at1 = (blocks(tensors, tunnel) for tunnel in (4, 3, 2, 1))
    if min(at4, at3, at2, at1) < 1 or merged < 8 * width or width % 2:
        raise WeightsError("a generator of another layout", where=str(path), hint=HINT)
    return GeneratorConfig(width, (at4, at3, at2, at1), merged - 8 * width)


def blocks(tensors: dict[str, Tensor], tunnel: int) -> int:
    """How many blocks a tunnel has."""
    pattern = re.compile(rf"tunnel{tunnel}\.2\.(\d+)\.")
    return len({found.group(1) for name in tensors if (found := pattern.match(name))})
