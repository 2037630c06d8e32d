"""Near-duplicates: every close pair is proposed, thumbnails confirm, and clusters are stars."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.near_duplicates import candidates, clusters

GREY = np.full((1, 12), 100, np.uint8)


def brute_force(hashes: np.ndarray, distance: int) -> set[tuple[int, int]]:
    pairs = ((i, j) for i in range(len(hashes)) for j in range(i + 1, len(hashes)))
    return {(i, j) for i, j in pairs if int(hashes[i] ^ hashes[j]).bit_count() <= distance}


def test_candidates_are_those_of_brute_force_across_blocks() -> None:
    rng = generator(0, "hashes", "test")
    base = rng.integers(0, 2**63, 60, dtype=np.uint64)
    near = base ^ (np.uint64(1) << rng.integers(0, 64, 60, dtype=np.uint64))
    filler = rng.integers(0, 2**63, 2500, dtype=np.uint64)
    hashes = np.concatenate([base, filler, near])
    found = {(int(a), int(b)) for left, right in candidates(hashes, 6) for a, b in zip(left, right, strict=True)}
    assert {(i, 2560 + i) for i in range(60)} <= found
    some = np.concatenate([hashes[:100], hashes[2560:]])
    small = {(int(a), int(b)) for left, right in candidates(some, 6) for a, b in zip(left, right, strict=True)}
    assert small == brute_force(some, 6)


def test_a_chain_of_small_steps_is_no_cluster() -> None:
    steps = np.array([0, 0b111, 0b111111, 0b111111111], np.uint64)
    same = np.repeat(GREY, 4, axis=0)
    assert clusters(steps, same, np.arange(4), 3, 5).tolist() == [0, 0, 2, 2]


def test_the_best_is_the_centre() -> None:
    hashes = np.array([0, 1, 3], np.uint64)
    centre = clusters(hashes, np.repeat(GREY, 3, axis=0), np.array([2, 0, 1]), 1, 5)
    assert centre.tolist() == [1, 1, 1]


def test_a_thumbnail_of_other_colour_refuses() -> None:
    hashes = np.zeros(2, np.uint64)
    thumbs = np.concatenate([GREY, GREY + 20])
    assert clusters(hashes, thumbs, np.arange(2), 6, 12).tolist() == [0, 1]
    assert clusters(hashes, thumbs, np.arange(2), 6, 20).tolist() == [0, 0]


@settings(deadline=None)
@given(st.lists(st.integers(0, 255), min_size=1, max_size=40), st.integers(0, 4))
def test_every_cluster_is_a_star(values: list[int], distance: int) -> None:
    hashes = np.array(values, np.uint64)
    centre = clusters(hashes, np.repeat(GREY, len(values), axis=0), np.arange(len(values)), distance, 0)
    for row, middle in enumerate(centre.tolist()):
        assert centre[middle] == middle
        assert int(hashes[row] ^ hashes[middle]).bit_count() <= distance
