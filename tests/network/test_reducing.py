"""`reduce` stores pictures smaller than they came; what cannot be made smaller stays as it is, with the evidence."""

import hashlib
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.small_site import Site, answer, picture, recipe_for, root_of

from lcpipe.pipeline.build import Options, build
from lcpipe.pipeline.crawl import crawl
from lcpipe.pipeline.dataset.decode import Limits, decode
from lcpipe.pipeline.dataset.errors import RecipeError
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.network.opening import LEDGER
from lcpipe.pipeline.network.reducing import reducing
from lcpipe.pipeline.network.smaller import Size, reduced, shrunk
from lcpipe.pipeline.parts import Place, read_checked, read_indexes
from lcpipe.pipeline.progress import Reporter
from lcpipe.pipeline.recipe import Crawl, Exclude, Recipe, Reduce

WANTED = Size(64, "jpeg", 95)


def drawn(width: int, height: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def png(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


@pytest.mark.parametrize("size", [(199, 150), (130, 101), (110, 83), (60, 45), (20, 15)])
def test_a_smaller_picture_is_the_mean_of_the_areas(size: tuple[int, int]) -> None:
    pixels = drawn(200, 151)
    area = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    small = shrunk(pixels, *size)
    assert small.shape == area.shape
    assert np.abs(small.astype(int) - area).mean() < 2
    blank = np.full((151, 200, 3), 255, np.uint8)
    assert (shrunk(blank, *size) == 255).all()


def test_what_is_no_larger_and_what_is_no_picture_stays_as_it_came() -> None:
    limits = Limits(max_pixels=200 * 200)
    assert reduced(png(drawn(80, 64)), WANTED, limits) is None
    assert reduced(png(drawn(300, 300)), WANTED, limits) is None  # beyond the limit: measuring gives the reason
    assert reduced(b"\xff\xd8\xff and nothing else", WANTED, limits) is None
    small = reduced(png(drawn(100, 190)), WANTED, limits)
    assert small is not None
    assert decode(small).pixels.shape == (122, 64, 3)
    coarser = reduced(png(drawn(100, 190)), replace(WANTED, chroma="4:2:0"), limits)
    assert coarser is not None
    assert len(coarser) < len(small)
    lossless = reduced(png(drawn(100, 190)), replace(WANTED, codec="webp"), limits)
    assert lossless is not None
    assert np.array_equal(decode(lossless).pixels, shrunk(drawn(100, 190)[:, :, ::-1].copy(), 64, 122))


def test_a_decoder_that_dies_takes_one_picture_with_it() -> None:
    data = png(drawn(100, 100))
    with reducing(Crawl(reduce=Reduce(64))) as reducer:
        assert reducer is not None
        expected = reducer(data)
        assert expected == reduced(data, WANTED, Limits())
        crew = reducer.__self__  # type: ignore[attr-defined]
        workers = [crew._idle.get() for _ in range(crew._idle.qsize())]
        for worker in workers:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
            crew._idle.put(worker)
        assert [reducer(data) for _ in workers] == [None] * len(workers[:1]) + [expected] * len(workers[1:])
        assert reducer(data) == expected
    with reducing(Crawl()) as none:
        assert none is None


def test_a_crawl_keeps_pictures_small_and_what_they_came_as(
    tmp_path: Path, site: Site, quiet: Reporter, capsys: pytest.CaptureFixture[str]
) -> None:
    site.count = 5
    large = [png(drawn(160, 120, seed)) for seed in range(3)]
    for number, data in enumerate([*large, b"\xff\xd8\xff\xe0 cut \xff\xd9"], 1):
        site.acts[f"/p/{number}.png"] = lambda h, n, data=data: answer(h, 200, data, etag='"7"')
    recipe = recipe_for(tmp_path, site, reduce={"short_side": 64, "quality": 90})
    (crawled,) = crawl(recipe, str(tmp_path / "cache"), quiet)
    rows = {row["native_id"]: row for row in crawled.listing.to_pylist()}
    stored = {name: read_checked(Place(r["blob"], r["offset"], r["length"]), r["id"]) for name, r in rows.items()}
    assert [decode(stored[name]).pixels.shape for name in "123"] == [(64, 85, 3)] * 3
    assert stored["5"] == picture(5)
    assert stored["4"].startswith(b"\xff\xd8\xff\xe0 cut")  # its reason comes when it is measured, as ever
    came = evidence(root_of(recipe, tmp_path / "cache"))
    assert came == {str(n): (hashlib.sha256(d).hexdigest(), len(d)) for n, d in enumerate(large, 1)} | {
        "4": (None, None),
        "5": (None, None),
    }

    root = root_of(recipe, tmp_path / "cache")
    (Path(root) / LEDGER).unlink()  # made anew, it still knows what the pictures came as
    site.acts["/p/1.png"] = lambda h, n: answer(h, 304)
    site.acts["/list"] = lambda h, n: answer(h, 200, b"[]" if n > 3 else changed(site))
    (again,) = crawl(recipe, str(tmp_path / "cache"), quiet, incremental=True)
    assert {row["native_id"]: row["id"] for row in again.listing.to_pylist()} == {n: r["id"] for n, r in rows.items()}
    assert evidence(root) == came

    del site.acts["/list"], site.acts["/p/1.png"]
    (other,) = crawl(recipe_for(tmp_path, site), str(tmp_path / "cache"), Reporter())  # another catalog, no mixture
    assert root_of(recipe_for(tmp_path, site), tmp_path / "cache") != root
    assert {row["length"] for row in other.listing.to_pylist()} != {row["length"] for row in rows.values()}
    assert "everything is asked for anew" in capsys.readouterr().err


def test_a_dataset_names_the_files_its_pictures_were_made_from_and_takedowns_find_them(
    tmp_path: Path, site: Site
) -> None:
    site.count = 4
    large = {str(number): png(drawn(160, 120, number)) for number in range(1, 4)}
    for number, data in large.items():
        site.acts[f"/p/{number}.png"] = lambda h, n, data=data: answer(h, 200, data)
    recipe = recipe_for(tmp_path, site, reduce={"short_side": 64}, near_duplicates={"keep": "all"})
    options = Options(out=str(tmp_path / "out"), cache=str(tmp_path / "cache"), workers=1)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in large.items()}
    assert made_from(packed(recipe, options)) == digests | {"4": None}

    without = replace(recipe, exclude=Exclude(ids=(digests["2"],)), version="2")
    assert made_from(packed(without, options)) == {"1": digests["1"], "3": digests["3"], "4": None}


def packed(recipe: Recipe, options: Options) -> str:
    """Where the dataset of a recipe lies."""
    report = build(recipe, options, Reporter(-1))
    assert report.packed is not None
    return report.packed.root


def made_from(root: str) -> dict[str, str | None]:
    """The digest of the file that every picture of a dataset was made from, by its native id."""
    dataset = open_dataset(root)
    tables = [dataset.table("pairs", split, ["refs", "fetched_sha256"]) for split in dataset.splits()]
    return {row["refs"][0]["native_id"]: row["fetched_sha256"] for table in tables for row in table.to_pylist()}


def changed(site: Site) -> bytes:
    return f'[{{"id": 1, "url": "{site.url}/p/1.png", "fingerprint": "2"}}]'.encode()


def evidence(root: str) -> dict[str, tuple[str | None, int | None]]:
    """What the newest row of each picture says it came as."""
    rows = [row for _, index in read_indexes(root) for row in index.to_pylist()]
    return {row["native_id"]: (row["fetched_sha256"], row["fetched_bytes"]) for row in rows}


def test_a_recipe_with_an_odd_size_is_refused(tmp_path: Path, site: Site) -> None:
    with pytest.raises(RecipeError, match="greater than or equal to 64"):
        recipe_for(tmp_path, site, reduce={"short_side": 10})
