"""Near-duplicates: hashes propose exactly as brute force does, thumbnails confirm, and clusters are stars."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lcpipe.pipeline.dataset.decode import Facts
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.hash_search import CROWD, candidates, crowded
from lcpipe.pipeline.measure import Views
from lcpipe.pipeline.measures import color_hash, thumbnail
from lcpipe.pipeline.near_duplicates import Proposal, clusters
from lcpipe.pipeline.thumbnails import aligned_difference, coarse, difference, mirrored

FACTS = Facts(
    format="PNG", mode="RGB", width=1, height=1, bits=8, frames=1, alpha_share=0.0, orientation=1, has_icc=False
)
GREY = np.full((1, 3072), 100, np.uint8)


def brute_force(hashes: np.ndarray, distance: int, mirror: int) -> set[tuple[int, int]]:
    far = np.bitwise_count(hashes[:, None] ^ hashes[None] ^ np.uint64(mirror))
    return {(i, j) for i, j in np.argwhere(np.triu(far <= distance, 1)).tolist()}


def found(hashes: np.ndarray, distance: int, mirror: int = 0, crowd: np.ndarray | None = None) -> list[tuple[int, int]]:
    blocks = candidates(hashes, distance, mirror, crowd)
    return [(int(a), int(b)) for left, right in blocks for a, b in zip(left, right, strict=True)]


def mixed_hashes(seed: int, count: int) -> np.ndarray:
    """Random hashes, neighbours of some, equal ones, and near-blank ones with few bits set."""
    rng = generator(0, seed, "hashes")
    base = rng.integers(0, 2**64, count, dtype=np.uint64)
    flips = np.uint64(1) << rng.integers(0, 64, (5, count)).astype(np.uint64)
    near = base ^ np.bitwise_xor.reduce(flips, axis=0)
    blank = np.bitwise_and.reduce(rng.integers(0, 2**64, (5, count), dtype=np.uint64), axis=0)
    return np.concatenate([base, near, blank, np.full(count // 4, base[0])])


@pytest.mark.parametrize(("distance", "mirror"), [(0, 0), (3, 0), (6, 0), (7, color_hash.MIRROR), (9, 0), (12, 5)])
def test_candidates_are_those_of_brute_force_each_once(distance: int, mirror: int) -> None:
    hashes = mixed_hashes(distance, 150)
    pairs = found(hashes, distance, mirror)
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == brute_force(hashes, distance, mirror)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 300), max_size=40), st.integers(0, 7), st.data())
def test_candidates_of_any_hashes_are_those_of_brute_force(
    values: list[int], distance: int, data: st.DataObject
) -> None:
    hashes = np.array(values, np.uint64)
    crowd = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))), dtype=bool)
    expected = {(i, j) for i, j in brute_force(hashes, distance, 0) if not (crowd[i] and crowd[j])}
    assert set(found(hashes, distance, 0, crowd)) == expected


def test_blank_and_equal_hashes_are_crowded_and_others_are_not() -> None:
    rng = generator(0, "crowd", "test")
    blank = np.uint64(1) << rng.integers(0, 64, 20 * CROWD, dtype=np.uint64)
    others = rng.integers(0, 2**64, 20 * CROWD, dtype=np.uint64)
    crowd = crowded(np.concatenate([blank, np.full(CROWD, 77, np.uint64), others]), 6)
    assert crowd[: 21 * CROWD].all()
    assert not crowd[21 * CROWD :].any()


def stars(hashes: np.ndarray, distance: int, thumbs: np.ndarray, rank: np.ndarray, limit: float) -> list[int]:
    return clusters([Proposal(hashes, distance)], thumbs, rank, limit).centre.tolist()


def test_a_chain_of_small_steps_is_no_cluster() -> None:
    steps = np.array([0, 0b111, 0b111111, 0b111111111], np.uint64)
    assert stars(steps, 3, np.repeat(GREY, 4, axis=0), np.arange(4), 5) == [0, 0, 2, 2]


def test_near_duplicates_of_different_stars_are_bound() -> None:
    steps = np.array([0, 0b111, 0b111111, 0b111111111], np.uint64)
    found = clusters([Proposal(steps, 3)], np.repeat(GREY, 4, axis=0), np.arange(4), 5)
    assert found.bonds.tolist() == [[1, 2]]


def test_the_best_is_the_centre() -> None:
    hashes = np.array([0, 1, 3], np.uint64)
    assert stars(hashes, 1, np.repeat(GREY, 3, axis=0), np.array([2, 0, 1]), 1) == [1, 1, 1]


def test_a_thumbnail_of_other_colour_refuses() -> None:
    hashes, thumbs = np.zeros(2, np.uint64), np.concatenate([GREY, GREY + 20])
    assert stars(hashes, 6, thumbs, np.arange(2), 12) == [0, 1]
    assert stars(hashes, 6, thumbs, np.arange(2), 20) == [0, 0]


@settings(deadline=None)
@given(st.lists(st.integers(0, 255), min_size=1, max_size=40), st.integers(0, 4))
def test_every_cluster_is_a_star(values: list[int], distance: int) -> None:
    hashes = np.array(values, np.uint64)
    centre = stars(hashes, distance, np.repeat(GREY, len(values), axis=0), np.arange(len(values)), 0)
    for row, middle in enumerate(centre):
        assert centre[middle] == middle
        assert int(hashes[row] ^ hashes[middle]).bit_count() <= distance


def test_crowded_pictures_come_to_the_same_stars_as_all_pairs_would() -> None:
    rng = generator(0, "hall", "test")
    hashes = np.concatenate([np.zeros(CROWD + 300, np.uint64), rng.integers(0, 2**64, 200, dtype=np.uint64)])
    thumbs = np.repeat(rng.integers(0, 255, (len(hashes), 1), np.uint8), 3072, axis=1)
    assert crowded(hashes, 6).sum() == CROWD + 300
    rank = rng.permutation(len(hashes))
    expected = np.full(len(hashes), -1)
    near = np.bitwise_count(hashes[:, None] ^ hashes[None]) <= 6
    alike = np.abs(thumbs[:, :1].astype(int) - thumbs[:, 0].astype(int)) <= 12
    for row in np.argsort(rank).tolist():
        if expected[row] < 0:
            expected[near[row] & alike[row] & (expected < 0)] = row
    assert stars(hashes, 6, thumbs, rank, 12) == expected.tolist()


def scene(seed: int) -> np.ndarray:
    """Soft coloured discs, uint8 (240, 200, 3)."""
    rng = generator(0, seed, "scene")
    canvas = np.full((240, 200, 3), rng.integers(120, 250, 3), np.uint8)
    for _ in range(9):
        middle, radius = rng.integers(0, 200, 2).tolist(), int(rng.integers(15, 60))
        cv2.circle(canvas, middle, radius, rng.integers(0, 255, 3).tolist(), -1, cv2.LINE_AA)
    return canvas


def thumb(pixels: np.ndarray) -> np.ndarray:
    return np.frombuffer(thumbnail.measure(Views(pixels).squeezed, FACTS)["thumbnail"], np.uint8)[None]


def hashed(pixels: np.ndarray) -> int:
    return int.from_bytes(color_hash.measure(Views(pixels).squeezed, FACTS)["color_hash"], "big")


@pytest.mark.parametrize("seed", range(8))
def test_mirroring_flips_the_bits_that_the_hash_says(seed: int) -> None:
    pixels = scene(seed)
    turned = hashed(np.ascontiguousarray(pixels[:, ::-1]))
    assert (hashed(pixels) ^ turned ^ color_hash.MIRROR).bit_count() <= 2


@pytest.mark.parametrize("seed", range(8))
def test_a_crop_is_found_again_and_another_picture_is_not(seed: int) -> None:
    pixels = scene(seed)
    crop = pixels[12:234, 8:196]
    assert (hashed(pixels) ^ hashed(crop)).bit_count() <= 7
    assert aligned_difference(thumb(pixels), thumb(crop))[0] < difference(thumb(pixels), thumb(crop))[0]
    assert aligned_difference(thumb(pixels), thumb(crop))[0] < 8
    assert aligned_difference(thumb(pixels), thumb(scene(seed + 100)))[0] > 20


@given(st.integers(0, 1000))
def test_coarse_cells_never_differ_more_than_thumbnails(seed: int) -> None:
    a, b = generator(0, seed, "thumbs").integers(0, 256, (2, 1, 3072), np.uint8)
    assert difference(coarse(a), coarse(b))[0] <= difference(a, b)[0] + 1e-3
    assert (mirrored(mirrored(a, 32), 32) == a).all()


@pytest.mark.parametrize("together", [1, 2, 100])
def test_a_difference_is_exact_whatever_is_compared_beside_it(together: int) -> None:
    for levels in range(1, 40):
        grey = np.full((together, 3072), levels, np.uint8)
        assert (difference(grey, np.zeros_like(grey)) == levels).all()
