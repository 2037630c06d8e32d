"""What one character is like: every choice of a picture, drawn once, each aspect from a stream of its own."""

from dataclasses import dataclass

import numpy as np

from lcpipe.pipeline.dataset.draws import generator

from .palette import Palette, palette

SIZES = ((768, 768), (768, 1024), (1024, 768))
EYES = ("round", "tsurime", "tareme", "smile", "wink", "half")
MOUTHS = ("smile", "open", "grin", "small", "frown", "o", "cat", "wavy")
HAIRS = ("bob", "long", "twintails", "ponytail", "short", "buns", "braids", "wavy")
BANGS = ("straight", "swept", "parted", "messy", "sharp")
CLOTHES = ("sailor", "shirt", "hoodie", "dress", "kimono", "turtleneck")
GROUNDS = (
    "plain",
    "gradient",
    "dots",
    "stripes",
    "checks",
    "sunburst",
    "hearts",
    "clouds",
    "hills",
    "night",
    "window",
    "room",
)
HATS = frozenset({"hat", "beret", "cat_ears"})  # what makes a head taller
_WIDE = 1.95  # narrower pictures cut a raised hand off
PAINTING = ("flat", "cel", "soft")


@dataclass(frozen=True)
class Traits:
    """The choices of one picture. `turn` is in [-1, 1], `tilt` in degrees, `framing` head widths across the picture."""

    seed: int
    size: tuple[int, int]
    colors: Palette
    eyes: str
    mouth: str
    hair: str
    bangs: str
    clothes: str
    ground: str
    painting: str
    ink: str
    weight: float
    turn: float
    tilt: float
    framing: float
    mirrored: bool
    waving: bool
    extras: tuple[str, ...]

    def rng(self, purpose: str) -> np.random.Generator:
        """The stream of one aspect of this picture."""
        return generator(self.seed, "drawn", purpose)


def traits(seed: int, size: tuple[int, int] | None) -> Traits:
    """Draws every choice for a seed; a given size takes the place of the drawn one, (width, height)."""

    def rng(purpose: str) -> np.random.Generator:
        return generator(seed, "drawn", purpose)

    pose, style = rng("pose"), rng("style")
    framing = float(rng("framing").choice([1.55, 2.1, 2.9]) * rng("framing size").uniform(0.9, 1.1))
    return Traits(
        seed=seed,
        size=size or SIZES[rng("size").integers(len(SIZES))],
        colors=palette(rng("palette")),
        eyes=_one(rng("eyes"), EYES, (0.34, 0.2, 0.2, 0.08, 0.1, 0.08)),
        mouth=_one(rng("mouth"), MOUTHS, (0.24, 0.18, 0.15, 0.14, 0.06, 0.08, 0.09, 0.06)),
        hair=_one(rng("hair"), HAIRS),
        bangs=_one(rng("bangs"), BANGS),
        clothes=_one(rng("clothes"), CLOTHES),
        ground=_one(rng("ground"), GROUNDS),
        painting=_one(style, PAINTING, (0.2, 0.5, 0.3)),
        ink=_one(style, ("black", "brown", "colored"), (0.4, 0.3, 0.3)),
        weight=float(style.choice([0.75, 1.0, 1.4])),
        turn=float(pose.uniform(-1, 1)),
        tilt=float(pose.normal(0, 6)),
        framing=framing,
        mirrored=bool(pose.integers(2)),
        waving=framing > _WIDE and rng("arms").random() < 0.3,
        extras=_extras(rng("extras")),
    )


def _one(rng: np.random.Generator, names: tuple[str, ...], shares: tuple[float, ...] | None = None) -> str:
    return names[int(rng.choice(len(names), p=shares))]


def _extras(rng: np.random.Generator) -> tuple[str, ...]:
    """At most one thing on the head, and now and then glasses, a pin, a choker."""
    top = ("ribbon", "beret", "hat", "cat_ears", "flower", "headphones", "hairband", "")
    beside = [name for name, share in (("glasses", 0.18), ("hairpin", 0.25), ("choker", 0.15)) if rng.random() < share]
    on_top = top[int(rng.choice(len(top), p=(0.16, 0.09, 0.08, 0.13, 0.12, 0.09, 0.09, 0.24)))]
    return tuple(name for name in (on_top, *beside) if name)
