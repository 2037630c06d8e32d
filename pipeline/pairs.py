"""Authentic pairs: which line art belongs to which colour picture."""

import math
from typing import Any

import numpy as np
import pyarrow as pa

MAX_ASPECT_RATIO = 1.02  # beyond it, a drawing is not the same frame and cannot be laid on by scaling


def explicit_pairs(table: pa.Table, alive: np.ndarray[Any, np.dtype[np.bool_]]) -> dict[int, int]:
    """{row of a colour picture: row of its line art} for living rows that share a `pair_key`.

    Where several drawings name the same picture, the one with the smaller id is taken; the others stay unpartnered.
    """
    keys = table.column("pair_key").to_pylist()
    roles = table.column("role").to_pylist()
    shapes = list(zip(table.column("width").to_pylist(), table.column("height").to_pylist(), strict=True))
    sides: dict[str, dict[str, list[int]]] = {"color": {}, "line_art": {}}
    for row in np.flatnonzero(alive).tolist():
        if keys[row] is not None:
            sides[roles[row]].setdefault(keys[row], []).append(row)
    taken: set[int] = set()
    pairs: dict[int, int] = {}
    for key, colors in sides["color"].items():
        for color in colors:
            free = [
                line
                for line in sides["line_art"].get(key, [])
                if line not in taken and _same_frame(shapes[color], shapes[line])
            ]
            if free:
                pairs[color] = free[0]
                taken.add(free[0])
    return pairs


def _same_frame(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return abs(math.log((a[0] / a[1]) / (b[0] / b[1]))) <= math.log(MAX_ASPECT_RATIO)
