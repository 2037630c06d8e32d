"""Splits stick: by salt and smallest id, by inheritance, and never across a family."""

from hypothesis import given
from hypothesis import strategies as st

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.splits import Families, assign, fraction, split_of

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


def test_a_new_member_that_is_not_the_smallest_changes_nothing() -> None:
    before = assign({"f": [min(IDS[:5])]}, "s", 0.3, 0.3, {})
    assert assign({"f": IDS[:5]}, "s", 0.3, 0.3, {}) == before


def test_the_base_is_inherited_and_training_wins() -> None:
    members = {"a": IDS[:3], "b": IDS[3:6], "c": IDS[6:9]}
    base = {IDS[0]: "test", IDS[1]: "train", IDS[4]: "validation"}
    splits = assign(members, "s", 0.0, 0.0, base)
    assert splits == {"a": "train", "b": "validation", "c": "train"}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60))
def test_families_are_the_connected_components(edges: list[tuple[int, int]]) -> None:
    families = Families()
    groups = {number: {number} for number in range(31)}
    for a, b in edges:
        families.join(str(a), str(b))
        if groups[a] is not groups[b]:
            groups[a] |= groups[b]
            for member in groups[b]:
                groups[member] = groups[a]
    for a in range(31):
        assert {b for b in range(31) if families.find(str(a)) == families.find(str(b))} == groups[a]
