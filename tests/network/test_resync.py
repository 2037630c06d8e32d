"""What is taken down at its source leaves the next dataset, with the reason."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest
from support import listed
from support.small_site import Site, answer, recipe_for

from lcpipe.pipeline.build import Options, build
from lcpipe.pipeline.crawl import crawl
from lcpipe.pipeline.dataset.errors import LcpipeError
from lcpipe.pipeline.network.commands import resync_answer, status_answer
from lcpipe.pipeline.progress import Reporter
from lcpipe.pipeline.recipe import Recipe


def built(recipe: Recipe, tmp_path: Path, quiet: Reporter) -> tuple[dict[str, int], dict[str, list[str]]]:
    """(counts, {ref: reasons} of what was dropped) of a build."""
    options = Options(str(tmp_path / "out"), str(tmp_path / "cache"), workers=1)
    packed = build(recipe, options, quiet).packed
    assert packed is not None
    drops = pq.read_table(Path(packed.root) / "drops.parquet").to_pylist()
    dropped = {ref["native_id"]: row["reasons"] for row in drops for ref in row["refs"]}
    return packed.manifest["counts"], dropped


def test_three_takedowns_drop_exactly_those_three(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 24
    recipe = recipe_for(tmp_path, site, filters={}, near_duplicates={"keep": "all"})
    before, dropped = built(recipe, tmp_path, quiet)
    assert (before["found"], dropped) == (24, {})
    asked = len(site.log)
    for number, status in ((4, 404), (10, 410), (17, 451)):
        site.acts[f"/p/{number}.png"] = lambda h, n, status=status: answer(h, status)
    site.acts["/p/20.png"] = lambda h, n: answer(h, 500)  # a host in trouble has removed nothing
    value, lines = resync_answer(recipe, str(tmp_path / "cache"), quiet)
    gone = {"4": "http_404", "10": "http_410", "17": "http_451"}
    assert value == {"sources": {"site": {"asked": 24, "unanswered": 1, "removed": gone}}}
    assert lines[0] == "site: 3 of 24 pictures were taken down; 1 got no answer"
    assert {method for _, method, _ in site.log[asked:]} == {"HEAD"}
    after, dropped = built(replace(recipe, version="0.2.0"), tmp_path, quiet)
    assert dropped == {name: [reason] for name, reason in gone.items()}
    assert (after["found"], after["kept"]) == (24, before["kept"] - 3)


def test_a_source_that_knows_is_asked_instead_of_every_address(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    def status(settings: listed.Settings, state: object, ids: Sequence[str]) -> Iterator[tuple[str, str | None]]:
        return ((native_id, "removed" if native_id in ("2", "5") else None) for native_id in ids)

    module = ModuleType("listed_with_status")
    module.__dict__.update({name: getattr(listed, name) for name in ("Settings", "listing", "hosts", "network")})
    module.__dict__.update(version=1, status=status)
    site.count = 6
    recipe = recipe_for(tmp_path, site, module=module)
    crawl(recipe, str(tmp_path / "cache"), quiet)
    asked = len(site.log)
    value, _ = resync_answer(recipe, str(tmp_path / "cache"), quiet)
    assert value["sources"]["site"]["removed"] == {"2": "removed", "5": "removed"}
    assert len(site.log) == asked
    (crawled,) = crawl(recipe, str(tmp_path / "cache"), quiet, retry_failed=True)
    rows = {row["native_id"]: row for row in crawled.listing.to_pylist()}
    assert {name for name, row in rows.items() if row["reason"] == "removed"} == {"2", "5"}
    assert rows["2"]["id"] == rows["2"]["id"].lower()
    assert rows["2"]["blob"] is None
    assert len(site.log) == asked


def test_a_site_that_has_lost_everything_at_once_is_not_believed_at_once(
    tmp_path: Path, site: Site, quiet: Reporter
) -> None:
    stand = [0]  # posts up to this one still stand

    def status(settings: listed.Settings, state: object, ids: Sequence[str]) -> Iterator[tuple[str, str | None]]:
        return ((native_id, "removed" if int(native_id) > stand[0] else None) for native_id in ids)

    module = ModuleType("listed_with_status")
    module.__dict__.update({name: getattr(listed, name) for name in ("Settings", "listing", "hosts", "network")})
    module.__dict__.update(version=1, status=status)
    site.count = 120
    recipe, cache = recipe_for(tmp_path, site, module=module), str(tmp_path / "cache")
    crawl(recipe, cache, quiet)
    for stand[0] in (0, 20):  # all of them; and a hundred in a row after some that stand
        with pytest.raises(LcpipeError, match="100 pictures in a row") as refused:
            resync_answer(recipe, cache, quiet)
        assert "--believe" in str(refused.value)
    assert status_answer(recipe, cache)[0]["sources"]["site"]["states"]["gone"] == 0
    stand[0] = 21
    assert len(resync_answer(recipe, cache, quiet)[0]["sources"]["site"]["removed"]) == 99
    stand[0] = 0
    with pytest.raises(LcpipeError, match="21 pictures in a row"):
        resync_answer(recipe, cache, quiet)
    assert len(resync_answer(recipe, cache, quiet, believe=True)[0]["sources"]["site"]["removed"]) == 21
