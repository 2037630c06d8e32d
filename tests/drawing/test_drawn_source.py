"""The source `drawn`: pictures as they are asked for, and none for what is known."""

from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from lcpipe.pipeline.catalog import METADATA
from lcpipe.pipeline.drawing.character import draw_character
from lcpipe.pipeline.sources._item import Item, SourceState
from lcpipe.pipeline.sources.drawn import FINGERPRINT, Settings, listing

NOWHERE = SourceState(folder=Path())


def test_a_character_is_listed_with_its_lines() -> None:
    color, line = listing(Settings(count=1, first_seed=12), NOWHERE)
    assert (color.native_id, color.role) == ("000012", "color")
    assert (line.native_id, line.role) == ("000012-line", "line_art")
    assert color.metadata["pair_key"] == line.metadata["pair_key"] == "drawn-000012"
    assert set(color.metadata) <= set(METADATA.names)


def test_the_bytes_are_the_drawing() -> None:
    color, line = listing(Settings(count=1, first_seed=12), NOWHERE)
    drawing = draw_character(12)
    assert np.array_equal(_decoded(color, cv2.IMREAD_COLOR)[..., ::-1], drawing.color)
    assert np.array_equal(_decoded(line, cv2.IMREAD_GRAYSCALE), drawing.line)


def test_lines_can_be_left_out() -> None:
    items = list(listing(Settings(count=2, lines=False), NOWHERE))
    assert [item.native_id for item in items] == ["000000", "000001"]


def test_pictures_are_drawn_as_they_are_asked_for() -> None:
    first = list(islice(listing(Settings(count=10**9), NOWHERE), 2))
    assert [item.native_id for item in first] == ["000000", "000000-line"]


def test_what_is_known_is_not_drawn_again() -> None:
    known = {name: FINGERPRINT for seed in range(500) for name in (f"{seed:06d}", f"{seed:06d}-line")}
    items = list(listing(Settings(count=500), SourceState(folder=Path(), known=known)))
    assert len(items) == 1000
    assert all(item.data is None and item.path is None and item.fingerprint == FINGERPRINT for item in items)


def test_a_pair_that_is_known_in_part_or_of_old_is_drawn() -> None:
    for known in ({"000000": FINGERPRINT}, {"000000": FINGERPRINT, "000000-line": "drawn-0"}):
        assert all(item.data for item in listing(Settings(count=1), SourceState(folder=Path(), known=known)))


def test_materials_are_another_picture_of_the_same_character() -> None:
    plain, same = (list(listing(Settings(count=1, materials=on), NOWHERE)) for on in (False, True))
    assert [item.native_id for item in plain] == [item.native_id for item in same]
    assert plain[0].data != same[0].data
    assert plain[1].data == same[1].data
    assert not {item.fingerprint for item in plain} & {item.fingerprint for item in same}


@pytest.mark.parametrize("wrong", [{"count": 0}, {"first_seed": -1}, {"seeds": 3}])
def test_wrong_settings_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Settings).validate_python(wrong)


def _decoded(item: Item, mode: int) -> np.ndarray:
    assert item.data is not None
    return np.asarray(cv2.imdecode(np.frombuffer(item.data, np.uint8), mode))
