"""Lines as sketchKeras draws them: a U-Net over the picture's fine detail, pencil-like; needs the published weights.

The layout is that of lllyasviel/sketchKeras (2017) and its PyTorch port; docs/lines.md says how to bring the weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from ._lines import between, checked

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]
Draw = Callable[[Sequence[Picture], Sequence[np.random.Generator]], list[Picture]]

version = 1
needs_weights = True
WEIGHTS = "sketchkeras.safetensors"
BLUR_SIGMA_PX = 3.0


@dataclass(frozen=True)
class Settings:
    """At which size to draw, and from what strength on a line is one.

    `long_side_px`: larger pictures are shrunk to it (512 as published; 0: never, they are drawn tile by tile);
    `threshold`: weaker ink is paper, 0.1 was published as "enhanced" and 0.18 as "pured"; `weights`: the sha256 of
    the file with the weights.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    long_side_px: int = 512
    threshold: float = 0.1
    weights: str = ""

    def __post_init__(self) -> None:
        between("threshold", self.threshold, 0.0, 0.99)
        if self.long_side_px:
            between("long_side_px", self.long_side_px, 16, 32_768)


DEFAULT_PRESET = "enhanced"
PRESETS: dict[str, dict[str, Any]] = {
    "enhanced": {"long_side_px": 512, "threshold": 0.1},
    "pured": {"long_side_px": 512, "threshold": 0.18},
    "large": {"long_side_px": 0, "threshold": 0.1},
}


def prepare(settings: Settings, weights: object = None, device: str = "cpu") -> Draw:
    """A function that draws pictures, uint8 (H, W, 3) sRGB, as lines, uint8 (H, W), paper 255, with these settings.

    `weights`: arrays by name of the PyTorch port. ValueError where one is missing or of another shape.
    """
    from torch import Tensor

    from ._learned import Tiling, as_lines, drawn, filled
    from ._sketchkeras_network import HALO_PX, MULTIPLE_PX, SketchKeras

    network = filled(SketchKeras, weights, device)
    tiling = Tiling(512, HALO_PX, MULTIPLE_PX)

    def strongest(batch: Tensor) -> Tensor:
        """Each channel is a picture of its own to the network; what it finds in any of them is ink."""
        count, channels, height, width = batch.shape
        found: Tensor = network(batch.reshape(count * channels, 1, height, width))
        return found.reshape(count, channels, height, width).amax(1, keepdim=True)

    def draw(pictures: Sequence[Picture], rngs: Sequence[np.random.Generator]) -> list[Picture]:
        planes = [detail(_shrunk(checked(one), settings.long_side_px)) for one in pictures]
        found = [np.where(ink < settings.threshold, 0, ink) for ink in drawn(planes, tiling, strongest, device)]
        papers = [np.clip(1 - ink, 0, 1).astype(np.float32) for ink in found]
        sizes = [picture.shape[1::-1] for picture in pictures]
        return [as_lines(_at_size(paper, size)) for paper, size in zip(papers, sizes, strict=True)]

    return draw


def detail(picture: Picture) -> Plane:
    """Each channel minus its blur by the strongest of all, float32 (3, H, W) in B, G, R; 0 where it is flat."""
    values = picture[..., ::-1].astype(np.float32)
    high = values - cv2.GaussianBlur(values, (0, 0), BLUR_SIGMA_PX, borderType=cv2.BORDER_REFLECT)
    high[np.abs(high) < 1e-3] = 0  # float32 noise on flat paper
    strongest = float(high.max()) / 128
    planes = high.transpose(2, 0, 1) / np.float32(128)
    return np.ascontiguousarray(planes / np.float32(strongest)) if strongest > 0 else np.zeros_like(planes)


def _shrunk(picture: Picture, long_side_px: int) -> Picture:
    height, width = picture.shape[:2]
    scale = long_side_px / max(height, width)
    if not long_side_px or scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _at_size(paper: Plane, size: tuple[int, int]) -> Plane:
    if paper.shape[1::-1] == size:
        return paper
    return np.asarray(cv2.resize(paper, size, interpolation=cv2.INTER_CUBIC), np.float32)
