"""Sample order as a pure function: every epoch a permutation, the same from any start, mixed but local."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lcpipe.model.order import Order


def rows(order: Order, positions: range) -> list[tuple[int, int]]:
    """(row group, row in it) at each position."""
    found = []
    for position in positions:
        window, row = order.place(position)
        for group in window.groups:
            if row < order.sizes[group]:
                found.append((group, row))
                break
            row -= order.sizes[group]
    return found


@given(
    st.integers(0, 2**31),
    st.lists(st.integers(1, 7), min_size=1, max_size=9).map(tuple),
    st.integers(1, 4),
    st.integers(0, 3),
)
def test_an_epoch_has_every_row_once(seed: int, sizes: tuple[int, ...], width: int, epoch: int) -> None:
    order = Order(seed, sizes, width)
    seen = rows(order, range(epoch * order.rows, (epoch + 1) * order.rows))
    assert sorted(seen) == [(group, row) for group, size in enumerate(sizes) for row in range(size)]


def test_a_position_does_not_depend_on_what_came_before() -> None:
    order = Order(5, (4, 3, 5), 2)
    forwards = [order.place(position) for position in range(60)]
    backwards = [Order(5, (4, 3, 5), 2).place(position) for position in reversed(range(60))]
    assert forwards == backwards[::-1]


def test_epochs_and_seeds_differ() -> None:
    order = Order(5, (10, 10, 10, 10), 2)
    first = rows(order, range(40))
    assert first != rows(order, range(40, 80))
    assert first != rows(Order(6, order.sizes, 2), range(40))


def test_only_a_window_of_row_groups_is_needed_at_once() -> None:
    order = Order(1, (10,) * 12, 3)
    for start in range(0, 120, 30):
        assert len({group for group, _ in rows(order, range(start, start + 30))}) == 3


@pytest.mark.parametrize("position", [0, 29, 30, 119, 120])
def test_following_is_the_window_where_this_one_ends(position: int) -> None:
    order = Order(1, (10,) * 12, 3)
    window, _ = order.place(position)
    assert order.following(window) == order.place((position // 30 + 1) * 30)[0]
