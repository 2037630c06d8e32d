"""A picture that was found in several places: what any of them says of it counts."""

import json
from pathlib import Path
from shutil import copyfile
from typing import Any

from support.pictures import run_build, write_drawing, write_pictures, write_recipe

from lcpipe.pipeline.dataset.reading import open_dataset


def tell(file: Path, **values: Any) -> None:
    """Metadata beside a picture."""
    file.with_suffix(".json").write_text(json.dumps(values))


def two_places(folder: Path, count: int) -> tuple[list[Path], list[Path]]:
    """The same pictures in the folders `pictures` and `other`."""
    files = write_pictures(folder / "pictures", count)
    (folder / "other").mkdir()
    return files, [Path(copyfile(file, folder / "other" / file.name)) for file in files]


def sources(**more: Any) -> dict[str, Any]:
    names = {"local": "pictures", "other": "other"}
    own = {name: {"kind": "folder", "path": path, "role": "color"} for name, path in names.items()}
    return own | more


def test_an_artist_is_excluded_whichever_place_names_them(tmp_path: Path) -> None:
    here, there = two_places(tmp_path, 3)
    tell(here[0], artist="first")
    tell(there[0], artist="second")
    recipe = write_recipe(tmp_path, sources=sources(), exclude={"artists": ["second"]})
    assert run_build(recipe, until="select").selection.reasons() == {"excluded": 1}


def test_families_follow_the_parents_that_every_place_names(tmp_path: Path) -> None:
    here, there = two_places(tmp_path, 30)
    for child, parent in zip(range(10), range(10, 20), strict=True):
        tell(here[child], parent_id=here[20 + child].name)
        tell(there[child], parent_id=there[parent].name)
    recipe = write_recipe(tmp_path, sources=sources(), split={"test": 0.4, "validation": 0.3})
    dataset = open_dataset(run_build(recipe).packed.root)
    where = {
        row["refs"][0]["native_id"]: split
        for split in dataset.splits("pairs")
        for row in dataset.rows("pairs", split, ["refs"])
    }
    assert len(set(where.values())) == 3
    names = [file.name for file in here]
    assert all(where[names[i]] == where[names[10 + i]] == where[names[20 + i]] for i in range(10))


def test_a_drawing_is_found_by_the_key_that_either_place_gives(tmp_path: Path) -> None:
    here, there = two_places(tmp_path, 2)
    drawing = write_drawing(tmp_path / "lines" / "a.png", key="picture/0")
    tell(here[0], pair_key="other")
    tell(there[0], pair_key="mine")
    tell(drawing, pair_key="mine")
    lines = {"kind": "folder", "path": "lines", "role": "line_art"}
    recipe = write_recipe(tmp_path, sources=sources(lines=lines), pairs={"search": False})
    assert run_build(recipe, until="select").selection.counts()["paired"] == 1
