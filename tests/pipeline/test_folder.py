"""The source `folder`: folders, globs, lists of files, and metadata beside the pictures."""

import json
import os
from pathlib import Path

import pytest
from support.pictures import run_build, write_pictures, write_recipe

from lcpipe.pipeline.dataset.errors import RecipeError
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.sources import folder
from lcpipe.pipeline.sources._item import SourceState


def items(tmp_path: Path, **settings: object) -> dict[str, folder.Item]:
    found = folder.listing(folder.Settings(**settings), SourceState(tmp_path))
    return {item.native_id: item for item in found}


def test_every_picture_below_the_folder_is_listed_in_order(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p" / "deep", 2)
    write_pictures(tmp_path / "p", 1, seed=1)
    (tmp_path / "p" / "notes.txt").write_text("no picture")
    found = items(tmp_path, path="p")
    assert list(found) == ["1-000.png", "deep/0-000.png", "deep/0-001.png"]
    assert all(item.path and item.data is None and item.role == "auto" for item in found.values())


def test_a_glob_chooses(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p", 2)
    write_pictures(tmp_path / "p", 1, suffix=".jpg", seed=3)
    assert list(items(tmp_path, path="p", glob="*.jpg")) == ["3-000.jpg"]


def test_a_list_of_files(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p", 3)
    (tmp_path / "list.txt").write_text("# chosen\np/0-001.png\n\np/gone.png\n")
    assert list(items(tmp_path, path="list.txt")) == ["p/0-001.png", "p/gone.png"]


def test_metadata_from_json_beside_csv_beside_and_manifest(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p", 3)
    (tmp_path / "p" / "0-000.json").write_text(json.dumps({"license": "CC0-1.0", "tags_general": ["a b", "c"], "x": 1}))
    (tmp_path / "p" / "0-001.csv").write_text("artist,tags_general\nAnn,red blue\n")
    (tmp_path / "p" / "manifest.csv").write_text("path,licence,role,who\n0-002.png,MIT,line_art,Bo\n")
    found = items(tmp_path, path="p", role="color", columns={"artist": "who"})
    assert found["0-000.png"].metadata == {"license": "CC0-1.0", "tags_general": ["a b", "c"]}
    assert found["0-001.png"].metadata == {"artist": "Ann", "tags_general": ["red", "blue"]}
    assert found["0-002.png"].metadata == {"license": "MIT", "artist": "Bo"}
    assert [item.role for item in found.values()] == ["color", "color", "line_art"]


def test_rows_of_a_manifest_that_name_no_picture_are_counted(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p", 2)
    named = "path,licence\n0-000.png,MIT\ngone.png,MIT\nsub/far.png,MIT\n../out.png,MIT\n"
    (tmp_path / "p" / "manifest.csv").write_text(named)
    assert list(items(tmp_path, path="p", glob="*.png")) == ["0-000.png", "0-001.png", "gone.png"]
    (tmp_path / "p" / "list.txt").write_text("0-001.png\nother.png\n")
    assert list(items(tmp_path, path="p/list.txt")) == ["0-001.png", "other.png"]
    packed = run_build(
        write_recipe(tmp_path, sources={"local": {"kind": "folder", "path": "p", "role": "color"}})
    ).packed
    assert packed.manifest["counts"]["reasons"] == {"removed": 3}
    rows = open_dataset(packed.root).drops().to_pylist()
    assert {row["detail"] for row in rows} == {"no such file"}


def test_what_is_known_is_not_read_again(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p", 2)
    first = items(tmp_path, path="p")
    known = {name: item.fingerprint for name, item in first.items()} | {"0-001.png": "other"}
    again = list(folder.listing(folder.Settings(path="p"), SourceState(tmp_path, known)))
    assert [item.path is None for item in again] == [True, False]


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("0-000.json", "{", "cannot read"),
        ("0-000.json", "[]", "not a JSON object"),
        ("manifest.csv", "a,b\n1,2\n", "no column"),
        ("manifest.csv", "path,license\n0-000.png,MIT\n./0-000.png,CC0-1.0\n", "different things about '0-000.png'"),
        ("0-000.json", "[" * 100_000, "cannot read"),
        ("0-000.json", '{"tags_general": {"a": 1}}', "'tags_general'"),
        ("0-000.json", '{"tags_general": [["a"]]}', "'tags_general'"),
        ("0-000.json", '{"rating": ["e"]}', "'rating'"),
        ("0-000.json", '{"consent": ["no"]}', "'consent'"),
        ("0-000.json", '{"consent": false}', "'consent'"),
        ("0-000.json", '{"consent": {"decision": "allow", "signals": {"a": 1}}}', "'consent'"),
    ],
)
def test_broken_metadata_is_one_clear_line(tmp_path: Path, name: str, text: str, what: str) -> None:
    write_pictures(tmp_path / "p", 1)
    (tmp_path / "p" / name).write_text(text)
    with pytest.raises(RecipeError, match=what):
        items(tmp_path, path="p")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no such folder"):
        items(tmp_path, path="nowhere")


def test_an_unknown_role_is_refused(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p", 1)
    (tmp_path / "p" / "0-000.json").write_text('{"role": "sculpture"}')
    with pytest.raises(RecipeError, match="sculpture"):
        items(tmp_path, path="p")


@pytest.mark.parametrize(
    ("given", "kept"),
    [(7, 7), ("-3", -3), (3.7, None), ("\u00b2", None), ("--5", None), (10**12, None), (True, None)],
)
def test_a_score_is_a_whole_number_or_nothing(tmp_path: Path, given: object, kept: int | None) -> None:
    write_pictures(tmp_path / "p", 1)
    (tmp_path / "p" / "0-000.json").write_text(json.dumps({"score": given}))
    assert items(tmp_path, path="p")["0-000.png"].metadata.get("score") == kept


def test_text_that_no_table_can_hold_is_spelt_out(tmp_path: Path) -> None:
    (picture,) = write_pictures(tmp_path / "p", 1)
    picture.with_suffix(".json").write_bytes(b'\xef\xbb\xbf{"artist": "\\ud800x", "tags_general": ["\\udc00"]}')
    assert items(tmp_path, path="p")["0-000.png"].metadata == {"artist": "\\ud800x", "tags_general": ["\\udc00"]}


def test_a_name_that_is_no_text_is_kept_with_its_bytes(tmp_path: Path) -> None:
    (picture,) = write_pictures(tmp_path / "p", 1)
    odd = os.fsencode(picture.parent) + b"/\xff\n.png"
    os.rename(picture, odd)
    found = items(tmp_path, path="p")
    (item,) = found.values()
    assert (item.native_id, item.path, item.data) == ("\\udcff\n.png", None, Path(os.fsdecode(odd)).read_bytes())
    known = {item.native_id: item.fingerprint}
    (again,) = folder.listing(folder.Settings(path="p"), SourceState(tmp_path, known))
    assert (again.path, again.data) == (None, None)


def test_tags_of_a_table_may_be_a_json_list(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p", 1)
    (tmp_path / "p" / "manifest.csv").write_text('\ufeffpath,tags_general\n./0-000.png,"[""a b"", ""c""]"\n')
    assert items(tmp_path, path="p")["0-000.png"].metadata == {"tags_general": ["a b", "c"]}


def test_a_manifest_that_was_named_must_be_there(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p", 1)
    with pytest.raises(RecipeError, match="no such manifest"):
        items(tmp_path, path="p", manifest="meta.csv")


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p" / "a", 1)
    write_pictures(tmp_path / "elsewhere", 1, seed=1)
    os.symlink(tmp_path / "p", tmp_path / "p" / "a" / "up")
    os.symlink(".", tmp_path / "p" / "a" / "here")
    os.symlink(tmp_path / "elsewhere", tmp_path / "p" / "other")
    os.symlink("nowhere.png", tmp_path / "p" / "gone.png")
    assert list(items(tmp_path, path="p")) == ["a/0-000.png", "gone.png", "other/1-000.png"]


@pytest.mark.parametrize(
    ("glob", "names"),
    [
        ("**", {"x.png", "a/x.png", "a/b/x.png"}),
        ("./*.png", {"x.png"}),
        ("*/x.png", {"a/x.png"}),
        ("a/**/*.png", {"a/x.png", "a/b/x.png"}),
        ("**/b/*", {"a/b/x.png"}),
        ("[", set()),
    ],
)
def test_globs_choose_by_parts_of_the_path(tmp_path: Path, glob: str, names: set[str]) -> None:
    for below in ("", "a", "a/b", ".hidden"):
        (picture,) = write_pictures(tmp_path / "p" / below, 1)
        picture.rename(picture.with_name("x.png"))
    assert set(items(tmp_path, path="p", glob=glob)) == names


def test_a_path_to_one_picture_is_that_picture(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p", 2)
    assert list(items(tmp_path, path="p/0-001.png")) == ["0-001.png"]


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b.png\n"])
def test_what_is_no_list_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "list.txt").write_bytes(data)
    with pytest.raises(RecipeError, match="not a list of files"):
        items(tmp_path, path="list.txt")


def test_a_list_names_each_picture_once(tmp_path: Path) -> None:
    write_pictures(tmp_path / "p", 1)
    (tmp_path / "list.txt").write_text(f"p/0-000.png\n./p/0-000.png\n{tmp_path}/p/0-000.png\n{'x' * 5000}.png\n")
    assert list(items(tmp_path, path="list.txt"))[0] == "p/0-000.png"
    assert len(items(tmp_path, path="list.txt")) == 2


def test_a_path_that_cannot_be_listed_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot list"):
        items(tmp_path, path="x" * 5000)
