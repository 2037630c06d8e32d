"""InceptionV3 up to its last pooling, in the layout of torchvision's weights: what AlacGAN's released FID looked with.

Source: Szegedy et al. 2016, arXiv:1512.00567; names as in torchvision's `inception_v3`; 21,785,568 parameters.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .features import channel, freeze
from .weights import WeightsFile, file_record, fill, find_weights, read_tensors

# A step is (name, channels out, kernel, stride); "avg" and "max" pool by 3; a tuple of two steps runs both at once.
Step: TypeAlias = Any
Branch: TypeAlias = Sequence[Step]

WIDE, HIGH = (1, 7), (7, 1)


def _a(pool: int) -> Sequence[Branch]:
    return (
        (("branch1x1", 64, 1),),
        (("branch5x5_1", 48, 1), ("branch5x5_2", 64, 5)),
        (("branch3x3dbl_1", 64, 1), ("branch3x3dbl_2", 96, 3), ("branch3x3dbl_3", 96, 3)),
        ("avg", ("branch_pool", pool, 1)),
    )


def _c(inner: int) -> Sequence[Branch]:
    double = (inner, HIGH), (inner, WIDE), (inner, HIGH), (192, WIDE)
    return (
        (("branch1x1", 192, 1),),
        (("branch7x7_1", inner, 1), ("branch7x7_2", inner, WIDE), ("branch7x7_3", 192, HIGH)),
        (("branch7x7dbl_1", inner, 1), *((f"branch7x7dbl_{n}", *step) for n, step in enumerate(double, 2))),
        ("avg", ("branch_pool", 192, 1)),
    )


_B: Sequence[Branch] = (
    (("branch3x3", 384, 3, 2),),
    (("branch3x3dbl_1", 64, 1), ("branch3x3dbl_2", 96, 3), ("branch3x3dbl_3", 96, 3, 2)),
    ("max",),
)
_D: Sequence[Branch] = (
    (("branch3x3_1", 192, 1), ("branch3x3_2", 320, 3, 2)),
    (
        ("branch7x7x3_1", 192, 1), ("branch7x7x3_2", 192, WIDE), ("branch7x7x3_3", 192, HIGH),
        ("branch7x7x3_4", 192, 3, 2),
    ),
    ("max",),
)  # fmt: skip
_E: Sequence[Branch] = (
    (("branch1x1", 320, 1),),
    (("branch3x3_1", 384, 1), (("branch3x3_2a", 384, (1, 3)), ("branch3x3_2b", 384, (3, 1)))),
    (
        ("branch3x3dbl_1", 448, 1), ("branch3x3dbl_2", 384, 3),
        (("branch3x3dbl_3a", 384, (1, 3)), ("branch3x3dbl_3b", 384, (3, 1))),
    ),
    ("avg", ("branch_pool", 192, 1)),
)  # fmt: skip

MIXED = {
    "Mixed_5b": (192, _a(32)), "Mixed_5c": (256, _a(64)), "Mixed_5d": (288, _a(64)), "Mixed_6a": (288, _B),
    "Mixed_6b": (768, _c(128)), "Mixed_6c": (768, _c(160)), "Mixed_6d": (768, _c(160)), "Mixed_6e": (768, _c(192)),
    "Mixed_7a": (768, _D), "Mixed_7b": (1280, _E), "Mixed_7c": (2048, _E),
}  # fmt: skip


class Conv(nn.Module):
    """Convolution without bias, batch norm, ReLU."""

    def __init__(
        self, inner: int, outer: int, kernel: int | tuple[int, int], stride: int = 1, pad: bool = True
    ) -> None:
        super().__init__()
        sides = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        padding = (sides[0] // 2, sides[1] // 2) if pad and stride == 1 else (0, 0)
        self.conv = nn.Conv2d(inner, outer, sides, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outer, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class Mixed(nn.Module):
    """Branches side by side, joined along the channels."""

    def __init__(self, inner: int, branches: Sequence[Branch]) -> None:
        super().__init__()
        self.branches = branches
        for branch in branches:
            width = inner
            for step in branch:
                width = self._add(width, step)

    def _add(self, width: int, step: Step) -> int:
        if isinstance(step, str):
            return width
        for name, outer, *how in step if isinstance(step[0], tuple) else (step,):
            self.add_module(name, Conv(width, outer, *how))
        return int(outer)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self._branch(x, branch) for branch in self.branches], 1)

    def _branch(self, x: Tensor, branch: Branch) -> Tensor:
        for step in branch:
            if step == "avg":
                x = F.avg_pool2d(x, 3, 1, 1)
            elif step == "max":
                x = F.max_pool2d(x, 3, 2)
            elif isinstance(step[0], tuple):
                x = torch.cat([self.get_submodule(name)(x) for name, *_ in step], 1)
            else:
                x = self.get_submodule(step[0])(x)
        return x


class InceptionV3(nn.Module):
    """A batch (B, 3, 299, 299) -> (B, 2048)."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Conv(3, 32, 3, 2)
        self.Conv2d_2a_3x3 = Conv(32, 32, 3, pad=False)
        self.Conv2d_2b_3x3 = Conv(32, 64, 3)
        self.Conv2d_3b_1x1 = Conv(64, 80, 1)
        self.Conv2d_4a_3x3 = Conv(80, 192, 3, pad=False)
        for name, (inner, branches) in MIXED.items():
            self.add_module(name, Mixed(inner, branches))
        freeze(self)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x))), 3, 2)
        x = F.max_pool2d(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)), 3, 2)
        for name in MIXED:
            x = self.get_submodule(name)(x)
        return x.mean((2, 3))


def legacy_input(picture: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) in [0, 1] as the released code gave them to the network: averaged down to 299, and moved by
    a formula for another range, so that black is (-0.030, -0.088, -0.188) and white (0.428, 0.360, 0.262)."""
    std, mean = channel((0.229, 0.224, 0.225), picture), channel((0.485, 0.456, 0.406), picture)
    return F.adaptive_avg_pool2d(picture, 299) * (std / 0.5) + (mean - 0.5) / 0.5


def load_inception_v3(file: str = "") -> tuple[InceptionV3, WeightsFile]:
    """The network with the weights of torchvision's file, found by name or at `file`, and that file. WeightsError."""
    path = find_weights("inception_legacy", file)
    network = InceptionV3()
    fill(network, read_tensors(path), str(path))
    return network, file_record(path)
