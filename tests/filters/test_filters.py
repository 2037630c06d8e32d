"""Each filter on tables made by hand: what it keeps, what it drops, and where exactly the border lies."""

from typing import Any

import pyarrow as pa
import pytest
from pydantic import TypeAdapter, ValidationError

from lcpipe.pipeline.filters import (
    animation,
    artist_cap,
    aspect,
    clean,
    colorful,
    consent,
    grayscale,
    letterbox,
    license,
    min_side,
    rating,
    screentone,
    solid_border,
    tags,
    text,
    transparency,
    white_border,
)

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


@pytest.mark.parametrize(
    ("module", "column", "setting", "least"),
    [
        (colorful, "colorfulness", "min_colorfulness", True),
        (text, "text_share", "max_share", False),
        (screentone, "screentone", "max_share", False),
        (solid_border, "solid_border", "max_share", False),
        (letterbox, "letterbox", "max_share", False),
        (transparency, "alpha_share", "max_share", False),
        (animation, "frames", "max_frames", False),
    ],
)
def test_one_number_has_one_border(module: Any, column: str, setting: str, least: bool) -> None:
    whole = column == "frames"
    border = 2 if whole else 0.5
    values = [border - (1 if whole else 0.25), border, border + (1 if whole else 0.25), None if whole else NAN, None]
    table = pa.table({column: pa.array(values, pa.int32() if whole else pa.float32())})
    wanted = [not least, True, least, whole, True]
    assert kept(module, table, **{setting: border}) == wanted


def test_clean_looks_at_three_things_and_keeps_what_is_unknown() -> None:
    columns = {
        "sharpness": [0.6, 0.1, 0.6, 0.6, None, NAN],
        "blockiness": [0.1, 0.1, 2.0, 0.1, 0.1, 0.1],
        "noise": [1.0, 1.0, 1.0, 30.0, 1.0, 1.0],
    }
    table = pa.table({name: pa.array(values, pa.float32()) for name, values in columns.items()})
    assert kept(clean, table) == [True, False, False, False, True, False]
    assert kept(clean, table, min_sharpness=0.05, max_blockiness=3, max_noise=40) == [True] * 5 + [False]


def tagged(*rows: dict[str, list[str]]) -> pa.Table:
    names = ("tags_general", "tags_character", "tags_copyright", "tags_artist", "tags_meta")
    return pa.table({name: pa.array([row.get(name) for row in rows], pa.list_(pa.string())) for name in names})


def test_tags_of_every_kind_count_and_case_does_not() -> None:
    rows = [
        {"tags_general": ["1girl", "solo"]},
        {"tags_general": ["1Girl"], "tags_meta": ["Comic"]},
        {"tags_character": ["miku"], "tags_general": []},
        {},
    ]
    for table in (tagged(*rows), pa.concat_tables([tagged(*rows[:1]), tagged(*rows[1:])])):
        assert kept(tags, table) == [True] * 4
        assert kept(tags, table, exclude=["comic", "monochrome"]) == [True, False, True, True]
        assert kept(tags, table, any=["1girl", "MIKU"]) == [True, True, True, False]
        assert kept(tags, table, all=["1girl", "solo"]) == [True, False, False, False]
        assert kept(tags, table, all=["1girl"], exclude=["comic"]) == [True, False, False, False]


def test_tags_may_look_at_one_side_alone() -> None:
    rows = [{"tags_general": ["monochrome"]}] * 3
    table = tagged(*rows).append_column("role", pa.array(["color", "line_art", None]))
    assert kept(tags, table, exclude=["monochrome"]) == [False] * 3
    assert kept(tags, table, exclude=["monochrome"], of="color") == [False, True, True]
    assert kept(tags, table, any=["solo"], of="line_art") == [True, False, True]


def test_a_cap_keeps_the_smallest_ids_of_each_artist() -> None:
    rows = [("d", "ann"), ("a", "ann"), ("c", "ann"), ("b", "bob"), ("e", None), ("f", None), ("0", "bob")]
    table = pa.table({"id": [r[0] for r in rows], "artist": [r[1] for r in rows], "role": ["color"] * len(rows)})
    assert kept(artist_cap, table, most=1) == [False, True, False, False, True, True, True]
    assert kept(artist_cap, table, most=2) == [False, True, True, True, True, True, True]
    chunked = pa.concat_tables([table.slice(0, 3), table.slice(3)])
    assert kept(artist_cap, chunked, most=1) == [False, True, False, False, True, True, True]


def test_drawings_do_not_count_towards_a_cap() -> None:
    table = pa.table({"id": ["a", "b"], "artist": ["ann", "ann"], "role": ["line_art", "color"]})
    assert kept(artist_cap, table, most=1) == [True, True]
