"""The generator and the critic of AlacGAN (arXiv:1808.03240), module names as in the official state dict.

Pictures are float32 (B, 3, H, W) in [-1, 1], lines float32 (B, 1, H, W) with paper +1, hints float32 (B, 4, H/4, W/4),
local features float32 (B, C, H/16, W/16). No normalization layer anywhere; biases as published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

SLOPE = 0.2
SIDE_MULTIPLE = 16  # four halvings of the line drawing
DILATIONS_8 = (1, 1, 2, 2, 4, 4, 2, 1)
DILATIONS_5 = (1, 2, 4, 2, 1)
ENCODER_REACH_PX = 8  # to0, to1 and to2 together look 4 pixels to the left and 7 to the right of a cell
CRITIC_STRIDES = (1, 2, 1, 2, 1, 2, 1)


@dataclass(frozen=True)
class GeneratorConfig:
    """`ngf` is the width at half size; blocks are those of tunnel 4, 3, 2, 1; 0 feature_channels means no features."""

    ngf: int = 64
    blocks: tuple[int, int, int, int] = (20, 8, 8, 5)
    feature_channels: int = 512


@dataclass(frozen=True)
class CriticConfig:
    """The critic's widths. The `official` head takes 512x512 only, the `pooled` one any size that the strides allow.

    `condition` is what it sees beside the picture: local features, the line drawing as a fourth channel, or nothing.
    """

    ndf: int = 64
    feature_channels: int = 512
    condition: Literal["features", "line", "none"] = "features"
    head: Literal["official", "pooled"] = "official"
    strides: tuple[int, ...] = CRITIC_STRIDES


def activation() -> nn.LeakyReLU:
    """The only non-linearity inside both networks; in place, for no gradient needs what it replaces."""
    return nn.LeakyReLU(SLOPE, inplace=True)


class Block(nn.Module):
    """RB(C, g, s, d): shortcut(x) + W3 lrelu(W2 lrelu(W1 x)), no bias, nothing after the sum."""

    def __init__(self, channels: int, groups: int, *, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        half = channels // 2
        self.conv_reduce = nn.Conv2d(channels, half, 1, bias=False)
        self.conv_conv = nn.Conv2d(
            half,
            half,
            2 + stride,
            stride=stride,
            padding=dilation,
            dilation=dilation,
            groups=min(groups, half),
            bias=False,
        )
        self.conv_expand = nn.Conv2d(half, channels, 1, bias=False)
        self.shortcut = nn.AvgPool2d(2) if stride == 2 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        inner = F.leaky_relu(self.conv_reduce(x), SLOPE, inplace=True)
        inner = F.leaky_relu(self.conv_conv(inner), SLOPE, inplace=True)
        return self.conv_expand(inner).add_(self.shortcut(x))  # type: ignore[no-any-return]


def stem(channels_in: int, channels_out: int, kernel: int, stride: int, padding: int) -> nn.Sequential:
    """A convolution and its activation, as the encoder has them."""
    return nn.Sequential(nn.Conv2d(channels_in, channels_out, kernel, stride, padding), activation())


def spread(pattern: Sequence[int], count: int) -> list[int]:
    """`count` dilations taken evenly from a published pattern; the pattern itself when its length is asked for."""
    return [pattern[index * len(pattern) // count] for index in range(count)]


def tunnel(channels_in: int, channels: int, groups: int, dilations: Sequence[int]) -> nn.Sequential:
    """One decoder level: merge, blocks, then double the size by pixel shuffle at half the channels."""
    blocks = nn.Sequential(*(Block(channels, groups, dilation=dilation) for dilation in dilations))
    return nn.Sequential(
        nn.Conv2d(channels_in, channels, 3, 1, 1),
        activation(),
        blocks,
        nn.Conv2d(channels, 2 * channels, 3, 1, 1),
        nn.PixelShuffle(2),
        activation(),
    )


class Generator(nn.Module):
    """Paints a line drawing with colour hints; any H and W that are multiples of 16."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.checkpointing = False
        n = config.ngf
        at4, at3, at2, at1 = config.blocks
        self.toH = stem(4, n, 7, 1, 3)
        self.to0 = stem(1, n // 2, 3, 1, 1)
        self.to1 = stem(n // 2, n, 4, 2, 1)
        self.to2 = stem(n, 2 * n, 4, 2, 1)
        self.to3 = stem(3 * n, 4 * n, 4, 2, 1)
        self.to4 = stem(4 * n, 8 * n, 4, 2, 1)
        self.tunnel4 = tunnel(8 * n + config.feature_channels, 8 * n, 32, [1] * at4)
        self.tunnel3 = tunnel(8 * n, 4 * n, 32, spread(DILATIONS_8, at3))
        self.tunnel2 = tunnel(4 * n, 2 * n, 32, spread(DILATIONS_8, at2))
        self.tunnel1 = tunnel(2 * n, n, 16, spread(DILATIONS_5, at1))
        self.exit = nn.Conv2d(n, 3, 3, 1, 1)

    def forward(self, line: Tensor, hint: Tensor, features: Tensor | None = None) -> Tensor:
        """(B, 1, H, W), (B, 4, H/4, W/4), (B, C, H/16, W/16) -> the painted picture (B, 3, H, W) in [-1, 1]."""
        x0, x1, x2 = self.encode(line)
        return self.finish(self.compose(x2, hint, features), x0, x1, x2)

    def encode(self, line: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the drawing alone decides: (B, n/2, H, W), (B, n, H/2, W/2), (B, 2n, H/4, W/4)."""
        x0 = self.to0(line)
        x1 = self.to1(x0)
        return x0, x1, self.to2(x1)

    def compose(self, x2: Tensor, hint: Tensor, features: Tensor | None = None) -> Tensor:
        """The deep part, which sees far: which colour goes where, (B, 2n, H/4, W/4)."""
        x3 = self.to3(torch.cat([x2, self.toH(hint)], 1))
        x4 = self.to4(x3)
        out = self.through(self.tunnel4, join_features(x4, features, self.config.feature_channels))
        return self.through(self.tunnel3, torch.cat([out, x3], 1))

    def finish(self, composed: Tensor, x0: Tensor, x1: Tensor, x2: Tensor) -> Tensor:
        """The fine part, which sees only as far as `finish_reach_px`: the picture (B, 3, H, W) in [-1, 1]."""
        out = self.through(self.tunnel2, torch.cat([composed, x2], 1))
        out = self.through(self.tunnel1, torch.cat([out, x1], 1))
        return torch.tanh(self.exit(torch.cat([out, x0], 1)))

    def through(self, level: nn.Sequential, x: Tensor) -> Tensor:
        """A decoder level; with checkpointing its inner values are computed again when gradients need them."""
        if self.checkpointing and torch.is_grad_enabled():
            return checkpoint(level, x, use_reentrant=False)  # type: ignore[no-any-return]
        return level(x)  # type: ignore[no-any-return]

    @property
    def finish_reach_px(self) -> int:
        """How far from a pixel the fine part and the encoder may look: every 3x3 convolution sees `dilation` cells."""
        return 4 * _reach(self.tunnel2) + 2 * _reach(self.tunnel1) + _reach(self.exit) + ENCODER_REACH_PX


class Critic(nn.Module):
    """Scores pictures (B, 3, H, W) -> (B, 1); never sees hints. No convolution has a bias."""

    def __init__(self, config: CriticConfig) -> None:
        super().__init__()
        self.config = config
        n = config.ndf
        colors = 4 if config.condition == "line" else 3
        self.features = config.feature_channels if config.condition == "features" else 0
        self.feed = nn.Sequential(
            nn.Conv2d(colors, n, 7, 1, 3, bias=False),
            activation(),
            nn.Conv2d(n, n, 4, 2, 1, bias=False),
            activation(),
            *halving(n),
            *widening(n, 2 * n),
            *halving(2 * n),
            *widening(2 * n, 4 * n),
            *halving(4 * n),
        )
        kernel = 4 if config.head == "official" else 1
        self.feed2 = nn.Sequential(
            nn.Conv2d(4 * n + self.features, 8 * n, 3, 1, 1, bias=False),
            activation(),
            *(Block(8 * n, 8, stride=stride) for stride in config.strides),
            nn.Conv2d(8 * n, 8 * n, kernel, 1, 0, bias=False),
            activation(),
        )
        self.out = nn.Linear(8 * n, 1)

    def forward(self, color: Tensor, condition: Tensor | None = None) -> Tensor:
        """`condition` is the local features (B, C, H/16, W/16) or the line drawing (B, 1, H, W), as the config says."""
        if self.config.condition == "line" and condition is not None:
            color = torch.cat([color, condition], 1)
        x = join_features(self.feed(color), condition, self.features)
        return self.out(self.feed2(x).mean((2, 3)))  # type: ignore[no-any-return]


def halving(channels: int) -> tuple[Block, Block]:
    """Two critic blocks, the second of which halves the size."""
    return Block(channels, 8), Block(channels, 8, stride=2)


def widening(channels_in: int, channels_out: int) -> tuple[nn.Conv2d, nn.LeakyReLU]:
    """A 1x1 convolution to more channels, with its activation."""
    return nn.Conv2d(channels_in, channels_out, 1, bias=False), activation()


def join_features(x: Tensor, features: Tensor | None, channels: int) -> Tensor:
    """`x` with the local features behind it, where the network takes any."""
    if not channels:
        return x
    if features is None:
        raise ValueError(f"this network needs {channels} channels of local features")
    return torch.cat([x, features], 1)


def _reach(module: nn.Module) -> int:
    """How many cells a chain of convolutions of one size looks to each side."""
    convolutions = [part for part in module.modules() if isinstance(part, nn.Conv2d)]
    return sum(int(part.kernel_size[0]) // 2 * int(part.dilation[0]) for part in convolutions)


def scale_weights(network: nn.Module) -> None:
    """Weights that keep activations at one size through the depth (arXiv:1502.01852); blocks begin near identity.

    Torch's own start shrinks what passes a convolution, so that the colours of hints take long to reach the output.
    """
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, a=SLOPE)
            with torch.no_grad():
                module.weight.mul_(0.1 if name.endswith("conv_expand") else 0.3 if name == "exit" else 1.0)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def parameter_count(module: nn.Module) -> int:
    """How many numbers a network learns."""
    return sum(parameter.numel() for parameter in module.parameters())
