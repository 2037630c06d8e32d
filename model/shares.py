"""What a drawing alone adds to the layers that hints change: computed once, so that a stroke costs only itself.

Wherever the generator joins what the hints decide with what the drawing decides, a convolution follows, and that of two
joined inputs is the sum of one of each: W [a, b] = Wa a + Wb b. The drawing's term, bias included, is its share.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .networks import SLOPE, Generator

Stop: TypeAlias = Callable[[], bool]


class Cancelled(Exception):
    """Nobody waits for the picture any more."""


@dataclass(frozen=True)
class DeepShares:
    """For `to3`, (1, 4n, H/8, W/8), and for `tunnel4` from local features, (1, 8n, H/16, W/16) where there are any."""

    at8: Tensor
    at16: Tensor | None


@dataclass(frozen=True)
class FineShares:
    """For `tunnel2`, (1, 2n, H/4, W/4), `tunnel1`, (1, n, H/2, W/2), and `exit`, (1, 3, H, W)."""

    at4: Tensor
    at2: Tensor
    at1: Tensor


def deep_shares(generator: Generator, x2: Tensor, features: Tensor | None) -> DeepShares:
    """The shares of the part that sees far, from the whole drawing's x2 (1, 2n, H/4, W/4) and its features."""
    at16 = None if features is None else _behind(_merge(generator.tunnel4), features, bias=True)
    return DeepShares(_before(_merge(generator.to3), x2, bias=True), at16)


def fine_shares(generator: Generator, x0: Tensor, x1: Tensor, x2: Tensor) -> FineShares:
    """The shares of the fine part, from what `Generator.encode` gives of a drawing or of one tile."""
    return FineShares(
        _behind(_merge(generator.tunnel2), x2, bias=True),
        _behind(_merge(generator.tunnel1), x1, bias=True),
        _behind(generator.exit, x0, bias=True),
    )


def compose(generator: Generator, deep: DeepShares, hint: Tensor, stop: Stop) -> Tensor:
    """`Generator.compose` with the drawing's shares known: (1, 2n, H/4, W/4). Raises Cancelled between blocks."""
    x3 = _active(_behind(_merge(generator.to3), generator.toH(hint), bias=False).add_(deep.at8))
    x4 = generator.to4(x3)
    out = _through(generator.tunnel4, x4, stop) if deep.at16 is None else _level(generator.tunnel4, x4, deep.at16, stop)
    return _through(generator.tunnel3, torch.cat([out, x3], 1), stop)


def finish(generator: Generator, composed: Tensor, fine: FineShares, stop: Stop) -> Tensor:
    """`Generator.finish` with the drawing's shares known: the picture (1, 3, H, W). Raises Cancelled between blocks."""
    out = _level(generator.tunnel2, composed, fine.at4, stop)
    out = _level(generator.tunnel1, out, fine.at2, stop)
    return torch.tanh(_before(generator.exit, out, bias=False).add_(fine.at1))


def check(stop: Stop) -> None:
    """Raises Cancelled when nobody waits any more."""
    if stop():
        raise Cancelled


def _through(blocks: Iterable[nn.Module], x: Tensor, stop: Stop) -> Tensor:
    """What the blocks make of `x`, one after the other. Raises Cancelled between them."""
    for block in blocks:
        check(stop)
        x = _through(block, x, stop) if isinstance(block, nn.Sequential) else block(x)
    return x


def _level(tunnel: nn.Sequential, x: Tensor, share: Tensor, stop: Stop) -> Tensor:
    """A decoder level whose merge reads `x`, and of the drawing its share. Raises Cancelled between its blocks."""
    check(stop)
    return _through(list(tunnel)[2:], _active(_before(_merge(tunnel), x, bias=False).add_(share)), stop)


def _active(x: Tensor) -> Tensor:
    return F.leaky_relu(x, SLOPE, inplace=True)


def _merge(level: nn.Sequential) -> nn.Conv2d:
    convolution = level[0]
    if not isinstance(convolution, nn.Conv2d):
        raise TypeError(f"a level begins with a convolution, not {type(convolution).__name__}")
    return convolution


def _before(convolution: nn.Conv2d, x: Tensor, *, bias: bool) -> Tensor:
    """The term of the first of two joined inputs."""
    return _term(convolution, x, convolution.weight[:, : x.shape[1]], bias)


def _behind(convolution: nn.Conv2d, x: Tensor, *, bias: bool) -> Tensor:
    """The term of the second of two joined inputs."""
    return _term(convolution, x, convolution.weight[:, -x.shape[1] :], bias)


def _term(convolution: nn.Conv2d, x: Tensor, weight: Tensor, bias: bool) -> Tensor:
    padding = convolution.padding if isinstance(convolution.padding, tuple) else (0, 0)
    return F.conv2d(x, weight, convolution.bias if bias else None, convolution.stride, padding)
