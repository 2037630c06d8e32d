"""`lcpipe crawl`: what it prints, and how it ends."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.pictures import write_pictures
from support.small_site import Site, answer, picture, recipe_for

from lcpipe.pipeline.catalog import read_listing
from lcpipe.pipeline.crawl import crawl, roots
from lcpipe.pipeline.dataset.errors import RecipeError
from lcpipe.pipeline.network.commands import crawl_answer, status_answer
from lcpipe.pipeline.network.opening import LEDGER
from lcpipe.pipeline.progress import Reporter
from lcpipe.pipeline.recipe import parse_recipe


def lcpipe(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lcpipe.pipeline", "crawl", "recipe.toml", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_folder_is_crawled_and_its_funnel_shown(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", 3)
    (tmp_path / "recipe.toml").write_text('name = "a"\n[sources.local]\nkind = "folder"\npath = "pictures"\n')
    before = lcpipe(tmp_path, "--status", "--json")
    assert json.loads(before.stdout)["sources"]["local"]["listing"] == "not begun"
    done = lcpipe(tmp_path, "--json")
    assert (done.returncode, json.loads(done.stdout)["sources"]["local"]["states"]["fetched"]) == (0, 3)
    shown = lcpipe(tmp_path, "--status")
    assert shown.stdout.splitlines() == ["local: listing complete, 3 rows", "         3 fetched"]
    assert "no source of this recipe asks the network" in lcpipe(tmp_path, "--resync").stdout


def test_two_questions_at_once_are_a_usage_error(tmp_path: Path) -> None:
    both = lcpipe(tmp_path, "--status", "--resync")
    assert both.returncode == 2
    assert "give one of" in both.stderr


def test_the_funnel_of_a_site(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 30
    site.acts["/p/4.png"] = lambda h, n: answer(h, 404, b"no such picture")
    site.acts["/p/5.png"] = lambda h, n: answer(h, 500)
    recipe, cache = recipe_for(tmp_path, site), str(tmp_path / "cache")
    value, lines = status_answer(recipe, cache)
    assert value["sources"]["site"]["listing"] == "not begun"
    value, lines = crawl_answer(recipe, cache, quiet, incremental=False)
    one = value["sources"]["site"]
    assert one["states"] == {"listed": 0, "fetched": 28, "rejected": 0, "gone": 1, "failed": 1}
    assert one["reasons"] == {"http_404": 1, "http_500": 1}
    assert one["hosts"] == {site.name: {"fetched": 28, "gone": 1, "failed": 1}}
    assert lines == [
        "site: listing complete, 30 rows",
        "        28 fetched",
        "         1 gone",
        "         1 failed",
        "         1   http_404, for example 4: no such picture",
        "         1   http_500, for example 5",
        f"  {site.name}: 1 failed, 28 fetched, 1 gone",
    ]


def test_hosts_are_shown_while_they_are_asked(tmp_path: Path, site: Site, capfd: object) -> None:
    site.count = 20
    site.acts["/p/3.png"] = lambda h, n: answer(h, 403)
    site.acts["/p/4.png"] = lambda h, n: answer(h, 403)
    site.acts["/p/5.png"] = lambda h, n: answer(h, 403)
    recipe = recipe_for(tmp_path, site, connections_per_host=1, max_failed=1.0)
    (crawled,) = crawl(recipe, str(tmp_path / "cache"), Reporter(0, terminal=True))
    shown = capfd.readouterr().err  # type: ignore[attr-defined]
    assert f"{site.name}: it refuses us (http_403)" in shown
    reasons = [row["reason"] for row in crawled.listing.to_pylist()]
    assert reasons.count(None) == 2
    assert reasons.count("http_403") == 18
    assert len(site.asked()) == 5


def test_ids_that_a_list_has_twice_are_counted_and_told(
    tmp_path: Path, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [("a", 1), ("b", 2), ("a", 3), ("b", 2), ("c", 4)]
    lines = [f"{name},{site.url}/p/{number}.png\n" for name, number in rows]
    (tmp_path / "list.csv").write_text("id,url\n" + "".join(lines))
    table = {
        "name": "twice",
        "sources": {"list": {"kind": "urls", "path": "list.csv", "id_column": "id"}},
        "crawl": {"allow_hosts": [site.name], "requests_per_second": 1000.0},
    }
    recipe, cache = parse_recipe(table, folder=tmp_path, where="recipe.toml"), str(tmp_path / "cache")
    for incremental in (False, True):  # a list that is read again has no more of them
        value, shown = crawl_answer(recipe, cache, Reporter(), incremental=incremental)
        assert "list: 2 items have an id that another one has, for example 'a'" in capsys.readouterr().err
        assert value["sources"]["list"]["states"]["fetched"] == 3
        assert value["sources"]["list"]["repeated"] == 2
        assert "         2 listed under an id that another item has: one row for each id" in shown
    ((_, root),) = roots(recipe, cache)
    ids = {row["native_id"]: row["id"] for row in read_listing(root).to_pylist()}
    assert ids["a"] == hashlib.sha256(picture(1)).hexdigest()
    assert sorted(site.asked()) == [f"/p/{number}.png" for number in (1, 2, 4)]
    (Path(root) / LEDGER).unlink()
    assert crawl_answer(recipe, cache, Reporter(-1), incremental=False)[0]["sources"]["list"]["repeated"] == 0


def test_a_list_that_was_empty_is_read_again(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    table = {
        "name": "a",
        "sources": {"list": {"kind": "urls", "path": "list.csv"}},
        "crawl": {"allow_hosts": [site.name], "requests_per_second": 1000.0},
    }
    recipe, cache = parse_recipe(table, folder=tmp_path, where="recipe.toml"), str(tmp_path / "cache")
    (tmp_path / "list.csv").write_text("url\n")
    for _ in range(2):
        with pytest.raises(RecipeError, match="holds no pictures"):
            crawl(recipe, cache, quiet)
    (tmp_path / "list.csv").write_text(f"url\n{site.url}/p/1.png\n")
    (crawled,) = crawl(recipe, cache, quiet)
    assert crawled.listing.column("reason").to_pylist() == [None]


def test_where_the_terms_stand_names_no_other_catalog(tmp_path: Path) -> None:
    def root(**stated: str) -> str:
        table = {"name": "a", "sources": {"board": {"kind": "danbooru", **stated}}}
        return roots(parse_recipe(table, folder=tmp_path, where="recipe.toml"), "cache")[0][1]

    assert root() == root(terms_url="https://example.org/terms") != root(tags="1girl")
