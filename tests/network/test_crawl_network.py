"""A crawl of a network source: everything listed ends as a picture or as a reason, and nothing is asked twice."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from support.small_site import Site, answer, picture, recipe_for, root_of

from lcpipe.pipeline.crawl import crawl
from lcpipe.pipeline.dataset.errors import FetchError, LcpipeError, RecipeError, ThresholdError
from lcpipe.pipeline.network.opening import opened_ledger
from lcpipe.pipeline.parts import Place, read_place
from lcpipe.pipeline.progress import Reporter
from lcpipe.pipeline.recipe import Recipe


def test_every_picture_is_listed_fetched_and_kept(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 150
    (crawled,) = crawl(recipe_for(tmp_path, site), str(tmp_path / "cache"), quiet)
    rows = {row["native_id"]: row for row in crawled.listing.to_pylist()}
    assert sorted(map(int, rows)) == list(range(1, 151))
    for number, row in rows.items():
        data = read_place(Place(row["blob"], row["offset"], row["length"]))
        assert data == picture(int(number))
        assert row["id"] == hashlib.sha256(data).hexdigest()
        assert row["reason"] is None
        assert row["artist"] == f"artist {number}"
        assert row["consent"] == {"decision": "unstated", "signals": ["robots.txt: allowed"]}
    assert len(site.asked()) == 150


def test_a_finished_crawl_asks_nobody(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 30
    recipe = recipe_for(tmp_path, site)
    first = crawl(recipe, str(tmp_path / "cache"), quiet)[0].listing
    asked = len(site.log)
    again = crawl(recipe, str(tmp_path / "cache"), quiet, retry_failed=True)[0].listing
    assert len(site.log) == asked
    assert again.equals(first)


CLOSE = ("close_connection", True)
FAILURES = {
    "http_404": lambda h, n: answer(h, 404, b"no such picture"),
    "http_410": lambda h, n: answer(h, 410),
    "http_451": lambda h, n: answer(h, 451, b"withheld"),
    "http_500": lambda h, n: answer(h, 500),
    "http_429": lambda h, n: answer(h, 429, retry_after="0"),
    "http_418": lambda h, n: answer(h, 418),
    "not_an_image": lambda h, n: answer(h, 200, b"<html>sign in</html>", content_type="text/html"),
    "truncated": lambda h, n: (answer(h, 200, picture(1)[:-20], content_length="2000"), h.__setattr__(*CLOSE)),
    "too_large": lambda h, n: answer(h, 200, picture(1) + bytes(4096)),
    "opted_out": lambda h, n: answer(h, 200, picture(1), x_robots_tag="noai, noimageai"),
    "connection_failed": lambda h, n: h.connection.shutdown(2),
    "blocked_address": lambda h, n: answer(h, 302, location="http://127.0.0.1:1/x.png"),
    "http_302": lambda h, n: answer(h, 302, location=h.path),
}


def test_every_failure_ends_as_its_own_reason(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = len(FAILURES) + 1
    for number, act in enumerate(FAILURES.values(), start=1):
        site.acts[f"/p/{number}.png"] = act
    recipe = recipe_for(tmp_path, site, max_failed=1.0, max_bytes=4096, attempts=3)
    (crawled,) = crawl(recipe, str(tmp_path / "cache"), quiet)
    reasons = {int(row["native_id"]): row["reason"] for row in crawled.listing.to_pylist()}
    assert reasons == dict(enumerate([*FAILURES, None], start=1))
    assert site.seen["/p/4.png"] == 3
    assert site.seen["/p/1.png"] == 1


def test_what_fails_for_a_while_is_fetched_in_the_end(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = len(FAILURES)
    passing = ("http_500", "http_429", "not_an_image", "truncated", "connection_failed")
    numbers = [number for number, name in enumerate(FAILURES, start=1) if name in passing]
    for number in numbers:
        name = list(FAILURES)[number - 1]
        site.acts[f"/p/{number}.png"] = lambda h, n, act=FAILURES[name], k=number: (
            act(h, n) if n < 2 else answer(h, 200, picture(k))
        )
    (crawled,) = crawl(recipe_for(tmp_path, site), str(tmp_path / "cache"), quiet)
    assert set(crawled.listing.column("reason").to_pylist()) == {None}
    assert all(site.seen[f"/p/{number}.png"] == 2 for number in numbers)


def test_too_many_failures_end_with_the_top_reasons_and_only_they_are_asked_again(
    tmp_path: Path, site: Site, quiet: Reporter
) -> None:
    site.count = 40
    for number in (3, 4, 5):
        site.acts[f"/p/{number}.png"] = FAILURES["http_500"]
    site.acts["/p/9.png"] = FAILURES["http_404"]
    recipe, cache = recipe_for(tmp_path, site, attempts=2), str(tmp_path / "cache")
    with pytest.raises(ThresholdError, match="3 of 40 rows failed: 3 http_500") as failed:
        crawl(recipe, cache, quiet)
    assert failed.value.exit_code == 3
    before = len(site.log)
    with pytest.raises(ThresholdError):
        crawl(recipe, cache, quiet)
    assert len(site.log) == before  # a build asks nobody for what is finished
    site.acts.clear()
    (crawled,) = crawl(recipe, cache, quiet, retry_failed=True)
    assert sorted(site.asked()[-3:]) == ["/p/3.png", "/p/4.png", "/p/5.png"]
    assert len(site.log) == before + 3
    reasons = crawled.listing.column("reason").to_pylist()
    assert sorted(map(str, reasons)) == ["None"] * 39 + ["http_404"]


def test_only_what_is_new_is_asked_for(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 50
    recipe, cache = recipe_for(tmp_path, site), str(tmp_path / "cache")
    crawl(recipe, cache, quiet)
    site.count = 150
    before = len(site.log)
    (crawled,) = crawl(recipe, cache, quiet, incremental=True)
    assert len(crawled.listing) == 150
    fresh = [path for _, _, path in site.log[before:]]
    assert sorted(path for path in fresh if path.startswith("/p/")) == sorted(f"/p/{n}.png" for n in range(51, 151))
    assert [path for path in fresh if not path.startswith("/p/")] == [
        f"/list?after={after}&limit=20" for after in (50, 70, 90, 110, 130, 150)
    ]


def test_a_lost_ledger_is_made_anew_from_the_parts(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 90
    site.acts["/p/9.png"] = FAILURES["http_404"]
    site.acts["/p/8.png"] = FAILURES["http_500"]
    recipe, cache = recipe_for(tmp_path, site), tmp_path / "cache"
    first = crawl(recipe, str(cache), quiet)[0].listing
    before = len(site.log)
    for file in Path(root_of(recipe, cache)).glob("ledger.sqlite*"):
        file.unlink()
    again = crawl(recipe, str(cache), quiet)[0].listing
    assert again.equals(first)
    assert len(site.log) == before
    for file in Path(root_of(recipe, cache)).glob("ledger.sqlite*"):
        file.write_bytes(b"no database at all, but long enough to be taken for one" * 20)
    (Path(root_of(recipe, cache)) / "listing.ipc").unlink()
    site.acts.clear()
    full = crawl(recipe, str(cache), quiet, retry_failed=True)[0].listing
    assert site.asked()[-1] == "/p/8.png"
    assert len(site.asked()) == 90 + 1 + 4  # all once; the failing one five times, and once more
    assert sorted(map(str, full.column("reason").to_pylist())) == ["None"] * 89 + ["http_404"]


def test_a_damaged_part_is_named(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 10
    recipe, cache = recipe_for(tmp_path, site), tmp_path / "cache"
    crawl(recipe, str(cache), quiet)
    root = Path(root_of(recipe, cache))
    shutil.copy(root / "00000001.blob", root / "00000001.arrow")
    (root / "listing.ipc").unlink()
    with pytest.raises(LcpipeError, match=r"damaged.*00000001.arrow"):
        crawl(recipe, str(cache), quiet)


def test_public_hosts_are_told_a_contact(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    recipe = recipe_for(tmp_path, site, allow_hosts=[])
    with pytest.raises(RecipeError, match="needs a contact"):
        crawl(recipe, str(tmp_path / "cache"), quiet)
    assert site.log == []


def test_loopback_is_refused_unless_the_recipe_names_it(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    recipe = recipe_for(tmp_path, site, allow_hosts=[], contact="team@example.org", plain_http=True, attempts=1)
    with pytest.raises(FetchError, match="not a public address.*allow_hosts"):
        crawl(recipe, str(tmp_path / "cache"), quiet)
    assert site.log == []


def test_hosts_are_told_who_asks(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 2
    crawl(recipe_for(tmp_path, site, contact="team@example.org"), str(tmp_path / "cache"), quiet)
    (agent,) = site.agents
    assert agent.startswith("lcpipe/")
    assert agent.endswith("(+team@example.org)")


@pytest.mark.parametrize("agent", ["Mozilla/5.0 (X11)", "a\r\nX-Evil: 1", "", "Googlebot/2.1"])
def test_an_agent_that_poses_as_another_is_refused(tmp_path: Path, site: Site, quiet: Reporter, agent: str) -> None:
    with pytest.raises(RecipeError, match="user_agent"):
        crawl(recipe_for(tmp_path, site, user_agent=agent), str(tmp_path / "cache"), quiet)
    assert site.log == []


def test_robots_txt_is_obeyed(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 12
    rules = b"User-agent: *\nDisallow: /p/1*.png$\nCrawl-delay: 0.001\n"
    site.acts["/robots.txt"] = lambda h, n: answer(h, 200, rules)
    (crawled,) = crawl(recipe_for(tmp_path, site), str(tmp_path / "cache"), quiet)
    refused = {row["native_id"] for row in crawled.listing.to_pylist() if row["reason"] == "robots"}
    assert refused == {"1", "10", "11", "12"}
    assert not {f"/p/{n}.png" for n in refused} & set(site.asked())
    assert site.seen["/robots.txt"] == 1


def test_a_documented_api_is_listed_against_robots_txt_when_a_contact_is_named(
    tmp_path: Path, site: Site, quiet: Reporter
) -> None:
    site.count = 3
    site.acts["/robots.txt"] = lambda h, n: answer(h, 200, b"User-agent: *\nDisallow: /list\nDisallow: /p/2.png\n")
    with pytest.raises(RecipeError, match="needs a contact"):
        crawl(documented(recipe_for(tmp_path, site)), str(tmp_path / "cache"), quiet)
    assert site.log == []
    recipe = documented(recipe_for(tmp_path, site, contact="team@example.org"))
    (crawled,) = crawl(recipe, str(tmp_path / "cache"), quiet)
    assert {row["native_id"]: row["reason"] for row in crawled.listing.to_pylist()} == {
        "1": None,
        "2": "robots",
        "3": None,
    }


def documented(recipe: Recipe) -> Recipe:
    """The recipe, whose only source is listed through an API that its site documents."""
    (source,) = recipe.sources
    chosen = replace(source, settings=replace(source.settings, robots="documented_api"))
    return replace(recipe, sources=(chosen,))


def test_a_list_that_robots_txt_forbids_says_what_to_do(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 3
    site.acts["/robots.txt"] = lambda h, n: answer(h, 200, b"User-agent: *\nDisallow: /list\n")
    with pytest.raises(FetchError, match="robots.txt forbids.*documented_api"):
        crawl(recipe_for(tmp_path, site), str(tmp_path / "cache"), quiet)
    assert site.seen["/list"] == 0


def test_a_reservation_of_the_whole_site_is_an_opt_out(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 4
    rules = b'[{"location": "/p/3*", "tdm-reservation": 1}, {"location": "/", "tdm-reservation": 0}]'
    site.acts["/.well-known/tdmrep.json"] = lambda h, n: answer(h, 200, rules)
    (crawled,) = crawl(recipe_for(tmp_path, site), str(tmp_path / "cache"), quiet)
    rows = {row["native_id"]: row for row in crawled.listing.to_pylist()}
    assert rows["3"]["reason"] == "opted_out"
    assert rows["3"]["consent"] == {
        "decision": "opted_out",
        "signals": ["robots.txt: allowed", "tdmrep.json: /p/3* 1"],
    }
    assert rows["4"]["consent"]["decision"] == "unstated"


def test_no_more_than_the_configured_rate(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 20
    crawl(recipe_for(tmp_path, site, requests_per_second=50.0), str(tmp_path / "cache"), quiet)
    times = [at for at, _, _ in site.log]
    for start in range(len(times)):
        within = [at for at in times[start:] if at < times[start] + 0.2]
        assert len(within) <= 0.2 * 50 + 1 + 4  # one at its start, and those under way that a busy machine held up


def test_a_second_crawl_of_the_same_source_is_refused(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 2
    recipe, cache = recipe_for(tmp_path, site), tmp_path / "cache"
    with opened_ledger(root_of(recipe, cache), "site"), pytest.raises(LcpipeError, match="another crawl"):
        crawl(recipe, str(cache), quiet)


def test_a_site_without_pictures_is_said(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    with pytest.raises(RecipeError, match="holds no pictures"):
        crawl(recipe_for(tmp_path, site), str(tmp_path / "cache"), quiet)


def test_an_unknown_host_is_one_line(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    recipe = recipe_for(tmp_path, site, contact="team@example.org", attempts=1)
    source = recipe.sources[0]
    away = replace(source, settings=replace(source.settings, base_url="https://no-such-host.invalid"))
    with pytest.raises(FetchError, match="the host is not known.*no-such-host.invalid"):
        crawl(replace(recipe, sources=(away,)), str(tmp_path / "cache"), quiet)


def test_what_is_listed_without_a_file_is_no_failure(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    pages = {0: [{"id": n, "reason": reason} for n, reason in enumerate(("removed", "http_403", "not_an_image"), 1)]}
    pages[0] += [{"id": 4, "url": f"{site.url}/p/4.png"}]
    site.acts["/list"] = lambda h, n: answer(h, 200, json.dumps(pages.get(n - 1, [])).encode())
    recipe, cache = recipe_for(tmp_path, site, max_failed=0.0), tmp_path / "cache"
    (crawled,) = crawl(recipe, str(cache), quiet)
    reasons = {row["native_id"]: row["reason"] for row in crawled.listing.to_pylist()}
    assert reasons == {"1": "removed", "2": "http_403", "3": "not_an_image", "4": None}
    for file in Path(root_of(recipe, cache)).glob("ledger.sqlite*"):
        file.unlink()
    crawl(recipe, str(cache), quiet, retry_failed=True)
    assert site.asked() == ["/p/4.png"]


def test_odd_metadata_is_made_to_fit(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    odd = {
        "artist": "a\ud800b\0c",
        "score": 2**40,
        "rating": 7,
        "tags_general": "one two",
        "tags_artist": [1, None, "x"],
        "created_at": 12,
        "license": "MIT",
        "unknown": object.__name__,
    }
    rows = [{"id": 1, "url": f"{site.url}/p/1.png", "metadata": odd}, {"id": 2, "url": f"{site.url}/p/2.png"}]
    site.acts["/list"] = lambda h, n: answer(h, 200, json.dumps(rows if n == 1 else []).encode())
    (crawled,) = crawl(recipe_for(tmp_path, site), str(tmp_path / "cache"), quiet)
    first, second = sorted(crawled.listing.to_pylist(), key=lambda row: row["native_id"])
    assert (first["artist"], first["score"], first["rating"]) == ("a\\ud800b\0c", None, None)
    assert (first["tags_general"], first["tags_artist"]) == (None, ["1", None, "x"])
    assert (first["license"], second["license"]) == ("MIT", "CC0-1.0")


def test_a_source_may_say_that_it_knows_a_picture(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 2
    recipe, cache = recipe_for(tmp_path, site), str(tmp_path / "cache")
    first = crawl(recipe, cache, quiet)[0].listing
    rows = [{"id": 1, "url": None}, {"id": 2, "url": f"{site.url}/p/2.png"}, {"id": 3, "url": None}]
    site.acts["/list"] = lambda h, n: answer(h, 200, json.dumps(rows if "after=2" in h.path else []).encode())
    again = crawl(recipe, cache, quiet, incremental=True)[0].listing
    kept = {row["native_id"]: row for row in again.to_pylist()}
    assert [kept[row["native_id"]] for row in first.to_pylist()] == first.to_pylist()
    assert kept["3"]["reason"] == "blocked_address"  # known to nobody, and without an address
    assert len(site.asked()) == 2


def test_a_picture_that_changed_is_asked_for_with_a_condition(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 3
    recipe, cache = recipe_for(tmp_path, site), str(tmp_path / "cache")
    before = {row["native_id"]: row["id"] for row in crawl(recipe, cache, quiet)[0].listing.to_pylist()}
    tags = []

    def unchanged(handler: object, nth: int) -> None:
        tags.append(handler.headers["If-None-Match"])  # type: ignore[attr-defined]
        answer(handler, 304)  # type: ignore[arg-type]

    site.acts["/p/1.png"] = unchanged
    site.acts["/p/2.png"] = lambda h, n: answer(h, 200, picture(99))
    rows = [{"id": n, "url": f"{site.url}/p/{n}.png", "fingerprint": "2" if n < 3 else "1"} for n in (1, 2, 3)]
    site.acts["/list"] = lambda h, n: answer(h, 200, json.dumps(rows if n == 3 else []).encode())
    after = {row["native_id"]: row for row in crawl(recipe, cache, quiet, incremental=True)[0].listing.to_pylist()}
    assert tags == ['"1"']
    assert after["1"]["id"] == before["1"]
    assert read_place(Place(after["1"]["blob"], after["1"]["offset"], after["1"]["length"])) == picture(1)
    assert after["2"]["id"] == hashlib.sha256(picture(99)).hexdigest()
    assert {name: row["fingerprint"] for name, row in after.items()} == {"1": "2", "2": "2", "3": "1"}
    assert site.seen["/p/3.png"] == 1
