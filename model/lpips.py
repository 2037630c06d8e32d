"""LPIPS v0.1, the learned perceptual distance, from files of weights.

Formula: both pictures in [-1, 1] become (x - shift) / scale and pass a frozen network; at five layers the channels of
    every pixel are scaled to unit length, their squared differences weighted by a learned head, averaged and summed.
Source: Zhang et al. 2018, arXiv:1801.03924; equal to the package `lpips` 0.1.4.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lcpipe.pipeline.dataset.errors import WeightsError

from .features import channel, conv_layers, freeze, load_layers
from .last_answer import remember_last
from .weights import WeightsFile, file_record, find_weights, read_saved

SHIFT = (-0.030, -0.088, -0.188)
SCALE = (0.458, 0.448, 0.450)
EPSILON = 1e-10
SMALLEST_PX = 64  # below, the deepest layers have hardly a pixel


def alexnet_layers() -> nn.Sequential:
    """AlexNet's `features` up to the fifth ReLU, numbered as torchvision does; weights still random."""
    return nn.Sequential(
        nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, 1, 1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, 1, 1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, 1, 1), nn.ReLU(),
    )  # fmt: skip


def vgg16_layers() -> nn.Sequential:
    """VGG16's `features` up to relu5_3, numbered as torchvision does; weights still random."""
    layers = conv_layers("64 64 P 128 128 P 256 256 256 P 512 512 512 P 512 512 512")
    for layer in layers:
        if isinstance(layer, nn.MaxPool2d):
            layer.ceil_mode = False  # as in torchvision; it matters where a side is no multiple of 16
    return layers


@dataclass(frozen=True)
class Backbone:
    """A network whose layers are compared: how to build it, and where its five layers end."""

    build: Callable[[], nn.Sequential]
    taps: tuple[int, ...]


BACKBONES = {
    "alexnet": Backbone(alexnet_layers, (1, 4, 7, 9, 11)),
    "vgg16": Backbone(vgg16_layers, (3, 8, 15, 22, 29)),
}


class Lpips(nn.Module):
    """The distance of two batches of pictures, (B, 3, H, W) in [-1, 1] -> (B,), H and W at least 64."""

    def __init__(self, layers: nn.Sequential, taps: tuple[int, ...], heads: list[Tensor]) -> None:
        super().__init__()
        self.layers = layers
        self.taps = taps
        self.heads = nn.ParameterList(nn.Parameter(head.float().view(1, -1, 1, 1)) for head in heads)
        freeze(self)

    @torch.inference_mode()
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.between(self.unit_layers(x), self.unit_layers(y))

    def between(self, x: Sequence[Tensor], y: Sequence[Tensor]) -> Tensor:
        """The distance of two batches whose layers are there already, (B,)."""
        pairs = zip(self.heads, x, y, strict=True)
        return torch.stack([(head * (here - there) ** 2).sum(1).mean((1, 2)) for head, here, there in pairs]).sum(0)

    @torch.inference_mode()
    def unit_layers(self, picture: Tensor) -> list[Tensor]:
        """The compared layers with every pixel's channels at unit length."""
        value, found = (picture - channel(SHIFT, picture)) / channel(SCALE, picture), []
        for place, layer in enumerate(self.layers):
            value = layer(value)
            if place in self.taps:
                found.append(value / (value.square().sum(1, keepdim=True).sqrt() + EPSILON))
        return found


def load_lpips(network: str, device: str = "cpu") -> tuple[Lpips, tuple[WeightsFile, ...]]:
    """LPIPS on `alexnet` or `vgg16` with files from the folder of weights, and these files. Raises WeightsError."""
    backbone = BACKBONES[network]
    layers = backbone.build()
    trunk = load_layers(layers, network, "")
    path = find_weights("lpips_heads")
    heads = read_heads(path, network)
    return Lpips(layers, backbone.taps, heads).to(device), (trunk, file_record(path))


def read_heads(path: Path, network: str) -> list[Tensor]:
    """The five heads of a network from a file of `{network: {"lin0.model.1.weight": ...}}`. Raises WeightsError."""
    loaded = read_saved(path)
    try:
        return [loaded[network][f"lin{place}.model.1.weight"] for place in range(5)]
    except (KeyError, TypeError):
        what = f"the file holds no heads of LPIPS for {network}"
        raise WeightsError(what, where=str(path), hint="fetch the file again") from None


def picture_batch(picture: NDArray[np.uint8], device: str = "cpu") -> Tensor:
    """One picture, uint8 (H, W, 3), as the (1, 3, H, W) in [-1, 1] that LPIPS reads."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))).to(device).float()[None] / 127.5 - 1


def distance_to_truth(network: Lpips, device: str) -> Callable[[NDArray[np.uint8], NDArray[np.uint8]], float]:
    """A function of (painted, truth), uint8 (H, W, 3), that looks at a truth once for all that is painted of it."""
    of_truth = remember_last(lambda truth: network.unit_layers(picture_batch(truth, device)))

    @torch.inference_mode()
    def distance(painted: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
        return float(network.between(network.unit_layers(picture_batch(painted, device)), of_truth(truth)))

    return distance
