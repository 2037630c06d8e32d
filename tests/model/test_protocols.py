"""Every protocol that is shipped can be used, and names only metrics that exist."""

import pytest

from lcpipe.model.metric_plugins import metric_names
from lcpipe.model.protocols import load_protocol, protocol_names
from lcpipe.pipeline.dataset.errors import RecipeError


@pytest.mark.parametrize("name", sorted(protocol_names()))
def test_a_shipped_protocol_is_whole(name: str) -> None:
    protocol = load_protocol(name)
    assert protocol.name == name
    assert set(protocol.metrics) <= set(metric_names())
    assert "train" not in protocol.splits


def test_pairs_are_measured_at_every_number_of_hints_people_ask_about() -> None:
    assert load_protocol("paired").hints == (0, 1, 4, 16, 64, "full")


def test_an_unknown_protocol_names_those_that_exist() -> None:
    with pytest.raises(RecipeError, match="no protocol is called 'pared': known are .*paired"):
        load_protocol("pared")
