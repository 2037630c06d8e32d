"""A hand per picture: drawn by weight, recorded whole, and changed only where it is asked for."""

import json
from collections import Counter
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from lcpipe.extractors import mix, xdog
from lcpipe.extractors._hand import gapped, inked, toned, weighted
from lcpipe.pipeline.dataset.errors import RecipeError
from lcpipe.pipeline.line_settings import draw, laid_over


def rng() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(3))


def strokes() -> np.ndarray:
    line = np.full((60, 80), 255, np.uint8)
    line[10:50, 20:22] = line[30:32, 5:70] = 0
    return line


def table(**own: Any) -> dict[str, Any]:
    return _table(mix, None, {"method": {"weighted": {"xdog": 3, "fdog": 1}}, **own}, "lines.hands")


def _table(module: ModuleType, preset: str | None, own: dict[str, Any], where: str) -> dict[str, Any]:
    return laid_over(module, preset, own, where, _table)


def test_methods_come_by_their_weights() -> None:
    drawn = Counter(draw(table(), 1, str(record), "line_hands")["method"] for record in range(1000))
    assert drawn["xdog"] / 1000 == pytest.approx(0.75, abs=0.05)
    assert set(drawn) == {"xdog", "fdog"}


def test_records_every_setting_and_the_version() -> None:
    values = draw(table(), 1, "a", "line_hands")
    own = json.loads(values["parameters"])
    assert own["version"] == 1
    assert own["sigma"] in (0.3, 0.4, 0.5, 0.6, 0.7)
    assert set(xdog.Settings.__dataclass_fields__) <= set(own) or values["method"] == "fdog"


def test_draws_what_the_extractor_draws() -> None:
    picture = rng().integers(0, 256, (40, 50, 3), np.uint8)
    settings = mix.Settings(method="xdog", parameters='{"sigma":0.5,"phi":2.0,"version":1}')
    (mixed,) = mix.prepare(settings)([picture], [rng()])
    (alone,) = xdog.prepare(xdog.Settings(sigma=0.5, phi=2.0))([picture], [rng()])
    np.testing.assert_array_equal(mixed, alone)


def test_own_settings_of_a_method_are_laid_over_its_preset() -> None:
    made = table(parameters={"by": "method", "xdog": {"preset": "alacgan", "sigma": 0.9}})
    assert made["parameters"]["xdog"]["sigma"] == 0.9
    assert made["parameters"]["xdog"]["tau"] == 0.95


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"method": {"weighted": {"xdog": 0}}}, "not all 0"),
        ({"method": {"weighted": {"xdog": float("nan")}}}, "not all 0"),
        ({"method": {"weighted": [1]}}, "not all 0"),
        ({"method": "zdog"}, "zdog"),
        ({"parameters": {"by": "way"}}, "nothing is called 'way'"),
        ({"parameters": {"by": "method", "sketch": {}}}, "'sketch' is not drawn"),
        ({"parameters": {"by": "method", "xdog": {"sigma": float("nan")}}}, "sigma"),
        ({"ink": 0}, "ink"),
        ({"tone": {"uniform": [0, 2]}}, "tone"),
    ],
)
def test_bad_tables_are_refused(own: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        table(**own)


def test_parameters_of_another_extractor_are_refused() -> None:
    with pytest.raises(ValueError, match="parameters are no settings of fdog"):
        mix.prepare(mix.Settings(method="fdog", parameters='{"bogus":1}'))


def test_pale_ink_leaves_paper() -> None:
    pale = inked(strokes(), 0.7)
    assert set(np.unique(pale)) == {77, 255}
    np.testing.assert_array_equal(inked(strokes(), 1.0), strokes())


def test_line_weight_changes_both_ways() -> None:
    ink = [(255 - weighted(strokes(), change).astype(int)).sum() for change in (-0.5, 0.0, 0.5, 1.0)]
    assert ink == sorted(ink)
    assert len(set(ink)) == 4


def test_gaps_only_take_ink_away() -> None:
    cut = gapped(strokes(), 6, rng())
    assert (cut >= strokes()).all()
    assert (cut == 255).sum() > (strokes() == 255).sum()
    blank = np.full((5, 5), 255, np.uint8)
    np.testing.assert_array_equal(gapped(blank, 6, rng()), blank)


def test_toned_paper_is_darker_by_no_more() -> None:
    paper = toned(np.full((50, 60), 255, np.uint8), 0.2, rng())
    assert paper.max() < 255
    assert paper.min() >= 203
