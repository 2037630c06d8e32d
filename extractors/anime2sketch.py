"""Lines as Anime2Sketch draws them: a pix2pix generator over the whole picture; needs the published weights.

The layout is that of Mukosame/Anime2Sketch's `netG.pth`; docs/lines.md says how to bring the weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ._lines import checked
from ._settings import WholeSettings

Picture = NDArray[np.uint8]
Draw = Callable[[Sequence[Picture], Sequence[np.random.Generator]], list[Picture]]

version = 1
needs_weights = True
WEIGHTS = "anime2sketch.safetensors"


@dataclass(frozen=True)
class Settings(WholeSettings):
    """What to draw: nothing but what all networks are told that see a picture as a whole."""

    least_side_px: ClassVar[int] = 256


def prepare(settings: Settings, weights: object = None, device: str = "cpu") -> Draw:
    """A function that draws pictures, uint8 (H, W, 3) sRGB, as lines, uint8 (H, W), paper 255, with these settings.

    `weights`: arrays by the published names. ValueError where one is missing or of another shape.
    """
    from ._foreign_networks import anime2sketch_generator
    from ._learned import Whole, as_lines, filled, whole

    network = filled(anime2sketch_generator, weights, device)
    look = Whole(settings.side_px, 256, low=-1.0)

    def draw(pictures: Sequence[Picture], rngs: Sequence[np.random.Generator]) -> list[Picture]:
        papers = whole([checked(one) for one in pictures], look, network, device)
        return [as_lines(paper / np.float32(settings.paper)) for paper in papers]

    return draw
