"""Each filter on tables made by hand: what it keeps, what it drops, and where exactly the border lies."""

from typing import Any

import pyarrow as pa
import pytest
from pydantic import TypeAdapter, ValidationError

from lcpipe.pipeline.filters import aspect, consent, grayscale, license, min_side, rating, white_border

NAN = float("nan")


def kept(module: Any, table: pa.Table, **settings: Any) -> list[bool]:
    """For each row, whether the filter keeps it."""
    checked = TypeAdapter(module.Settings).validate_python(settings)
    verdicts = module.keep(table, checked).to_pylist()
    assert set(verdicts) <= {None, module.__name__.rpartition(".")[2]}
    return [verdict is None for verdict in verdicts]


def sizes(*pairs: tuple[int | None, int | None]) -> pa.Table:
    widths, heights = ([pair[i] for pair in pairs] for i in (0, 1))
    short = [None if None in pair else min(pair) for pair in pairs]
    columns = {"width": widths, "height": heights, "short_side": short}
    return pa.table({name: pa.array(values, pa.int32()) for name, values in columns.items()})


def test_min_side_looks_at_the_short_side() -> None:
    table = sizes((512, 512), (511, 4000), (4000, 511), (513, 512), (None, None))
    assert kept(min_side, table) == [True, False, False, True, True]
    assert kept(min_side, table, px=511) == [True, True, True, True, True]


def test_aspect_knows_no_orientation() -> None:
    table = sizes((300, 100), (100, 300), (301, 100), (100, 301), (100, 100), (None, None))
    assert kept(aspect, table) == [True, True, False, False, True, True]
    assert kept(aspect, table, max_ratio=1) == [False, False, False, False, True, True]


def test_grayscale_drops_from_the_threshold_on_and_what_is_not_a_number() -> None:
    table = pa.table({"grayness": pa.array([0.0, 0.87, 0.875, 0.95, 1.0, NAN, None], pa.float32())})
    assert kept(grayscale, table, max_grayness=0.875) == [True, True, False, False, False, False, True]
    assert kept(grayscale, table) == [True, True, True, False, False, False, True]


def test_white_border_keeps_up_to_the_share() -> None:
    table = pa.table({"white_border": pa.array([0.0, 0.25, 0.26, 1.0, NAN, None], pa.float32())})
    assert kept(white_border, table) == [True, True, False, False, False, True]


def test_rating_keeps_what_is_allowed() -> None:
    table = pa.table({"rating": pa.array(["g", "s", "q", "e", None, "x"], pa.string())})
    assert kept(rating, table) == [True, True, False, False, True, True]
    assert kept(rating, table, unknown="drop") == [True, True, False, False, False, False]
    assert kept(rating, table, allow=["e"], unknown="keep") == [False, False, False, True, True, True]


@pytest.mark.parametrize("settings", [{"allow": ["safe"]}, {"unknown": "maybe"}])
def test_rating_knows_four_letters(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(rating.Settings).validate_python(settings)


def test_consent_drops_opt_outs_only() -> None:
    kind = pa.struct([("decision", pa.string()), ("signals", pa.list_(pa.string()))])
    rows = [
        {"decision": "opted_out", "signals": ["noai"]},
        {"decision": "granted", "signals": []},
        {"decision": None, "signals": None},
        None,
    ]
    assert kept(consent, pa.table({"consent": pa.array(rows, kind)})) == [False, True, True, True]


def test_license_takes_no_licence_as_unknown() -> None:
    table = pa.table({"license": pa.array(["CC-BY-4.0", "cc-by-4.0", "CC-BY-NC-4.0", "unknown", None], pa.string())})
    assert kept(license, table, allow=["CC-BY-4.0"]) == [True, True, False, False, False]
    assert kept(license, table, allow=["unknown"]) == [False, False, False, True, True]


def test_an_empty_license_list_is_refused() -> None:
    with pytest.raises(ValidationError, match="would drop every picture"):
        TypeAdapter(license.Settings).validate_python({"allow": []})


def test_filters_that_guard_people_look_at_line_art_too() -> None:
    assert {"color", "line_art"} == set(rating.roles) == set(consent.roles) == set(license.roles)
    assert grayscale.roles == ("color",)
