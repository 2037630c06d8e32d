"""Keys come from the environment or netrc, and are never written down."""

from pathlib import Path

import pytest
from support.small_site import Site, answer, picture, recipe_for

from lcpipe.pipeline.crawl import crawl
from lcpipe.pipeline.dataset.errors import FetchError, RecipeError
from lcpipe.pipeline.network.credentials import credentials, variables
from lcpipe.pipeline.network.opening import opened_network
from lcpipe.pipeline.network.targets import target, without_secrets, without_user
from lcpipe.pipeline.network.web import PoliteWeb
from lcpipe.pipeline.progress import Reporter
from lcpipe.pipeline.recipe import parse_recipe

KEY = "very-secret-key"


def test_from_the_environment() -> None:
    assert variables("my-danbooru") == ("LCPIPE_MY_DANBOORU_USER", "LCPIPE_MY_DANBOORU_KEY")
    environment = {"LCPIPE_A_USER": "ann", "LCPIPE_A_KEY": KEY, "HOME": "/nowhere"}
    assert credentials("a", "example.org", environment) == ("ann", KEY)
    assert credentials("b", "example.org", environment) is None


def test_half_of_a_pair_is_named() -> None:
    with pytest.raises(RecipeError, match="LCPIPE_A_KEY is not set") as missing:
        credentials("a", "example.org", {"LCPIPE_A_USER": "ann", "HOME": "/nowhere"})
    assert "ann" not in str(missing.value)


def test_from_netrc_for_that_host_only(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(f"machine example.org login ann password {KEY}\ndefault login x password y\n")
    (tmp_path / ".netrc").chmod(0o600)
    assert credentials("a", "example.org", {"HOME": str(tmp_path)}) == ("ann", KEY)
    assert credentials("a", "https://example.org:443/x", {"HOME": str(tmp_path)}) == ("ann", KEY)
    assert credentials("a", "other.org", {"HOME": str(tmp_path)}) is None
    assert credentials("a", "example.org", {"NETRC": str(tmp_path / ".netrc")}) == ("ann", KEY)


def test_a_broken_netrc_is_one_line_without_its_content(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(f"machine example.org login ann {KEY}\n")
    with pytest.raises(RecipeError, match="line 2") as broken:
        credentials("a", "example.org", {"HOME": str(tmp_path)})
    assert "correct that line" in str(broken.value)
    assert KEY not in str(broken.value)


def test_keys_are_sent_and_never_said(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    seen = []

    def act(handler: object, nth: int) -> None:
        seen.append((handler.path, handler.headers["Authorization"]))  # type: ignore[attr-defined]
        answer(handler, 422, b'{"message": "too many tags"}')  # type: ignore[arg-type]

    site.acts["/list"] = act
    recipe = recipe_for(tmp_path, site)
    with opened_network(recipe.crawl, str(tmp_path / "cache"), 0) as network:
        web = PoliteWeb(network, "site", "obey")
        with pytest.raises(FetchError, match="422: too many tags") as refused:
            web.json(f"{site.url}/list", {"page": 1}, auth=("ann", KEY), secret={"api_key": KEY})
    ((path, authorization),) = seen
    assert f"api_key={KEY}" in path
    assert authorization.startswith("Basic ")
    assert KEY not in str(refused.value)
    assert refused.value.status == 422
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    assert all(KEY.encode() not in file.read_bytes() for file in files)


@pytest.mark.parametrize(("status", "hint"), [(401, "LCPIPE_SITE_USER and LCPIPE_SITE_KEY"), (403, "contact")])
def test_a_refused_list_says_what_to_do(tmp_path: Path, site: Site, quiet: Reporter, status: int, hint: str) -> None:
    site.acts["/list"] = lambda h, n: answer(h, status)
    with pytest.raises(FetchError, match=hint) as refused:
        crawl(recipe_for(tmp_path, site), str(tmp_path / "cache"), quiet)
    assert refused.value.status == status
    assert site.seen["/list"] == 1


def test_a_list_that_is_no_json_is_one_line(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.acts["/list"] = lambda h, n: answer(h, 200, b"<html>maintenance</html>")
    with pytest.raises(FetchError, match="not JSON.*maintenance"):
        crawl(recipe_for(tmp_path, site), str(tmp_path / "cache"), quiet)


def test_a_list_that_fails_for_a_while_is_asked_again(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    site.count = 5
    site.acts["/list"] = lambda h, n: answer(h, 503, retry_after="0") if n < 3 else (site.acts.clear(), site.serve(h))
    (crawled,) = crawl(recipe_for(tmp_path, site), str(tmp_path / "cache"), quiet)
    assert len(crawled.listing) == 5


def test_a_password_in_a_list_is_kept_nowhere(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    (tmp_path / "list.csv").write_text(f"url\nhttp://ann:{KEY}@{site.name}/p/1.png\n{site.url}/p/2.png\n")
    table = {
        "name": "a",
        "sources": {"list": {"kind": "urls", "path": "list.csv"}},
        "crawl": {"allow_hosts": [site.name], "max_failed": 1.0, "requests_per_second": 1000.0},
    }
    (crawled,) = crawl(parse_recipe(table, folder=tmp_path, where="recipe.toml"), str(tmp_path / "cache"), quiet)
    rows = {row["native_id"]: (row["reason"], row["source_url"]) for row in crawled.listing.to_pylist()}
    first, second = f"{site.url}/p/1.png", f"{site.url}/p/2.png"
    assert rows == {first: ("blocked_address", first), second: (None, second)}
    assert site.asked() == ["/p/2.png"]
    assert all(KEY.encode() not in file.read_bytes() for file in (tmp_path / "cache").rglob("*") if file.is_file())


def test_a_key_in_an_address_is_sent_and_shown_nowhere(tmp_path: Path, site: Site, quiet: Reporter) -> None:
    signed = f"{site.url}/p/1.png?w=9&X-Amz-Signature={KEY}"
    lines = ["url,page_url,source_url", f"{signed},https://ann:{KEY}@a.org/?Token={KEY},{signed}"]
    (tmp_path / "list.csv").write_text("\n".join(lines))
    site.acts["/p/1.png"] = lambda h, n: answer(h, 200 if KEY in h.path else 403, picture(1))
    table = {
        "name": "a",
        "sources": {"list": {"kind": "urls", "path": "list.csv"}},
        "crawl": {"allow_hosts": [site.name], "requests_per_second": 1000.0},
    }
    (crawled,) = crawl(parse_recipe(table, folder=tmp_path, where="recipe.toml"), str(tmp_path / "cache"), quiet)
    (row,) = crawled.listing.to_pylist()
    masked = f"{site.url}/p/1.png?w=9&X-Amz-Signature=***"
    assert (row["native_id"], row["source_url"], row["page_url"]) == (masked, masked, "https://a.org/?Token=***")
    assert row["reason"] is None
    assert KEY not in str(crawled.listing.to_pylist())


@pytest.mark.parametrize("query", ["?tags=token", "?key=7&page=2", "?a=b=c", "?sign=cancer#sig", "?signature="])
def test_what_is_no_key_stays_in_an_address(query: str) -> None:
    assert without_secrets(f"https://example.org/{query}") == f"https://example.org/{query}"


@pytest.mark.parametrize("query", ["?{}=K", "?a=1&{}=K&b=2", "?a=1;{}=K", "#{}=K"])
@pytest.mark.parametrize("name", ["token", "API_KEY", "x-amz-signature", "%74oken"])
def test_a_key_is_found_wherever_it_stands(query: str, name: str) -> None:
    address = f"https://example.org/{query.format(name)}"
    assert without_secrets(address) == address.replace("=K", "=***")


@pytest.mark.parametrize("path", ["/@ann/1.png", "//ann@x/1.png", "/?of=http://ann@x/", "#ann@x"])
def test_an_at_sign_behind_the_host_stays(path: str) -> None:
    assert without_user(f"https://example.org{path}") == f"https://example.org{path}"
    assert without_user(f" https://a:b@c@example.org{path}") == f" https://example.org{path}"


@pytest.mark.parametrize("scheme", ["https", "ftp"])
def test_a_password_in_a_recipe_is_refused_and_not_said(tmp_path: Path, scheme: str) -> None:
    table = {"name": "a", "sources": {"a": {"kind": "danbooru", "base_url": f"{scheme}://ann:{KEY}@example.org"}}}
    with pytest.raises(RecipeError, match="the environment or netrc") as refused:
        parse_recipe(table, folder=tmp_path, where="recipe.toml")
    assert KEY not in str(refused.value)
    with pytest.raises(FetchError, match="without a user") as blocked:
        target(f"https://ann:{KEY}@example.org/p@1.png")
    assert str(blocked.value).endswith("(https://example.org/p@1.png)")
