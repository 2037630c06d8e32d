"""Face, ears, neck, nose, mouth. Units: half the width of the face, from its middle, y down; the chin is y = 1.16."""

import numpy as np

from .brush import Brush
from .curves import Points, curve, ellipse, joined, mirrored
from .palette import mixed
from .traits import Traits

CHIN_Y = 1.16
_FACE = ((-0.98, -0.55), (-1.0, -0.1), (-0.96, 0.28), (-0.82, 0.62), (-0.52, 0.93), (-0.16, 1.13), (0.0, CHIN_Y))


def face_outline(traits: Traits) -> list[Points]:
    """The two curves from the temples to the chin; seeds differ in how pointed and how wide they are."""
    rng = traits.rng("face")
    left = np.array(_FACE)
    left[4:6, 0] *= rng.uniform(0.88, 1.12)
    left[4:, 1] += rng.uniform(-0.05, 0.04)
    skull = [(0.98, -0.55), (0.7, -1.05), (0.0, -1.25), (-0.7, -1.05), (-0.98, -0.55)]
    return [left, mirrored(left), np.array(skull)]


def draw_neck(brush: Brush, traits: Traits) -> None:
    """The neck with the shadow of the head on it; what it stands on is the body's."""
    skin = traits.colors.skin
    left = [(-0.29, 0.7), (-0.29, 1.25), (-0.33, 1.5), (-0.5, 1.72)]
    neck = np.concatenate([curve(left), curve(mirrored(left))])
    brush.cover(neck, skin.base)
    if traits.painting != "flat":
        with brush.inside(neck) as within:
            within.fill(
                curve([(-0.6, 1.0), (-0.3, 1.36), (0.05, 1.46), (0.6, 1.28), (0.6, 0.8), (-0.6, 0.8)], True), skin.shade
            )
    brush.stroke(left, 1.0, 0.5, 0.3)
    brush.stroke(mirrored(left), 1.0, 0.3, 0.5)


def draw_face(brush: Brush, traits: Traits) -> Points:
    """Ears and face without features; returns the polygon of the face."""
    skin = traits.colors.skin
    for side in (-1, 1):
        ear = [(side * 0.93, 0.0), (side * 1.08, 0.0), (side * 1.10, 0.2), (side * 1.01, 0.46), (side * 0.9, 0.48)]
        brush.shape([ear], skin.base)
        brush.stroke([(side * 1.04, 0.10), (side * 1.0, 0.16), (side * 1.02, 0.3)], 0.7)
    path = face_outline(traits)
    face = brush.cover(joined(path), skin.base)
    if traits.painting == "soft":
        brush.gradient(face, mixed(skin.base, skin.shade, 0.35), skin.base)
    brush.outline(path[:1], 1.15, 0.6)
    brush.outline(path[1:2], 1.15, 0.6)
    return face


def draw_features(brush: Brush, traits: Traits, face: Points) -> None:
    """Cheeks, nose and mouth."""
    with brush.near(0.0).inside(face) as within:
        _cheeks(within.near(brush.depth), traits)
    _nose(brush, traits)
    _mouth(brush, traits)


def _cheeks(brush: Brush, traits: Traits) -> None:
    rng = traits.rng("cheeks")
    strength, hatched = rng.uniform(0.15, 0.75), rng.random() < 0.25
    for side in (-1, 1):
        brush.blush(side * 0.56, 0.66, 0.27, 0.15, traits.colors.blush, strength)
        for index in range(3 if hatched else 0):
            x = side * 0.56 + (index - 1) * 0.09
            brush.inked(traits.colors.blush).stroke([(x + 0.03, 0.61), (x - 0.03, 0.71)], 0.7)


def _nose(brush: Brush, traits: Traits) -> None:
    if traits.rng("nose").random() < 0.5:
        brush.stroke([(-0.015, 0.62), (0.03, 0.685), (-0.01, 0.70)], 0.8)
    else:
        brush.stroke([(0.0, 0.64), (0.02, 0.69)], 1.0, 0.4, 0.4)
    if traits.painting != "flat":
        brush.fill(curve([(0.02, 0.70), (0.07, 0.70), (0.03, 0.74)], True), traits.colors.skin.shade)


def _mouth(brush: Brush, traits: Traits) -> None:
    size, y = traits.rng("mouth size").uniform(0.85, 1.2), 0.88
    lines = {
        "smile": [[(-0.17, -0.03), (-0.08, 0.025), (0.0, 0.035), (0.08, 0.025), (0.17, -0.03)]],
        "small": [[(-0.07, 0.0), (0.0, 0.012), (0.07, 0.0)]],
        "frown": [[(-0.13, 0.035), (0.0, -0.015), (0.13, 0.035)]],
        "cat": [[(-0.17, -0.02), (-0.09, 0.035), (0.0, -0.015)], [(0.0, -0.015), (0.09, 0.035), (0.17, -0.02)]],
        "wavy": [[(-0.17, 0.02), (-0.09, -0.02), (0.0, 0.025), (0.09, -0.02), (0.17, 0.02)]],
    }
    for line in lines.get(traits.mouth, ()):
        brush.stroke(np.array(line) * size + (0, y), 1.2, 0.3, 0.3)
    if traits.mouth == "smile":
        brush.stroke([(-0.04, y + 0.10), (0.04, y + 0.10)], 0.6)
    opened = {"open": (0.15, 0.17), "grin": (0.22, 0.16), "o": (0.065, 0.085)}
    if traits.mouth in opened:
        rx, ry = opened[traits.mouth]
        _opened(brush, traits, rx * size, ry * size, y)


def _opened(brush: Brush, traits: Traits, rx: float, ry: float, y: float) -> None:
    if traits.mouth == "o":
        polygon = brush.cover(ellipse(0, y, rx, ry), (150, 52, 60))
        brush.stroke_sampled(polygon, 1.0, 1, 1)
        return
    top = [(-rx, y - 0.04), (-rx * 0.5, y - 0.015), (0, y - 0.02), (rx * 0.5, y - 0.015), (rx, y - 0.04)]
    low = [(rx, y - 0.04), (rx * 0.62, y + ry * 0.75), (0, y + ry), (-rx * 0.62, y + ry * 0.75), (-rx, y - 0.04)]
    inner = brush.cover(joined([top, low]), (156, 50, 58))
    with brush.inside(inner) as within:
        within.fill(ellipse(0, y + ry * 1.05, rx * 0.75, ry * 0.55), (238, 128, 128))
        if traits.mouth == "grin":
            teeth = np.concatenate([curve(top), curve(top)[::-1] + (0, 0.055)])
            within.shape([teeth], (255, 255, 255), 0.5)
    brush.outline([top, low], 1.1, 0.6)
