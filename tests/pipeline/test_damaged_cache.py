"""What lies in the cache or beside a dataset may be damaged, moved or oddly named: no traceback, no bad data."""

import os
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from support.pictures import run_build, write_pictures, write_recipe

from lcpipe.pipeline.catalog import LISTED, read_listing
from lcpipe.pipeline.crawl import _known_rows
from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.errors import DatasetError, StorageError
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.parts import Place, read_checked, write_part


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished build of four pictures."""
    folder = tmp_path_factory.mktemp("built")
    write_pictures(folder / "pictures", 4)
    run_build(write_recipe(folder))
    return folder


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """The same pictures and cache in a place of their own, without the dataset."""
    os.symlink(built / "pictures", tmp_path / "pictures")
    shutil.copytree(built / "cache", tmp_path / "cache")
    write_recipe(tmp_path)
    return tmp_path


@pytest.mark.parametrize("pattern", ["cells/*.arrow", "measurements/*.arrow", "listing.ipc", "cells/*.blob"])
@pytest.mark.parametrize("keep", [0.0, 0.5])
def test_a_cut_file_is_named_and_removing_it_heals(copy: Path, pattern: str, keep: float) -> None:
    (file,) = (copy / "cache").rglob(pattern)
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(StorageError, match="damaged") as caught:
        run_build(copy / "recipe.toml")
    Path(caught.value.where).unlink()
    assert len(list(open_dataset(run_build(copy / "recipe.toml").packed.root).rows())) > 0


def test_rendered_bytes_that_changed_are_not_packed(copy: Path) -> None:
    (blob,) = (copy / "cache" / "cells").glob("*.blob")
    data = bytearray(blob.read_bytes())
    data[len(data) // 2] ^= 1
    blob.write_bytes(bytes(data))
    with pytest.raises(StorageError, match="damaged"):
        run_build(copy / "recipe.toml")
    assert not list((copy / "out").rglob("manifest.json"))


def test_folders_may_have_the_signs_of_patterns_in_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "set [1]*"
    write_pictures(folder / "pictures", 3)
    recipe = write_recipe(folder)
    assert run_build(recipe).packed.manifest["counts"]["kept"] == 3
    again = run_build(recipe)
    assert (again.decoded, again.rendered, again.packed.fresh) == (0, 0, False)


@pytest.mark.parametrize("text", ["{", "[]", '{"version": "1.0.0"}'])
def test_a_damaged_manifest_beside_the_dataset_is_named(copy: Path, text: str) -> None:
    manifest = copy / "out" / "test" / "0123456789ab" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(text)
    with pytest.raises(DatasetError) as caught:
        run_build(copy / "recipe.toml")
    assert caught.value.where == str(manifest)


def test_a_row_is_held_against_its_sha256(tmp_path: Path) -> None:
    write_part(str(tmp_path), "a", pa.schema([("id", pa.string())]), [({"id": "x"}, b"12345")])
    place = Place(str(tmp_path / "a.blob"), 0, 5)
    assert read_checked(place, sha256_hex(b"12345")) == b"12345"
    with pytest.raises(StorageError) as caught:
        read_checked(place, sha256_hex(b"other"))
    assert caught.value.where == str(tmp_path / "a.arrow")


def test_a_cache_that_was_moved_finds_the_bytes_it_keeps(tmp_path: Path) -> None:
    from lcpipe.pipeline.catalog import LISTING, write_listing

    old, new = str(tmp_path / "old"), str(tmp_path / "new")
    facts = {"source": "s", "native_id": "n", "id": sha256_hex(b"12345"), "role": "color", "fingerprint": "f"}
    write_part(old, "a", LISTED, [(facts, b"12345")])
    row = facts | {"blob": f"{old}/a.blob", "offset": 0, "length": 5}
    write_listing(old, pa.Table.from_pylist([row], schema=LISTING))
    assert _known_rows(old)["n"]["blob"] == f"{old}/a.blob"
    os.rename(old, new)
    assert len(read_listing(new)) == 1
    assert _known_rows(new)["n"]["blob"] == f"{new}/a.blob"
