"""The source `folder`: folders, globs, lists of files, and metadata beside the pictures."""

import json
from pathlib import Path

import pytest
from support.pictures import write_pictures

from lcpipe.pipeline.dataset.errors import RecipeError
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
