"""Every protocol that is shipped can be used, and names only metrics that exist."""

from pathlib import Path

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


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ('hints = [0, "full"]', r"^grid.hints: authentic drawings have no coloured partner"),
        ("rows = 3", r"^grid.rows: authentic drawings have no coloured partner"),
    ],
)
def test_a_grid_that_authentic_drawings_cannot_fill_is_refused(asked: str, message: str, tmp_path: Path) -> None:
    text = """
        name = "mine"\nversion = 1\nseed = 1\nsplits = ["test"]\nn = 4\ncrop_px = 64\nhints = [0]
        metrics = ["kid"]\ndrawings = "authentic"\ngrid = { line_art = 2, GRID }
    """
    (tmp_path / "mine.toml").write_text(text.replace("GRID", asked))
    with pytest.raises(RecipeError, match=message):
        load_protocol(str(tmp_path / "mine.toml"))
    (tmp_path / "mine.toml").write_text(text.replace("GRID", "hints = [0]"))
    assert load_protocol(str(tmp_path / "mine.toml")).grid.line_art == 2
