"""Published line networks that see a picture as a whole; parts are named so that the published state dicts fit."""

import torch
from torch import Tensor, nn

DEPTH_CHANNELS = (64, 128, 256, 512, 512, 512, 512, 512)  # of pix2pix's U-Net from the outside in


class Skip(nn.Module):
    """One level of pix2pix's U-Net: halve, what lies inside, double; the input goes past it."""

    def __init__(self, outer: int, inner: int, inside: "Skip | None", entrance: int | None = None) -> None:
        super().__init__()
        self.outermost = entrance is not None
        down = nn.Conv2d(outer if entrance is None else entrance, inner, 4, 2, 1)
        up = nn.ConvTranspose2d(inner if inside is None else 2 * inner, outer, 4, 2, 1)
        parts: list[nn.Module]
        if self.outermost and inside is not None:
            parts = [down, inside, nn.ReLU(), up, nn.Tanh()]
        elif inside is None:
            parts = [nn.LeakyReLU(0.2), down, nn.ReLU(), up, nn.InstanceNorm2d(outer)]
        else:
            norms = nn.InstanceNorm2d(inner), nn.InstanceNorm2d(outer)
            parts = [nn.LeakyReLU(0.2), down, norms[0], inside, nn.ReLU(), up, norms[1]]
        self.model = nn.Sequential(*parts)

    def forward(self, x: Tensor) -> Tensor:
        """The level's answer, behind its own input but at the outermost."""

        answer: Tensor = self.model(x)
        return answer if self.outermost else torch.cat([x, answer], 1)


class Wrapped(nn.Module):
    """The generator is published as the `model` of another module."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) in [-1, 1], sides multiples of 256 -> (B, 1, H, W) in [-1, 1], 1 paper."""
        answer: Tensor = self.model(x)
        return answer


def anime2sketch_generator() -> nn.Module:
    """Eight levels of pix2pix's U-Net; its normalisation has no weights."""
    inside: Skip | None = None
    for outer, inner in zip(DEPTH_CHANNELS[-2::-1], DEPTH_CHANNELS[:0:-1], strict=True):
        inside = Skip(outer, inner, inside)
    return Wrapped(Skip(1, DEPTH_CHANNELS[0], inside, entrance=3))


class Residual(nn.Module):
    """Two convolutions past which the input goes."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        halves = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]
        again = [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels)]
        self.conv_block = nn.Sequential(*halves, nn.ReLU(), *again)

    def forward(self, x: Tensor) -> Tensor:
        """x + f(x)."""
        answer: Tensor = x + self.conv_block(x)
        return answer


class InformativeGenerator(nn.Module):
    """(B, 3, H, W) in [0, 1], sides multiples of 4 -> (B, 1, H, W) in [0, 1], 1 paper."""

    def __init__(self) -> None:
        super().__init__()
        self.model0 = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(3, 64, 7), nn.InstanceNorm2d(64), nn.ReLU())
        down = [
            part
            for width in (64, 128)
            for part in (nn.Conv2d(width, 2 * width, 3, 2, 1), nn.InstanceNorm2d(2 * width), nn.ReLU())
        ]
        up = [
            part
            for width in (256, 128)
            for part in (
                nn.ConvTranspose2d(width, width // 2, 3, 2, 1, 1),
                nn.InstanceNorm2d(width // 2),
                nn.ReLU(),
            )
        ]
        self.model1 = nn.Sequential(*down)
        self.model2 = nn.Sequential(*(Residual(256) for _ in range(3)))
        self.model3 = nn.Sequential(*up)
        self.model4 = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(64, 1, 7), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """All five parts in a row."""
        answer: Tensor = self.model4(self.model3(self.model2(self.model1(self.model0(x)))))
        return answer
