"""A locked crawl asks the network only for pictures that the lock names and the catalog lacks."""

import hashlib
from pathlib import Path

from support.small_site import Site, picture, recipe_for

from lcpipe.pipeline.crawl import crawl
from lcpipe.pipeline.progress import Reporter


def test_nobody_is_asked_for_what_the_catalog_holds(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 12
    recipe, cache = recipe_for(tmp_path, site), str(tmp_path / "cache")
    (first,) = crawl(recipe, cache, quiet)
    ids = {(row["source"], row["native_id"]): row["id"] for row in first.listing.to_pylist()}
    site.count, asked = 20, len(site.log)
    (again,) = crawl(recipe, cache, quiet, locked=dict(list(ids.items())[3:]), incremental=True)
    assert again.listing.equals(first.listing)
    assert len(site.log) == asked


def test_only_locked_pictures_are_asked_for_and_the_others_wait(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    """Elsewhere, with an empty cache: the list is read as far as it must be, and of it two pictures are fetched."""
    site.count = 400
    recipe = recipe_for(tmp_path, site)
    ids = {("site", str(n)): hashlib.sha256(picture(n)).hexdigest() for n in (3, 120)}
    (crawled,) = crawl(recipe, str(tmp_path / "cache"), quiet, locked=ids)
    assert {(row["source"], row["native_id"]): row["id"] for row in crawled.listing.to_pylist()} == ids
    assert sorted(site.asked()) == ["/p/120.png", "/p/3.png"]
    listed = len(site.asked("/list"))
    crawl(recipe, str(tmp_path / "cache"), quiet, locked=ids)
    assert len(site.asked()) == 2
    (everything,) = crawl(recipe, str(tmp_path / "cache"), quiet)
    assert len(everything.listing) == 400
    assert sorted(site.asked()) == sorted(f"/p/{n}.png" for n in range(1, 401))
    assert len(site.asked("/list")) > listed


def test_a_locked_picture_that_is_gone_costs_the_others_nothing(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 9
    ids = {("site", str(n)): hashlib.sha256(picture(n)).hexdigest() for n in (3, 70)}
    (crawled,) = crawl(recipe_for(tmp_path, site), str(tmp_path / "cache"), quiet, locked=ids)
    assert [row["native_id"] for row in crawled.listing.to_pylist()] == ["3"]
    assert site.asked() == ["/p/3.png"]
