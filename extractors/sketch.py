"""Lines as a small network of ours draws them, trained on true lines in many styles; its weights come with the package.

It tells lines from edges of shade, texture, gloss and screentone, which XDoG cannot; see manifests/models/lines.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ._lines import between, checked
from .xdog import despeckle

Picture = NDArray[np.uint8]
Draw = Callable[[Sequence[Picture], Sequence[np.random.Generator]], list[Picture]]

version = 2
needs_weights = True
WEIGHTS = "lines.safetensors"


@dataclass(frozen=True)
class Settings:
    """How much of what the network says is drawn.

    `paper`: ink of at most so much, of [0, 1], is paper, and `black`: from here on it is black; `despeckle_px`:
    connected ink of at most so many pixels is dropped; `weights`: the sha256 of the file with the weights.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    paper: float = 0.1
    black: float = 0.8
    despeckle_px: int = 8
    weights: str = ""

    def __post_init__(self) -> None:
        between("paper", self.paper, 0.0, 0.99)
        between("black", self.black, 0.01, 1.0)
        between("despeckle_px", self.despeckle_px, 0, 1_000_000)
        if self.paper >= self.black:
            raise ValueError(f"paper is {self.paper} and black {self.black}: the first has to be the smaller one")


DEFAULT_PRESET = "late"
PRESETS: dict[str, dict[str, Any]] = {
    # Full black only where the network is sure: small dark shapes stay open, and lines end as a pen lifts.
    "late": {"paper": 0.1, "black": 0.8, "despeckle_px": 8},
    # Pale and uncertain lines too, as a pencil draws them.
    "pencil": {"paper": 0.05, "black": 1.0, "despeckle_px": 4},
}


def prepare(settings: Settings, weights: object = None, device: str = "cpu") -> Draw:
    """A function that draws pictures, uint8 (H, W, 3) sRGB, as lines, uint8 (H, W), paper 255, with these settings.

    `weights`: arrays by name, as in the file. ValueError where one is missing or of another shape.
    """
    import torch

    from ._learned import Tiling, as_lines, drawn, filled
    from ._line_network import EDGE_PX, HALO_PX, MULTIPLE_PX, LineNetwork, detail_planes

    network = filled(LineNetwork, weights, device)
    tiling = Tiling(1024, HALO_PX, MULTIPLE_PX)

    def draw(pictures: Sequence[Picture], rngs: Sequence[np.random.Generator]) -> list[Picture]:
        inks = drawn([framed(one) for one in pictures], tiling, lambda batch: torch.sigmoid(network(batch)), device)
        inks = [ink[EDGE_PX:-EDGE_PX, EDGE_PX:-EDGE_PX] for ink in inks]
        span = np.float32(settings.black - settings.paper)
        lines = (as_lines(1 - (ink - np.float32(settings.paper)) / span) for ink in inks)
        return [despeckle(line, settings.despeckle_px) for line in lines]

    def framed(picture: Picture) -> NDArray[np.float32]:
        """What the network sees, mirrored beyond the border: the nothing that is there would draw lines along it."""
        planes = detail_planes(np.asarray(checked(picture), np.float32) / np.float32(255))
        return np.pad(planes, ((0, 0), (EDGE_PX, EDGE_PX), (EDGE_PX, EDGE_PX)), mode="symmetric")

    return draw
