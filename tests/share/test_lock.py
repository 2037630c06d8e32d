"""A lock names every picture; a build from it takes exactly these, or says which one is missing or other."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.pictures import run_build, write_pictures, write_recipe

from lcpipe.pipeline.build import Options, plan
from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.errors import DatasetError, RecipeError, StorageError, UsageError
from lcpipe.pipeline.dataset.verify import verify
from lcpipe.pipeline.recipe import read_recipe


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(folder of the recipe, its lock) of a dataset of 6 pictures."""
    folder = tmp_path_factory.mktemp("lock") / "there"
    write_pictures(folder / "pictures", 6)
    packed = run_build(write_recipe(folder)).packed
    return folder, Path(packed.root) / "test.lock.json"


@pytest.fixture
def elsewhere(built: tuple[Path, Path], tmp_path: Path) -> Path:
    """The same recipe and pictures on another machine."""
    shutil.copytree(built[0] / "pictures", tmp_path / "here" / "pictures")
    return write_recipe(tmp_path / "here")


def test_a_lock_names_every_picture_and_nothing_of_the_machine(built: tuple[Path, Path]):
    folder, lock = built
    told = json.loads(lock.read_text())
    files = {file.name: sha256_hex(file.read_bytes()) for file in (folder / "pictures").iterdir()}
    assert {row["native_id"]: row["id"] for row in told["pictures"]} == files
    assert str(folder) not in lock.read_text()
    assert told["recipe"]["name"] == "test"
    assert told["dataset"].startswith(lock.parent.name)
    assert verify(str(lock.parent), full=True) == []


def test_a_locked_build_leaves_out_what_came_later(built: tuple[Path, Path], elsewhere: Path):
    write_pictures(elsewhere.parent / "pictures", 2, seed=9)
    assert run_build(elsewhere, out=str(elsewhere.parent / "free")).packed.root[-12:] != built[1].parent.name
    packed = run_build(elsewhere, locked=str(built[1])).packed
    assert Path(packed.root).name == built[1].parent.name
    assert (Path(packed.root) / "test.lock.json").read_bytes() == built[1].read_bytes()
    planned = plan(
        read_recipe(elsewhere), Options(out="x", cache=str(elsewhere.parent / "cache"), locked=str(built[1]))
    )
    assert planned["found"] == 6


def test_a_missing_picture_is_named(built: tuple[Path, Path], elsewhere: Path):
    (elsewhere.parent / "pictures" / "0-003.png").unlink()
    with pytest.raises(DatasetError, match=r"1 locked pictures are missing: local:0-003\.png"):
        run_build(elsewhere, locked=str(built[1]))


def test_a_changed_picture_is_named(built: tuple[Path, Path], elsewhere: Path):
    pictures = elsewhere.parent / "pictures"
    shutil.copy(pictures / "0-001.png", pictures / "0-004.png")
    with pytest.raises(DatasetError, match=r"1 locked pictures have other bytes: local:0-004\.png"):
        run_build(elsewhere, locked=str(built[1]))


def test_other_metadata_give_another_dataset_and_nothing_is_packed(built: tuple[Path, Path], elsewhere: Path):
    (elsewhere.parent / "pictures" / "0-001.json").write_text('{"artist": "someone"}')
    with pytest.raises(DatasetError, match="the locked pictures give the dataset"):
        run_build(elsewhere, locked=str(built[1]))
    assert not (elsewhere.parent / "out").exists()


def test_another_recipe_on_the_locked_pictures_may_give_what_it_likes(built: tuple[Path, Path], elsewhere: Path):
    write_pictures(elsewhere.parent / "pictures", 1, seed=9)
    packed = run_build(write_recipe(elsewhere.parent, seed=8), locked=str(built[1])).packed
    assert packed.manifest["counts"]["found"] == 6


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 1}', '{"format": 2, "recipe": {}, "dataset": "", "pictures": []}',
             '{"format": 1, "recipe": {"sha256": ""}, "dataset": "", "pictures": [{"id": "1"}]}',
             '{"format": 1, "recipe": {"sha256": ""}, "dataset": "", "pictures": [3]}'],
)  # fmt: skip
def test_what_is_no_lock_is_one_line(tmp_path: Path, elsewhere: Path, text: str):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(RecipeError, match=r"not a lock file: .*bad\.json"):
        run_build(elsewhere, locked=str(tmp_path / "bad.json"))
    with pytest.raises(StorageError, match="no such file"):
        run_build(elsewhere, locked=str(tmp_path / "none.json"))


@pytest.mark.parametrize("option", ["out", "cache"])
def test_memory_is_no_place_for_a_build(elsewhere: Path, option: str):
    with pytest.raises(UsageError, match=f"--{option} cannot be in memory"):
        run_build(elsewhere, **{option: "memory://place"})


def test_the_command_takes_a_lock(built: tuple[Path, Path], elsewhere: Path):
    (elsewhere.parent / "pictures" / "0-000.png").unlink()
    command = [sys.executable, "-m", "lcpipe.pipeline", "build-dataset", str(elsewhere), "--locked", str(built[1])]
    done = subprocess.run(command, capture_output=True, text=True, cwd=elsewhere.parent)
    assert done.returncode == 1
    assert "1 locked pictures are missing: local:0-000.png" in done.stderr
    assert "Traceback" not in done.stderr
