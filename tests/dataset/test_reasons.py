"""The list of reasons is closed, and the same as the one on the design page."""

import pytest

from lcpipe.pipeline.dataset.reasons import Reason, is_reason


def test_every_reason_is_one():
    assert all(is_reason(reason, frozenset()) for reason in Reason)
    assert len(Reason) == 18


@pytest.mark.parametrize("text", ["http_404", "http_503", "min_side"])
def test_http_codes_and_names_of_filters_are_reasons(text):
    assert is_reason(text, frozenset({"min_side"}))


@pytest.mark.parametrize("text", ["", "http_", "http_999", "http_4040", "min_side", "whatever", "TRUNCATED"])
def test_nothing_else_is(text):
    assert not is_reason(text, frozenset({"aspect"}))
