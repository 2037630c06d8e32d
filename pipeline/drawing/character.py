"""A character drawn from a seed: its picture, the true lines of it, and what can be seen."""

from dataclasses import dataclass, replace

from .background import draw_background
from .bangs import draw_front
from .brush import Canvas, UInt8, blank
from .clothes import draw_body
from .extras import draw_extras
from .eyes import draw_eyes
from .hair import draw_back, draw_braids
from .head import draw_face, draw_features, draw_neck
from .palette import material_palette
from .pose import brushes
from .traits import Traits, traits

_FEATURES, _BANGS = 0.9, 0.75  # how near: a turned head moves its features more than its hair


@dataclass(frozen=True)
class Drawing:
    """`color` uint8 (H, W, 3) sRGB, `line` uint8 (H, W) with 255 paper and 0 ink, and tags of what is drawn."""

    color: UInt8
    line: UInt8
    tags: tuple[str, ...]


def draw_character(seed: int, size: tuple[int, int] | None = None) -> Drawing:
    """Draws the character of a seed, `size` is (width, height); the same bytes for the same arguments."""
    chosen = traits(seed, size)
    canvas = _ground(chosen)
    _figure(canvas, chosen)
    return _finished(canvas, chosen)


def draw_materials(seed: int, size: tuple[int, int] | None = None) -> Drawing:
    """The same character with the same lines in the colours of `dataset.materials`, before a grey background."""
    chosen = replace(traits(seed, size), colors=material_palette())
    canvas = _ground(chosen)
    canvas.color[:] = canvas.color.mean(
        axis=2, keepdims=True
    )  # some things behind the figure have colours of their own
    _figure(canvas, chosen)
    return _finished(canvas, chosen)


def _ground(chosen: Traits) -> Canvas:
    width, height = chosen.size
    canvas = blank(height, width, chosen.colors.ground.base)
    draw_background(canvas, chosen)
    return canvas


def _figure(canvas: Canvas, chosen: Traits) -> None:
    head, body = brushes(canvas, chosen)
    draw_back(head, chosen)
    draw_neck(body, chosen)
    draw_body(body, chosen)
    face = draw_face(head, chosen)
    draw_features(head.near(_FEATURES), chosen, face)
    draw_eyes(head.near(_FEATURES), chosen)
    draw_front(head.near(_BANGS), chosen, face)
    draw_braids(head, chosen)
    draw_extras(head, body, chosen)


def _finished(canvas: Canvas, chosen: Traits) -> Drawing:
    color, line = canvas.shrunk()
    return Drawing(color, line, _tags(chosen))


def character_tags(seed: int) -> tuple[str, ...]:
    """The tags of a seed without drawing it."""
    return _tags(traits(seed, None))


def _tags(chosen: Traits) -> tuple[str, ...]:
    """Words of the kind that picture boards use."""
    eyes = {"smile": "closed_eyes", "wink": "one_eye_closed", "half": "half-closed_eyes"}.get(chosen.eyes, chosen.eyes)
    hair = {"long": "long_hair", "short": "short_hair", "bob": "bob_cut", "wavy": "wavy_hair", "buns": "double_bun"}
    face = (hair.get(chosen.hair, chosen.hair), f"{chosen.bangs}_bangs", eyes, f"{chosen.mouth}_mouth")
    arms = ("waving",) if chosen.waving else ()
    return ("solo", *face, chosen.clothes, f"{chosen.ground}_background", *arms, *chosen.extras)
