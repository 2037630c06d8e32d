"""Lines as Anime2Sketch draws them: a pix2pix generator over the whole picture; needs the published weights.

The layout is that of Mukosame/Anime2Sketch's `netG.pth`; docs/lines.md says how to bring the weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ._lines import between, checked

Picture = NDArray[np.uint8]
Draw = Callable[[Sequence[Picture], Sequence[np.random.Generator]], list[Picture]]

version = 1
needs_weights = True
WEIGHTS = "anime2sketch.safetensors"


@dataclass(frozen=True)
class Settings:
    """`side_px`: the short side at which it draws, 512 as published; `paper`: lighter than this, of [0, 1], is paper;
    `weights`: the sha256 of the file with the weights.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    side_px: int = 512
    paper: float = 0.96
    weights: str = ""

    def __post_init__(self) -> None:
        between("side_px", self.side_px, 256, 4096)
        between("paper", self.paper, 0.01, 1.0)


def prepare(settings: Settings, weights: object = None, device: str = "cpu") -> Draw:
    """A function that draws pictures, uint8 (H, W, 3) sRGB, as lines, uint8 (H, W), paper 255, with these settings.

    `weights`: arrays by the published names. ValueError where one is missing or of another shape.
    """
    import torch

    from ._foreign_networks import anime2sketch_generator
    from ._learned import as_lines, filled, inference, whole

    network = filled(anime2sketch_generator, weights, device)

    def forward(picture: Picture) -> NDArray[np.float32]:
        planes = np.ascontiguousarray(picture.transpose(2, 0, 1)).astype(np.float32) / np.float32(127.5) - 1
        with inference():
            answer = network(torch.from_numpy(planes)[None].to(device))
        return np.asarray((answer[0, 0].cpu().numpy() + 1) / 2, np.float32)

    def draw(pictures: Sequence[Picture], rngs: Sequence[np.random.Generator]) -> list[Picture]:
        papers = whole([checked(one) for one in pictures], settings.side_px, 256, forward)
        return [as_lines(paper / np.float32(settings.paper)) for paper in papers]

    return draw
