"""Rows that were marked while looking through a dataset are left out of the next build."""

import tomllib
from pathlib import Path

from support.pictures import run_build, write_pictures, write_recipe
from support.studio import Client

from lcpipe.pipeline.build import BuildReport
from lcpipe.pipeline.dataset.reading import open_dataset


def ids_of(report: BuildReport) -> list[str]:
    assert report.packed is not None
    opened = open_dataset(str(report.packed.root))
    return sorted(row["id"] for split in opened.splits() for row in opened.rows("pairs", split, ["id"]))


def test_what_is_marked_is_left_out_of_the_next_build(studio: Client, tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", 6)
    before = run_build(write_recipe(tmp_path))
    ids = ids_of(before)
    answer = studio.post("/api/exclude", {"ids": ids[:2]})
    assert tomllib.loads(answer.body.decode())["ids"] == ids[:2]
    (tmp_path / "exclude.toml").write_bytes(answer.body)
    after = run_build(write_recipe(tmp_path, version="1.0.1", exclude={"files": ["exclude.toml"]}))
    left = ids_of(after)
    assert left == ids[2:]
