"""A hand per picture: one of several extractors, drawn by weight, and what pen and paper add to it; all of it recorded.

[lines.hands]
extractor = "mix"
method = { weighted = { xdog = 3, fdog = 1, sketch = 2 } }
parameters = { by = "method", xdog = { preset = "late", sigma = 0.3 } }
ink = { uniform = [0.7, 1.0] }
"""

import importlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ._hand import gapped, inked, toned, weighted
from ._lines import between

Picture = NDArray[np.uint8]
Draw = Callable[[Sequence[Picture], Sequence[np.random.Generator]], list[Picture]]

version = 1

METHODS = ("anime2sketch", "fdog", "informative", "sketch", "sketchkeras", "xdog")


@dataclass(frozen=True)
class Settings:
    """Which extractor draws, and how its drawing is changed after; without changes it is the extractor's own.

    `method`: its name; `parameters`: its settings as JSON; `ink`: strength of ink, 1 as drawn; `weight_px`: lines
    thicker by so much on either side, or thinner where negative; `gaps`: places where a line is broken; `tone`: how
    much darker than white the paper is.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    method: str = "xdog"
    parameters: str = "{}"
    ink: float = 1.0
    weight_px: float = 0.0
    gaps: int = 0
    tone: float = 0.0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"method is '{self.method}', but has to be one of {', '.join(METHODS)}")
        between("ink", self.ink, 0.05, 1.0)
        between("weight_px", self.weight_px, -1.0, 1.0)
        between("gaps", self.gaps, 0, 10_000)
        between("tone", self.tone, 0.0, 0.5)


DEFAULT_PRESET = "late"
_OWN: dict[str, Any] = {"parameters": {"by": "method"}}
PRESETS: dict[str, dict[str, Any]] = {
    # Three hands that need nothing else, with ink as strong as each likes.
    "late": {"method": {"weighted": {"xdog": 3, "fdog": 1, "sketch": 2}}, **_OWN, "ink": {"uniform": [0.7, 1.0]}},
    # The same on paper, with a pen that is pressed and lifted.
    "paper": {
        "method": {"weighted": {"xdog": 3, "fdog": 1, "sketch": 2}},
        **_OWN,
        "ink": {"uniform": [0.6, 1.0]},
        "weight_px": {"uniform": [-0.4, 0.8]},
        "gaps": {"choice": [0, 0, 8, 24]},
        "tone": {"choice": [0.0, 0.0, 0.05, 0.12]},
    },
}


def inner(settings: Settings) -> tuple[ModuleType, Any]:
    """The extractor that draws, and its settings. ValueError where these are none of its own."""
    module = importlib.import_module(f".{settings.method}", __package__)
    try:
        own = dict(json.loads(settings.parameters))
        own.pop("version", None)  # of the extractor, kept with its settings to be read
        return module, module.Settings(**own)
    except (TypeError, ValueError) as error:
        raise ValueError(f"parameters are no settings of {settings.method}: {error}") from None


def prepare(settings: Settings, weights: object = None, device: str = "cpu") -> Draw:
    """A function that draws pictures, uint8 (H, W, 3) sRGB, as lines, uint8 (H, W), with these settings.

    `weights` are those of the extractor that draws, if it needs any. Paper is 255 unless it is toned.
    """
    module, own = inner(settings)
    drawn: Draw = module.prepare(own, weights, device)

    def draw(pictures: Sequence[Picture], rngs: Sequence[np.random.Generator]) -> list[Picture]:
        return [_changed(line, settings, rng) for line, rng in zip(drawn(pictures, rngs), rngs, strict=True)]

    return draw


def _changed(line: Picture, settings: Settings, rng: np.random.Generator) -> Picture:
    line = gapped(weighted(line, settings.weight_px), settings.gaps, rng)
    return toned(inked(line, settings.ink), settings.tone, rng)
