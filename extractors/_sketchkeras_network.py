"""sketchKeras's U-Net, its parts named and numbered as in the PyTorch port, so that its state dict fits as it is."""

import torch
from torch import Tensor, nn

MULTIPLE_PX = 32  # four times halved, and padding by reflection needs two pixels at the smallest
HALO_PX = 160


class SketchKeras(nn.Module):
    """Detail (B, 1, H, W), sides multiples of 32 -> ink (B, 1, H, W), unbounded, 1 at a strong line."""

    def __init__(self) -> None:
        super().__init__()
        self.downblock_1 = nn.Sequential(*_layer(1, 32))
        self.downblock_2 = nn.Sequential(*_layer(32, 64, kernel=4, stride=2), *_layer(64, 64))
        self.downblock_3 = nn.Sequential(*_layer(64, 128, kernel=4, stride=2), *_layer(128, 128))
        self.downblock_4 = nn.Sequential(*_layer(128, 256, kernel=4, stride=2), *_layer(256, 256))
        self.downblock_5 = nn.Sequential(*_layer(256, 512, kernel=4, stride=2))
        self.downblock_6 = nn.Sequential(*_layer(512, 512))
        self.upblock_1 = _up(1024, 512, 256)
        self.upblock_2 = _up(512, 256, 128)
        self.upblock_3 = _up(256, 128, 64)
        self.upblock_4 = _up(128, 64, 32)
        self.last_pad = nn.ReflectionPad2d(1)
        self.last_conv = nn.Conv2d(64, 1, 3)

    def forward(self, detail: Tensor) -> Tensor:
        """Down four times and up again, each size joined with what was seen there."""
        d1 = self.downblock_1(detail)
        d2 = self.downblock_2(d1)
        d3 = self.downblock_3(d2)
        d4 = self.downblock_4(d3)
        d5 = self.downblock_5(d4)
        u1 = self.upblock_1(torch.cat([d5, self.downblock_6(d5)], 1))
        u2 = self.upblock_2(torch.cat([d4, u1], 1))
        u3 = self.upblock_3(torch.cat([d3, u2], 1))
        u4 = self.upblock_4(torch.cat([d2, u3], 1))
        ink: Tensor = self.last_conv(self.last_pad(torch.cat([d1, u4], 1)))
        return ink


def _layer(channels_in: int, channels_out: int, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
    """Reflection, convolution, normalisation, ReLU: four numbers of a Sequential."""
    convolution = nn.Conv2d(channels_in, channels_out, kernel, stride)
    return [nn.ReflectionPad2d(1), convolution, nn.BatchNorm2d(channels_out, eps=1e-3), nn.ReLU()]


def _up(channels_in: int, channels: int, channels_out: int) -> nn.Sequential:
    """Nearest neighbours, then an even kernel, which needs one pixel more at the right and the bottom."""
    first = [
        nn.Upsample(scale_factor=2, mode="nearest"),
        nn.ReflectionPad2d((1, 2, 1, 2)),
        nn.Conv2d(channels_in, channels, 4),
        nn.BatchNorm2d(channels, eps=1e-3),
        nn.ReLU(),
    ]
    return nn.Sequential(*first, *_layer(channels, channels_out))
