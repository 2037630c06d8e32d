"""One answer is remembered, for the very same array only."""

import numpy as np
from numpy.typing import NDArray

from lcpipe.model.last_answer import remember_last


def test_only_another_array_is_asked_about_again() -> None:
    asked: list[int] = []

    def total(picture: NDArray[np.uint8]) -> int:
        asked.append(int(picture.sum()))
        return asked[-1]

    remembered = remember_last(total)
    first, second = np.ones((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8)
    assert [remembered(picture) for picture in (first, first, second, first, first.copy())] == [12, 12, 0, 12, 12]
    assert asked == [12, 0, 12, 12]
