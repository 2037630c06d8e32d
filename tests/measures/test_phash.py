"""Both hashes against ImageHash, bit for bit, where rounding decides and where it does not."""

from pathlib import Path

import imagehash
import numpy as np
import pytest
from PIL import Image

from lcpipe.pipeline.dataset.decode import Facts, decode
from lcpipe.pipeline.dataset.errors import PictureError
from lcpipe.pipeline.measures import dhash, phash
from lcpipe.pipeline.measures._pillow import luma

FACTS = Facts(
    format="PNG", mode="RGB", width=1, height=1, bits=8, frames=1, alpha_share=0.0, orientation=1, has_icc=False
)


def ours(pixels: np.ndarray) -> tuple[str, str]:
    grey = luma(pixels)
    return bytes(phash.measure(grey, FACTS)["phash"]).hex(), bytes(dhash.measure(grey, FACTS)["dhash"]).hex()


def theirs(pixels: np.ndarray) -> tuple[str, str]:
    image = Image.fromarray(pixels)
    return str(imagehash.phash(image)), str(imagehash.dhash(image))


def boxes(seed: int) -> np.ndarray:
    """Flat boxes on flat ground; every other one symmetric, where half of the frequencies are exactly zero."""
    rng = np.random.Generator(np.random.PCG64(seed))
    pixels = np.full((*rng.integers(1, 120, 2), 3), rng.integers(0, 256, 3), np.uint8)
    height, width = pixels.shape[:2]
    pixels[: height // 2, width // 3 :] = rng.integers(0, 256, 3)
    if seed % 2:
        pixels = np.concatenate([pixels, pixels[:, ::-1]], axis=1)
    return np.concatenate([pixels, pixels[::-1]]) if seed % 4 == 3 else pixels


@pytest.mark.parametrize("seed", range(60))
def test_equals_imagehash_on_boxes(seed: int) -> None:
    assert ours(boxes(seed)) == theirs(boxes(seed))


@pytest.mark.parametrize("size", [(1, 1), (32, 32), (31, 33), (700, 500), (2000, 60)])
def test_equals_imagehash_on_noise(size: tuple[int, int]) -> None:
    noise = np.random.Generator(np.random.PCG64(5)).integers(0, 256, (*size, 3), np.uint8)
    assert ours(noise) == theirs(noise)


@pytest.mark.parametrize("level", [0, 1, 128, 255])
def test_equals_imagehash_on_a_constant_picture(level: int) -> None:
    plain = np.full((50, 70, 3), level, np.uint8)
    assert ours(plain) == theirs(plain)


def test_equals_imagehash_on_real_pictures(shared: Path) -> None:
    paths = [path for path in sorted((shared / "corpus" / "illustrations").rglob("*")) if path.is_file()]
    compared = 0
    for path in paths[::9]:
        try:
            pixels = decode(path.read_bytes()).pixels
        except PictureError:
            continue
        assert ours(pixels) == theirs(pixels), path.name
        compared += 1
    assert compared >= 20


def test_a_smaller_copy_has_a_near_hash_and_the_negative_a_far_one() -> None:
    noise = Image.fromarray(np.random.Generator(np.random.PCG64(5)).integers(0, 256, (12, 16, 3), np.uint8))
    large = np.asarray(noise.resize((400, 300), Image.Resampling.BICUBIC))
    small = np.asarray(Image.fromarray(large).resize((200, 150), Image.Resampling.LANCZOS))
    for first, second, negative in zip(ours(large), ours(small), ours(255 - large), strict=True):
        assert _distance(first, second) <= 4
        assert _distance(first, negative) > 50


def _distance(a: str, b: str) -> int:
    return (int(a, 16) ^ int(b, 16)).bit_count()
