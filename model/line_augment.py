"""Other styles of one picture, for the line network: its true lines stay where they are, all else about it changes.

Every change takes a generator, a picture float32 (H, W, 3) in [0, 1] and its ink float32 (H, W) in [0, 1], and returns
the picture anew. What looks like lines but is none (edges of shade, screentone, texture, gloss) is what the network has
to learn to leave out; pale, coloured and blurred lines are what it has to find.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Change = Callable[[np.random.Generator, Float32, Float32], Float32]


def restyled(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """The picture after a random choice of all changes, in the order in which artist, scanner and site make them."""
    for change, chance in CHANGES:
        if rng.random() < chance:
            picture = np.clip(change(rng, picture, ink), 0, 1, dtype=np.float32)
    return picture


def repainted(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """Other colours: channels swapped, gamma and contrast changed."""
    order = rng.permutation(3)
    gamma = np.exp(rng.uniform(-0.6, 0.6, 3)).astype(np.float32)
    low = rng.uniform(0, 0.25)
    return np.asarray(low + (1 - low) * np.power(picture[..., order], gamma), np.float32)


def grey(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """A picture without colour."""
    return np.asarray(np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2), np.float32)


def softly_shaded(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """Light and shade that change slowly."""
    field = _field(rng, picture.shape, int(rng.integers(2, 9)))
    shade = picture * (1 - rng.uniform(0.1, 0.6) * field)[..., None]
    return np.asarray(shade + rng.uniform(0, 0.15) * (1 - field)[..., None], np.float32)


def hard_shaded(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """Cel shading: areas with sharp edges that are darker or lighter, under the lines."""
    field = _field(rng, picture.shape, int(rng.integers(3, 24)))
    softness = float(rng.uniform(0.004, 0.08))
    area = np.clip((field - rng.uniform(0.3, 0.7)) / softness, 0, 1)[..., None]
    tint = rng.uniform(0.55, 1.25, 3).astype(np.float32)
    return _under(picture, picture * (1 + area * (tint - 1)), ink)


def brushed(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """Strokes of paint, gloss and hair: broad, pale, or lighter than what they lie on, which tells them from ink."""
    height, width = ink.shape
    layer = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(2, 12))):
        start = rng.uniform(0, 1, 2) * (width, height)
        way = start + np.cumsum(rng.normal(0, rng.uniform(2, 14), (12, 2)) + rng.normal(0, 8, 2), axis=0)
        points = [np.round(way * 16).astype(np.int32)]
        cv2.polylines(layer, points, False, [float(rng.uniform(0.3, 1))], int(rng.integers(1, 14)), cv2.LINE_AA, 4)
    layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), float(rng.uniform(0.4, 3))), np.float32)
    color = rng.uniform(0.75, 1.0, 3) if rng.random() < 0.6 else np.clip(picture.mean((0, 1)) * 0.75, 0, 1)
    strength = rng.uniform(0.3, 0.95) if color.min() >= 0.75 else rng.uniform(0.1, 0.35)
    share = np.float32(strength) * layer[..., None]
    return _under(picture, picture + share * (color.astype(np.float32) - picture), ink)


def textured(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """Canvas, paper or cloth: noise of one grain size."""
    noise = rng.normal(0, 1, ink.shape).astype(np.float32)
    fine = float(rng.uniform(0.3, 2))
    grain = cv2.GaussianBlur(noise, (0, 0), fine) - cv2.GaussianBlur(noise, (0, 0), 2 * fine)
    grain *= np.float32(rng.uniform(0.01, 0.09) / max(float(grain.std()), 1e-6))
    return picture + np.asarray(grain, np.float32)[..., None]


def screened(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """Screentone over a part of the picture: dots on a turned grid. Hatching is none of it: people draw that."""
    height, width = ink.shape
    turn, pitch = rng.uniform(0, np.pi), rng.uniform(3, 9)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    u = (columns * np.cos(turn) + rows * np.sin(turn)) * np.float32(2 * np.pi / pitch)
    v = (rows * np.cos(turn) - columns * np.sin(turn)) * np.float32(2 * np.pi / pitch)
    dots = np.clip(((np.sin(u) + np.sin(v)) / 2 - rng.uniform(-0.3, 0.6)) * rng.uniform(2, 6), 0, 1)
    area = _field(rng, picture.shape, 3) > rng.uniform(0.3, 0.6)
    share = np.asarray(dots * area * rng.uniform(0.15, 0.9), np.float32)[..., None]
    return _under(picture, picture * (1 - share), ink)


def glowing(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """Light that washes out a part of the picture, lines and all."""
    field = _field(rng, picture.shape, 2)[..., None] ** 2
    color = rng.uniform(0.7, 1, 3).astype(np.float32)
    return picture + np.float32(rng.uniform(0.1, 0.5)) * field * (color - picture)


def reinked(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """Lines in one colour of their own: brown, blue, red, always darker than most of what is around them."""
    color = (rng.uniform(0, 0.5, 3) * rng.uniform(0.2, 1)).astype(np.float32)
    share = np.float32(rng.uniform(0.4, 1)) * ink[..., None]
    return picture + share * (color - picture)


def paled(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """Faint lines: ink takes on some of the colour around it."""
    around = cv2.erode(-picture, np.ones((7, 7), np.uint8))  # the lightest nearby, which is no ink
    around = cv2.GaussianBlur(-np.asarray(around), (0, 0), 2)
    share = np.float32(rng.uniform(0.1, 0.65)) * ink[..., None]
    return picture + share * (np.asarray(around, np.float32) - picture)


def blurred(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """Out of focus, or shrunk and enlarged again."""
    height, width = ink.shape
    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.3, 1.4))), np.float32)
    scale = rng.uniform(0.45, 0.9)
    small = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def sharpened(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """Unsharp masking, halos included."""
    soft = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.8, 2.5)))
    return picture + np.float32(rng.uniform(0.2, 1.2)) * (picture - np.asarray(soft, np.float32))


def noisy(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """Noise of a sensor or a scanner."""
    return picture + rng.normal(0, rng.uniform(0.004, 0.04), picture.shape).astype(np.float32)


def compressed(rng: np.random.Generator, picture: Float32, ink: Float32) -> Float32:
    """JPEG, from good to poor."""
    pixels = np.round(picture[..., ::-1] * 255).astype(np.uint8)
    quality = int(rng.integers(25, 96))
    done, data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, quality))
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR) if done else pixels
    return np.asarray(decoded, np.float32)[..., ::-1] / np.float32(255)


CHANGES: tuple[tuple[Change, float], ...] = (
    (repainted, 0.7),
    (reinked, 0.35),
    (paled, 0.35),
    (softly_shaded, 0.4),
    (hard_shaded, 0.5),
    (hard_shaded, 0.25),
    (brushed, 0.4),
    (brushed, 0.2),
    (textured, 0.3),
    (screened, 0.2),
    (glowing, 0.25),
    (grey, 0.1),
    (blurred, 0.35),
    (sharpened, 0.2),
    (noisy, 0.3),
    (compressed, 0.5),
)


def _field(rng: np.random.Generator, shape: tuple[int, ...], cells: int) -> Float32:
    """Smooth noise in [0, 1], float32 (H, W), with about `cells` hills along each side."""
    coarse = rng.random((cells + 2, cells + 2)).astype(np.float32)
    large = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.asarray(large, np.float32), 0, 1)


def _under(picture: Float32, changed: Float32, ink: Float32) -> Float32:
    """The changed picture with the lines of the old one on top."""
    share = np.minimum(ink, 1)[..., None]
    return np.asarray(changed + share * (picture - changed), np.float32)
