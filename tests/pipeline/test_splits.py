"""Splits stick: by salt and smallest id, by inheritance, and never across a family."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.families import connected
from lcpipe.pipeline.recipe import Split
from lcpipe.pipeline.splits import assign, fraction, split_of

IDS = [sha256_hex(str(number).encode()) for number in range(4000)]


def test_shares_are_about_those_asked_for() -> None:
    splits = [split_of(fraction("salt", identity), 0.05, 0.1) for identity in IDS]
    assert 0.03 < splits.count("test") / len(IDS) < 0.07
    assert 0.08 < splits.count("validation") / len(IDS) < 0.12


def test_test_comes_first_then_validation() -> None:
    assert [split_of(x, 0.2, 0.3) for x in (0.0, 0.19, 0.2, 0.49, 0.5, 0.99)] == ["test"] * 2 + ["validation"] * 2 + [
        "train"
    ] * 2


def test_a_larger_test_share_only_adds() -> None:
    small = {i for i in IDS if split_of(fraction("s", i), 0.05, 0.05) == "test"}
    large = {i for i in IDS if split_of(fraction("s", i), 0.10, 0.05) == "test"}
    assert small < large


def test_families_with_authentic_line_art_are_tested_more_and_others_stay() -> None:
    shares = Split(test=0.05, validation=0.05, authentic_test=0.25)
    plain = assign(IDS, [None] * len(IDS), [False] * len(IDS), "s", shares)
    drawn = assign(IDS, [None] * len(IDS), [True] * len(IDS), "s", shares)
    assert 0.2 < drawn.count("test") / len(IDS) < 0.3
    assert all(b == "test" for a, b in zip(plain, drawn, strict=True) if a == "test")


def test_without_a_test_share_authentic_line_art_is_no_exception() -> None:
    assert set(assign(IDS[:500], [None] * 500, [True] * 500, "s", Split(test=0, validation=0))) == {"train"}


def test_what_is_inherited_stands() -> None:
    shares = Split(test=0, validation=0)
    bases = ["test", "train", "validation", None]
    assert assign(IDS[:4], bases, [True] * 4, "s", shares) == ["test", "train", "validation", "train"]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60))
def test_families_are_the_connected_parts(edges: list[tuple[int, int]]) -> None:
    ends = np.array(edges, np.int64).reshape(-1, 2)
    family = connected(31, [(ends[:, 0], ends[:, 1])])
    groups = {number: {number} for number in range(31)}
    for a, b in edges:
        if groups[a] is not groups[b]:
            groups[a] |= groups[b]
            for member in groups[b]:
                groups[member] = groups[a]
    assert family.tolist() == [min(groups[number]) for number in range(31)]
