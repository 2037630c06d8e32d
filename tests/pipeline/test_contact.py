"""What a changed threshold changes is told and shown from the cache alone."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from click.testing import CliRunner
from support.pictures import run_build, write_pictures, write_recipe

from lcpipe.pipeline.build import Options, build, plan
from lcpipe.pipeline.cli import lcpipe
from lcpipe.pipeline.contact import Group, borderline, page
from lcpipe.pipeline.pairs import Pairing, Proposal
from lcpipe.pipeline.progress import Reporter
from lcpipe.pipeline.recipe import read_recipe
from lcpipe.pipeline.registration import Fit
from lcpipe.pipeline.select import Bound, Selection


def test_a_dry_run_tells_and_shows_what_a_threshold_changes(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", 3)
    write_pictures(tmp_path / "pictures", 2, side=64, seed=9)
    where = {"out": str(tmp_path / "out"), "cache": str(tmp_path / "cache")}
    first = build(read_recipe(write_recipe(tmp_path)), Options(workers=1, until="select", **where), Reporter(-1))
    assert first.decoded == 5
    stricter = write_recipe(tmp_path, filters={"min_side": {"px": 80}})
    planned = plan(read_recipe(stricter), Options(**where))
    (heading,) = planned["changes"]
    assert "min_side" in heading
    assert len(planned["changes"][heading]) == 2
    again = build(read_recipe(stricter), Options(workers=1, until="select", **where), Reporter(-1))
    assert again.decoded == 0, "a threshold is tuned without any decode"
    sheet = tmp_path / "sheet.html"
    looser = str(write_recipe(tmp_path))
    arguments = ["build-dataset", looser, "--dry-run", "--sheet", str(sheet), "--cache", where["cache"]]
    done = CliRunner().invoke(lcpipe, arguments)
    assert done.exit_code == 0, done.output
    assert sheet.read_text().count("data:image/png") == 2


def test_nothing_is_written_where_nothing_is_known_or_the_name_is_no_pages(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", 1)
    picture = next((tmp_path / "pictures").glob("*.png"))
    before = picture.read_bytes()
    recipe, cache = str(write_recipe(tmp_path)), str(tmp_path / "cache")
    arguments = ["build-dataset", recipe, "--dry-run", "--cache", cache, "--sheet"]
    refused = CliRunner().invoke(lcpipe, [*arguments, str(picture)])
    assert refused.exit_code == 2
    assert "ends in .html" in refused.output
    assert picture.read_bytes() == before
    early = CliRunner().invoke(lcpipe, [*arguments, str(tmp_path / "sheet.html")])
    assert early.exit_code == 0, early.output
    assert "no page" in early.output
    assert not (tmp_path / "sheet.html").exists()


def test_what_is_closest_to_a_limit_is_shown_on_both_sides(tmp_path: Path) -> None:
    for number, side in enumerate((64, 80, 96, 112)):
        write_pictures(tmp_path / "pictures", 1, side=side, seed=number)
    recipe = write_recipe(tmp_path, filters={"min_side": {"px": 90}})
    selection = run_build(recipe, until="select").selection
    within, beyond = borderline(selection)
    sides = dict(zip(*(selection.table.column(name).to_pylist() for name in ("id", "short_side")), strict=True))
    assert [sides[one] for one, _ in within.members] == [96, 112]
    assert [sides[one] for one, _ in beyond.members] == [80, 64]
    assert beyond.heading == "just beyond min_side: short_side at least 90"
    assert beyond.members[0][1].endswith(", 80")


def test_only_pictures_that_a_limit_concerns_are_shown_near_it() -> None:
    columns = {"id": ["painting", "drawing"], "role": ["color", "line_art"], "grayness": [0.89, 0.91]}
    table = pa.table({**columns, "verdict": ["kept"] * 2, "reasons": pa.array([[]] * 2, pa.list_(pa.string()))})
    (group,) = borderline(Selection(table, bounds=(Bound("grayscale", "grayness", "below", 0.9),)))
    assert [one for one, _ in group.members] == ["painting"]


def test_pairs_near_the_least_score_are_shown() -> None:
    none = pa.array([[]] * 3, pa.list_(pa.string()))
    table = pa.table({"id": ["color", "line", "other"], "verdict": ["kept"] * 3, "reasons": none})
    fits = [Fit(score, np.eye(2, 3), 0.0) for score in (0.6, 0.5, 0.9)]
    proposals = (
        Proposal(0, 1, "descriptor", fits[0], None),
        Proposal(2, 1, "descriptor", fits[1], "its lines fit too little"),
        Proposal(2, 1, "pair_key", fits[2], None),
    )
    groups = borderline(Selection(table, Pairing({0: 1}, {}, proposals), least_score=0.55))
    assert [group.heading for group in groups] == ["pairs nearly refused", "pairs nearly accepted"]
    assert [one for one, _ in groups[0].members] == ["color", "line"]
    assert groups[1].members[0] == ("other", "other, score 0.50: its lines fit too little")


def test_explain_shows_the_cluster(tmp_path: Path) -> None:
    (file,) = write_pictures(tmp_path / "pictures", 1)
    for number in (1, 2):
        file.with_name(f"copy{number}.png").write_bytes(file.read_bytes() + bytes(number))
    write_pictures(tmp_path / "pictures", 3, seed=4)
    root = run_build(write_recipe(tmp_path, near_duplicates={"distance": 2})).packed.root
    out = tmp_path / "cluster.html"
    for name in ("0-000.png", "copy1.png", "copy2.png"):  # one was kept, two were dropped: each shows the whole cluster
        arguments = ["explain", root, f"local:{name}", "--html", str(out), "--cache", str(tmp_path / "cache")]
        done = CliRunner().invoke(lcpipe, arguments)
        assert done.exit_code == 0, done.output
        assert out.read_text().count("data:image/png") == 3


def test_a_page_escapes_what_it_is_told() -> None:
    text = page("<b>", [Group("<i>", [("x", "<script>")])], {"x": 'data:"'})
    assert "<script>" not in text
    assert "<b>" not in text.replace("<body>", "")
