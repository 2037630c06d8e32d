"""Every method that the page offers draws: ink on white paper, of the picture's own size."""

import numpy as np
import pytest
from support.odd_pictures import drawn

from lcpipe.model.studio.answers import AnswerError
from lcpipe.model.studio.line_methods import extract, methods


def test_every_method_that_is_offered_draws() -> None:
    assert {"xdog", "fdog"} <= set(methods())
    assert "mix" not in methods()
    for name, about in methods().items():
        lines = extract(drawn(90, 70), name)
        assert (lines.shape, lines.dtype) == ((70, 90), np.uint8), name
        assert lines.max() == 255, name
        assert about


def test_a_method_that_is_none_is_answered_with_those_there_are() -> None:
    with pytest.raises(AnswerError, match="no method") as caught:
        extract(drawn(20, 20), "magic")
    assert caught.value.status == 404
    assert "xdog" in caught.value.hint
