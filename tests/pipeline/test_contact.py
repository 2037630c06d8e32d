"""What a changed threshold changes is told and shown from the cache alone."""

from pathlib import Path

from click.testing import CliRunner
from support.pictures import run_build, write_pictures, write_recipe

from lcpipe.pipeline.build import Options, build, plan
from lcpipe.pipeline.cli import lcpipe
from lcpipe.pipeline.contact import Group, page
from lcpipe.pipeline.progress import Reporter
from lcpipe.pipeline.recipe import read_recipe


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


def test_explain_shows_the_cluster(tmp_path: Path) -> None:
    (file,) = write_pictures(tmp_path / "pictures", 1)
    copy = file.with_name("copy.png")
    copy.write_bytes(file.read_bytes() + b"\0")
    write_pictures(tmp_path / "pictures", 3, seed=4)
    root = run_build(write_recipe(tmp_path, near_duplicates={"distance": 2})).packed.root
    out = tmp_path / "cluster.html"
    arguments = ["explain", root, "local:0-000.png", "--html", str(out), "--cache", str(tmp_path / "cache")]
    done = CliRunner().invoke(lcpipe, arguments)
    assert done.exit_code == 0, done.output
    assert out.read_text().count("data:image/png") == 2


def test_a_page_escapes_what_it_is_told() -> None:
    text = page("<b>", [Group("<i>", [("x", "<script>")])], {"x": 'data:"'})
    assert "<script>" not in text
    assert "<b>" not in text.replace("<body>", "")
