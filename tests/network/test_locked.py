"""A locked crawl asks the network only for pictures that the lock names and the catalog lacks."""

from pathlib import Path

from support.small_site import Site, recipe_for

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
