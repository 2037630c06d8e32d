"""Lines as Informative Drawings draws them: contours that say what is seen; needs the published weights.

The layout is the generator of carolineec/informative-drawings (Chan, Durand & Isola 2022); see docs/lines.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._lines import checked
from ._settings import WholeSettings

Picture = NDArray[np.uint8]
Draw = Callable[[Sequence[Picture], Sequence[np.random.Generator]], list[Picture]]

version = 1
needs_weights = True
WEIGHTS = "informative.safetensors"


@dataclass(frozen=True)
class Settings(WholeSettings):
    """What to draw: nothing but what all networks are told that see a picture as a whole."""


def prepare(settings: Settings, weights: object = None, device: str = "cpu") -> Draw:
    """A function that draws pictures, uint8 (H, W, 3) sRGB, as lines, uint8 (H, W), paper 255, with these settings.

    `weights`: arrays by the published names. ValueError where one is missing or of another shape.
    """
    from ._foreign_networks import InformativeGenerator
    from ._learned import Whole, as_lines, filled, whole

    network = filled(InformativeGenerator, weights, device)
    look = Whole(settings.side_px, 16, low=0.0)

    def draw(pictures: Sequence[Picture], rngs: Sequence[np.random.Generator]) -> list[Picture]:
        papers = whole([checked(one) for one in pictures], look, network, device)
        return [as_lines(paper / np.float32(settings.paper)) for paper in papers]

    return draw
