"""Remembers one answer: metrics ask for what belongs to a truth or a drawing once for every hint level."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


def remember_last(function: Callable[[NDArray[np.uint8]], T]) -> Callable[[NDArray[np.uint8]], T]:
    """The same function of a picture, which is not asked again as long as the very same array comes."""
    last: list[tuple[NDArray[np.uint8], T]] = []

    def remembered(picture: NDArray[np.uint8]) -> T:
        if not last or last[0][0] is not picture:
            last[:] = [(picture, function(picture))]
        return last[0][1]

    return remembered
