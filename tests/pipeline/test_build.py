"""Builds: deterministic, restartable, and nothing is rendered twice."""

import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from support.pictures import run_build, write_drawing, write_pictures, write_recipe
from support.tiny_dataset import draw_picture

from lcpipe.pipeline.build import Options, plan
from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.errors import DatasetError, LcpipeError
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.dataset.verify import verify
from lcpipe.pipeline.recipe import read_recipe

COUNT = 20


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures, a recipe, and a first build of it."""
    folder = tmp_path_factory.mktemp("build")
    write_pictures(folder / "pictures", COUNT)
    write_pictures(folder / "pictures", 6, side=40, seed=1)
    run_build(write_recipe(folder, filters={"min_side": {"px": 64}}))
    return folder


def files(root: str) -> dict[str, str]:
    return {str(f.relative_to(root)): sha256_hex(f.read_bytes()) for f in sorted(Path(root).rglob("*")) if f.is_file()}


def rebuild(folder: Path, tmp_path: Path, workers: int = 1, **tables: Any) -> Any:
    """Builds the same pictures by another recipe with the cache of the first build."""
    os.symlink(folder / "pictures", tmp_path / "pictures")
    recipe = write_recipe(tmp_path, **({"filters": {"min_side": {"px": 64}}} | tables))
    return run_build(recipe, workers, cache=str(folder / "cache"))


def test_a_dataset_is_whole_and_complete(built: Path) -> None:
    report = run_build(built / "recipe.toml")
    dataset = open_dataset(report.packed.root)
    assert verify(dataset.root, full=True) == []
    counts = dataset.manifest["counts"]
    assert (counts["found"], counts["kept"], counts["dropped"], counts["paired"]) == (26, 20, 6, 0)
    assert counts["reasons"] == {"min_side": 6}
    rows = [row for split in dataset.splits("pairs") for row in dataset.rows("pairs", split)]
    originals = {sha256_hex(f.read_bytes()): f.name for f in (built / "pictures").iterdir()}
    assert {originals[row["id"]] for row in rows} == {f"0-{n:03d}.png" for n in range(COUNT)}
    assert all(row["line_xdog_03_params"]["sigma"] == 0.3 for row in rows)
    assert all((row["width"], row["original_width"]) == (48, 96) for row in rows)


def test_a_second_build_does_nothing(built: Path) -> None:
    report = run_build(built / "recipe.toml")
    assert (report.decoded, report.rendered, report.packed.fresh) == (0, 0, False)


def test_two_workers_and_a_fresh_cache_give_the_same_bytes(built: Path, tmp_path: Path) -> None:
    first = run_build(built / "recipe.toml").packed
    os.symlink(built / "pictures", tmp_path / "pictures")
    recipe = write_recipe(tmp_path, filters={"min_side": {"px": 64}})
    second = run_build(recipe, workers=2).packed
    assert second.fresh
    assert files(first.root) == files(second.root)


def test_a_relaxed_filter_renders_only_the_rows_it_lets_in(built: Path, tmp_path: Path) -> None:
    report = rebuild(built, tmp_path, filters={"min_side": {"px": 32}}, version="1.1.0")
    assert (report.decoded, report.rendered) == (0, 6 * 2)
    assert report.packed.manifest["counts"]["kept"] == COUNT + 6


def test_a_new_line_column_renders_only_itself(built: Path, tmp_path: Path) -> None:
    drawn = {"extractor": "xdog", "preset": "alacgan"}
    lines = {"xdog_03": {"extractor": "xdog", "sigma": 0.3}, "drawn": drawn}
    report = rebuild(built, tmp_path, lines=lines, version="1.2.0")
    assert (report.decoded, report.rendered) == (0, COUNT)
    rows = list(open_dataset(report.packed.root).rows("pairs", "train", ["line_drawn_params"]))
    assert {row["line_drawn_params"]["sigma"] for row in rows} == {0.3, 0.4, 0.5}


def test_a_new_codec_renders_only_colour(built: Path, tmp_path: Path) -> None:
    report = rebuild(built, tmp_path, render={"short_side": 48, "color": {"codec": "webp"}}, version="1.3.0")
    assert report.rendered == COUNT


def test_a_seed_without_draws_changes_lines_only(built: Path, tmp_path: Path) -> None:
    report = rebuild(built, tmp_path, seed=8, version="1.4.0")
    assert report.rendered == COUNT


def test_a_version_with_other_content_is_refused(built: Path, tmp_path: Path) -> None:
    os.symlink(built / "out", tmp_path / "out")
    with pytest.raises(DatasetError, match="exists with other content"):
        rebuild(built, tmp_path, filters={})


def test_parquet_written_with_other_settings_keeps_the_digest(built: Path, tmp_path: Path) -> None:
    from lcpipe.pipeline.dataset.digest import dataset_digest, row_digests

    dataset = open_dataset(run_build(built / "recipe.toml").packed.root)
    digests: dict[str, dict[str, list[tuple[str, str]]]] = {"pairs": {}}
    for split in dataset.splits("pairs"):
        other = tmp_path / f"{split}.parquet"
        pq.write_table(dataset.table("pairs", split), other, compression="snappy", row_group_size=3)
        digests["pairs"][split] = row_digests(pq.read_table(other))
    assert dataset_digest(digests) == dataset.digest


def test_limit_is_a_repeatable_subset(built: Path, tmp_path: Path) -> None:
    os.symlink(built / "pictures", tmp_path / "pictures")
    recipe = write_recipe(tmp_path)
    report = run_build(recipe, limit=5, cache=str(built / "cache"))
    smallest = sorted(sha256_hex(f.read_bytes()) for f in (built / "pictures").iterdir())[:5]
    rows = [row["id"] for config in ["pairs"] for split in open_dataset(report.packed.root).splits(config)
            for row in open_dataset(report.packed.root).rows(config, split, ["id"])]  # fmt: skip
    assert sorted(rows) == smallest


def test_until_stops_and_plan_says_what_is_next(built: Path, tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", 3)
    recipe = write_recipe(tmp_path)
    options = Options(str(tmp_path / "out"), str(tmp_path / "cache"))
    assert plan(read_recipe(recipe), options) == {"next": "crawl", "sources": ["local"]}
    run_build(recipe, until="crawl")
    assert plan(read_recipe(recipe), options) == {"next": "measure", "found": 3, "to_measure": 3}
    run_build(recipe, until="select")
    assert plan(read_recipe(recipe), options)["cells_to_render"] == 6
    assert not (tmp_path / "out").exists()
    run_build(recipe, until="render")
    assert plan(read_recipe(recipe), options)["next"] == "pack"


def test_new_pictures_are_added_and_gone_ones_leave(tmp_path: Path) -> None:
    old = write_pictures(tmp_path / "pictures", 4)
    recipe = write_recipe(tmp_path)
    run_build(recipe, until="render")
    write_pictures(tmp_path / "pictures", 2, seed=5)
    old[0].unlink()
    report = run_build(recipe)
    assert (report.decoded, report.rendered) == (2, 4)
    assert report.packed.manifest["counts"]["found"] == 5


def test_one_picture_in_two_places_is_one_row_and_the_strictest_wins(tmp_path: Path) -> None:
    first, second = write_pictures(tmp_path / "pictures", 2)
    copy = tmp_path / "pictures" / "copy.png"
    copy.write_bytes(first.read_bytes())
    first.with_suffix(".json").write_text('{"license": "CC0-1.0", "rating": "g", "tags_general": ["b"]}')
    copy.with_suffix(".json").write_text('{"license": "CC-BY-NC-4.0", "rating": "sensitive", "tags_general": ["a"]}')
    report = run_build(write_recipe(tmp_path))
    row = open_dataset(report.packed.root).find(sha256_hex(first.read_bytes())).row
    assert (row["license"], row["rating"], row["tags_general"]) == ("CC-BY-NC-4.0", "s", ["a", "b"])
    assert [ref["native_id"] for ref in row["refs"]] == ["0-000.png", "copy.png"]
    assert report.packed.manifest["counts"] | {"splits": 0, "reasons": 0} == {
        "found": 2, "kept": 2, "paired": 0, "dropped": 0, "splits": 0, "reasons": 0,
    }  # fmt: skip


def test_near_duplicates_name_the_picture_that_is_kept(tmp_path: Path) -> None:
    import cv2

    write_pictures(tmp_path / "pictures", 3)
    color, _ = draw_picture(0, "picture/1", 96)
    cv2.imwrite(str(tmp_path / "pictures" / "again.jpg"), color[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    report = run_build(write_recipe(tmp_path, near_duplicates={"distance": 6, "color_difference": 6.0}))
    dataset = open_dataset(report.packed.root)
    (drop,) = dataset.drops().to_pylist()
    assert (drop["reason"], drop["refs"][0]["native_id"]) == ("near_duplicate", "again.jpg")
    assert drop["kept_id"] == sha256_hex((tmp_path / "pictures" / "0-001.png").read_bytes())
    assert dataset.find(drop["kept_id"]).row["cluster"] == min(drop["id"], drop["kept_id"])


def test_authentic_line_art_is_paired_or_kept_apart(tmp_path: Path) -> None:
    files = write_pictures(tmp_path / "pictures", 3)
    files[0].with_suffix(".json").write_text('{"pair_key": "a"}')
    files[1].with_suffix(".json").write_text('{"pair_key": "b"}')
    for name, key in (("a", "picture/0"), ("b", "picture/2"), ("lonely", "picture/9")):
        sketch = write_drawing(tmp_path / "lines" / f"{name}.png", key=key)
        sketch.with_suffix(".json").write_text(f'{{"pair_key": "{name}"}}')
    sources = {
        "local": {"kind": "folder", "path": "pictures", "role": "color"},
        "sketches": {"kind": "folder", "path": "lines", "role": "line_art"},
    }
    report = run_build(write_recipe(tmp_path, sources=sources, pairs={"min_score": 0.6}))
    dataset = open_dataset(report.packed.root)
    counts = dataset.manifest["counts"]
    assert (counts["found"], counts["kept"], counts["paired"], counts["dropped"]) == (6, 4, 2, 0)
    rows = {row["refs"][0]["native_id"]: row for s in dataset.splits("pairs") for row in dataset.rows("pairs", s)}
    assert rows["0-000.png"]["pair_score"] > 0.6
    assert rows["0-000.png"]["line_authentic"] is not None
    assert rows["0-001.png"]["line_authentic"] is None, "a drawing of another picture must not pass"
    (alone,) = dataset.rows("line_art", "test")
    assert alone["refs"][0]["native_id"] == "lonely.png"


def test_families_stay_in_one_split(tmp_path: Path) -> None:
    parents = write_pictures(tmp_path / "pictures", 8)
    children = write_pictures(tmp_path / "pictures", 8, seed=2)
    for parent, child in zip(parents, children, strict=True):
        child.with_suffix(".json").write_text(f'{{"parent_id": "{parent.name}"}}')
    report = run_build(write_recipe(tmp_path, split={"test": 0.4, "validation": 0.3}))
    dataset = open_dataset(report.packed.root)
    where = {r["refs"][0]["native_id"]: s for s in dataset.splits("pairs") for r in dataset.rows("pairs", s, ["refs"])}
    assert len(set(where.values())) > 1
    assert all(where[p.name] == where[c.name] for p, c in zip(parents, children, strict=True))


def test_a_family_of_all_that_leaves_nothing_for_training_is_said(tmp_path: Path) -> None:
    for file in write_pictures(tmp_path / "pictures", 6):
        file.with_suffix(".json").write_text('{"artist": "one hand"}')
    split = {"test": 0.99, "validation": 0.0, "artists": True}
    (note,) = run_build(write_recipe(tmp_path, split=split), until="select").selection.notes
    assert "no picture is left for training (6 for test)" in note


def test_splits_are_inherited_from_a_base(built: Path, tmp_path: Path) -> None:
    base = run_build(built / "recipe.toml").packed.root
    split = {"test": 0.9, "validation": 0.05, "base": base}
    report = rebuild(built, tmp_path, split=split, filters={}, version="2.0.0")
    old, new = open_dataset(base), open_dataset(report.packed.root)
    before = {row["id"]: s for s in old.splits("pairs") for row in old.rows("pairs", s, ["id"])}
    after = {row["id"]: s for s in new.splits("pairs") for row in new.rows("pairs", s, ["id"])}
    assert {key: after[key] for key in before} == before
    assert len(after) == COUNT + 6


def test_a_dropped_duplicate_follows_into_the_split_of_what_was_kept_for_it(tmp_path: Path) -> None:
    for file in write_pictures(tmp_path / "pictures", 8, side=192):
        small = cv2.resize(np.asarray(cv2.imread(str(file))), (96, 96), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(file.with_name(f"small-{file.name}")), small)
    rest = {"near_duplicates": {"distance": 6}, "split": {"test": 0.0, "validation": 0.0}}
    first = run_build(write_recipe(tmp_path, **rest)).packed
    assert first.manifest["counts"]["reasons"] == {"near_duplicate": 8}
    for file in (tmp_path / "pictures").glob("0-*.png"):
        file.unlink()
    rest["split"] = {"test": 0.9, "validation": 0.05, "base": first.root}
    second = run_build(write_recipe(tmp_path, version="2.0.0", **rest)).packed
    assert second.manifest["counts"]["splits"] == {"pairs": {"train": 8}}


def test_a_partner_follows_into_the_split_of_its_picture(tmp_path: Path) -> None:
    files = write_pictures(tmp_path / "pictures", 2)
    drawing = write_drawing(tmp_path / "lines" / "a.png", key="picture/0")
    for file in (files[0], drawing):
        file.with_suffix(".json").write_text('{"pair_key": "a"}')
    sources = {
        "local": {"kind": "folder", "path": "pictures", "role": "color"},
        "sketches": {"kind": "folder", "path": "lines", "role": "line_art"},
    }
    rest = {"sources": sources, "pairs": {}, "split": {"test": 0.0, "validation": 0.0}}
    base = run_build(write_recipe(tmp_path, **rest)).packed
    assert base.manifest["counts"]["paired"] == 1
    files[0].unlink()
    rest["split"]["base"] = base.root
    report = run_build(write_recipe(tmp_path, version="2.0.0", **rest))
    assert report.packed.manifest["counts"]["splits"] == {"pairs": {"train": 1}}
    assert report.selection.reasons() == {"excluded": 1}


def test_excluded_pictures_leave_with_that_reason(built: Path, tmp_path: Path) -> None:
    chosen = sorted((built / "pictures").glob("0-*.png"))[:3]
    ids = [sha256_hex(file.read_bytes()) for file in chosen]
    (tmp_path / "takedown.toml").write_text(f'refs = ["local:{chosen[1].name}"]\n')
    (tmp_path / "takedown.txt").write_text(f" # asked: on request\n{ids[2].upper()}\n")
    exclude = {"ids": [ids[0]], "files": ["takedown.toml", "takedown.txt"]}
    report = rebuild(built, tmp_path, exclude=exclude, version="3.0.0")
    drops = open_dataset(report.packed.root).drops().to_pylist()
    assert {row["id"] for row in drops if row["reason"] == "excluded"} == set(ids)


def test_an_empty_selection_says_which_filter_did_it(built: Path, tmp_path: Path) -> None:
    with pytest.raises(LcpipeError, match="26 by min_side"):
        rebuild(built, tmp_path, filters={"min_side": {"px": 5000}})
    assert not (tmp_path / "out").exists()


def test_a_source_without_pictures_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    with pytest.raises(LcpipeError, match="holds no pictures"):
        run_build(write_recipe(tmp_path))


@pytest.mark.parametrize(
    ("tables", "where"),
    [
        ({"split": {"base": "nowhere"}}, "nowhere/manifest.json"),
        ({"split": {"base": "memory://nowhere"}}, "memory://nowhere/manifest.json"),
        ({"exclude": {"files": ["none.txt"]}}, "[exclude] none.txt"),
        ({"exclude": {"files": ["typo.toml"]}}, "[exclude] typo.toml"),
        ({"exclude": {"files": ["number.toml"]}}, "[exclude] number.toml ids"),
    ],
)
def test_lists_and_bases_are_read_before_any_work(tmp_path: Path, tables: dict[str, Any], where: str) -> None:
    write_pictures(tmp_path / "pictures", 1)
    (tmp_path / "typo.toml").write_text('idz = ["a"]')
    (tmp_path / "number.toml").write_text("ids = 5")
    with pytest.raises(LcpipeError) as caught:
        run_build(write_recipe(tmp_path, **tables))
    assert caught.value.where.endswith(where)
    assert not (tmp_path / "cache").exists()


def test_line_art_alone_says_what_is_missing(tmp_path: Path) -> None:
    write_drawing(tmp_path / "pictures" / "a.png")
    sources = {"local": {"kind": "folder", "path": "pictures", "role": "line_art"}}
    with pytest.raises(LcpipeError, match="none of the 1 pictures found is a colour picture"):
        run_build(write_recipe(tmp_path, sources=sources))


def test_line_art_kept_for_testing_stays_there_when_its_picture_is_found(tmp_path: Path) -> None:
    files = write_pictures(tmp_path / "pictures", 2)
    drawing = write_drawing(tmp_path / "lines" / "a.png", key="picture/0")
    for file in (files[0], drawing):
        file.with_suffix(".json").write_text('{"pair_key": "a"}')
    sources = {
        "local": {"kind": "folder", "path": "pictures", "role": "color", "glob": "0-001.png"},
        "sketches": {"kind": "folder", "path": "lines", "role": "line_art"},
    }
    rest = {"pairs": {}, "split": {"test": 0.0, "validation": 0.0}}
    base = run_build(write_recipe(tmp_path, sources=sources, **rest)).packed.root
    sources["local"].pop("glob")
    rest["split"]["base"] = base
    report = run_build(write_recipe(tmp_path, sources=sources, version="2.0.0", **rest))
    dataset = open_dataset(report.packed.root)
    (row,) = dataset.rows("pairs", "test")
    assert (row["refs"][0]["native_id"], row["line_authentic"] is not None) == ("0-000.png", True)


@pytest.mark.parametrize("text", ["opted_out", "Opted-Out", " opted out"])
def test_an_opt_out_counts_in_every_spelling(tmp_path: Path, text: str) -> None:
    files = write_pictures(tmp_path / "pictures", 2)
    told = {"consent": text, "created_at": "0001-01-01T00:00:00+23:59", "score": 10**12}
    files[0].with_suffix(".json").write_text(json.dumps(told))
    assert run_build(write_recipe(tmp_path), until="select").selection.reasons() == {"consent": 1}
