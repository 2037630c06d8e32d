"""A small network that reads from a line drawing which material lies where; its trunk gives local features.

A backbone for `features.LocalFeatures`: half-size ink (B, 1, H/2, W/2) in [0, 1] -> (B, 128, H/16, W/16), >= 0.
"""

from torch import Tensor, nn
from torch.nn import functional as F

from lcpipe.pipeline.dataset.materials import MATERIALS

from .networks import Block, scale_weights

CHANNELS = 128
STEM = (16, 32, 64)
WIDTH = 192
GROUPS = 8
DILATIONS = (1, 2, 4, 1, 2, 4, 8, 1)
CELL_PX = 8  # side of the cells that materials are told of
_FINER = 2  # cells of materials to a side of a cell of features


def material_layers() -> nn.Sequential:
    """The trunk: three halvings, then blocks that look over the whole figure."""
    first, second, third = STEM
    return nn.Sequential(
        nn.Conv2d(1, first, 3, 1, 1),
        nn.ReLU(),
        nn.Conv2d(first, second, 4, 2, 1),
        nn.ReLU(),
        nn.Conv2d(second, third, 4, 2, 1),
        nn.ReLU(),
        nn.Conv2d(third, WIDTH, 4, 2, 1),
        nn.ReLU(),
        *(Block(WIDTH, GROUPS, dilation=dilation) for dilation in DILATIONS),
        nn.Conv2d(WIDTH, CHANNELS, 1),
        nn.ReLU(),
    )


class MaterialNetwork(nn.Module):
    """The trunk, named `features` as in files of other backbones, with a head that is needed for training only."""

    def __init__(self) -> None:
        super().__init__()
        self.features = material_layers()
        self.head = nn.Conv2d(CHANNELS, len(MATERIALS) * _FINER**2, 1)
        scale_weights(self)

    def forward(self, line: Tensor) -> Tensor:
        """(B, 1, H, W) in [-1, 1] -> how likely each material is, as logits (B, materials, H/8, W/8)."""
        return F.pixel_shuffle(self.head(self.features(half_size_ink(line))), _FINER)


def half_size_ink(line: Tensor) -> Tensor:
    """(B, 1, H, W) with paper +1 -> ink (B, 1, H/2, W/2) in [0, 1], paper 0."""
    return (1 - F.avg_pool2d(line, 2)) / 2
