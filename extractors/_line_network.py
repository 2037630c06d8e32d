"""The small line network: a U-Net of 0.4 M parameters that sees a picture's fine detail and says where its ink is.

As sketchKeras does, it looks at the picture minus its blur, so that flat colour says nothing; the luma beside it tells
black lines from dark shades. All but the last convolutions work at half the size, which makes it cheap on a CPU. There
is no normalisation: a tile is drawn as the whole picture would be.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Float32 = NDArray[np.float32]

PLANES = 4
MULTIPLE_PX = 8  # three times halved
EDGE_PX = 48  # of mirrored picture around it
HALO_PX = 64  # its convolutions reach 43 px
BLUR_SIGMA_PX = 3.0
GAIN = 3.0


class LineNetwork(nn.Module):
    """Detail planes (B, 4, H, W), sides multiples of 8 -> logits of ink (B, 1, H, W)."""

    def __init__(self, widths: Sequence[int] = (32, 64, 96), fine: int = 8) -> None:
        super().__init__()
        half, quarter, eighth = widths
        self.widths, self.fine = tuple(widths), fine
        self.enter = _pair(PLANES * 4, half, 1)
        self.down4 = _pair(half, quarter, 2)
        self.deep4 = _convolution(quarter, quarter)
        self.down8 = _pair(quarter, eighth, 2)
        self.deep8 = _convolution(eighth, eighth)
        self.up4 = nn.Conv2d(eighth, quarter, 1)
        self.out4 = _convolution(quarter, quarter)
        self.up2 = nn.Conv2d(quarter, half, 1)
        self.out2 = _convolution(half, half)
        self.up1 = nn.Conv2d(half, 4 * fine, 1)
        self.out1 = _convolution(fine + PLANES, fine)
        self.ink = nn.Conv2d(fine, 1, 1)

    def forward(self, planes: Tensor) -> Tensor:
        """Down to an eighth of the size and back, adding what was seen on the way."""
        at2 = self.enter(nn.functional.pixel_unshuffle(planes, 2))
        at4 = self.deep4(self.down4(at2))
        at8 = self.deep8(self.down8(at4))
        out = self.out4(at4 + _doubled(self.up4(at8)))
        out = self.out2(at2 + _doubled(self.up2(out)))
        out = nn.functional.pixel_shuffle(self.up1(out), 2)
        result: Tensor = self.ink(self.out1(torch.cat([out, planes], 1)))
        return result


def detail_planes(picture: Float32) -> Float32:
    """What the network sees of a picture, float32 (H, W, 3) in [0, 1] -> float32 (4, H, W): detail, and luma."""
    detail = picture - cv2.GaussianBlur(picture, (0, 0), BLUR_SIGMA_PX, borderType=cv2.BORDER_REFLECT)
    planes = np.empty((PLANES, *picture.shape[:2]), np.float32)
    np.multiply(detail.transpose(2, 0, 1), GAIN, out=planes[:3])
    np.subtract(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), 0.5, out=planes[3])
    return planes


def _convolution(channels_in: int, channels_out: int, stride: int = 1) -> nn.Sequential:
    """Three by three, then ReLU; weights that keep activations at one size (He et al. 2015, arXiv:1502.01852)."""
    convolution = nn.Conv2d(channels_in, channels_out, 3, stride, 1)
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
    return nn.Sequential(convolution, nn.ReLU(inplace=True))


def _pair(channels_in: int, channels_out: int, stride: int) -> nn.Sequential:
    return nn.Sequential(_convolution(channels_in, channels_out, stride), _convolution(channels_out, channels_out))


def _doubled(maps: Tensor) -> Tensor:
    """Nearest neighbours: unlike a bilinear one it reaches no further at a tile's edge than within it."""
    result: Any = nn.functional.interpolate(maps, scale_factor=2.0, mode="nearest")
    return torch.as_tensor(result)
