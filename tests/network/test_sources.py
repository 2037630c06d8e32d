"""Every network source against a site that speaks its dialect: listed whole, described, resumed, new, taken down."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.boards import Board
from support.small_site import answer, picture

from lcpipe.pipeline.crawl import crawl, roots
from lcpipe.pipeline.dataset.errors import LcpipeError, RecipeError
from lcpipe.pipeline.network.recorder import listed_item
from lcpipe.pipeline.network.runs import resync
from lcpipe.pipeline.parts import Place, read_place
from lcpipe.pipeline.progress import Reporter
from lcpipe.pipeline.recipe import Recipe, parse_recipe
from lcpipe.pipeline.sources import danbooru, gelbooru, moebooru, wikimedia
from lcpipe.pipeline.sources._item import Item, SourceState

BOARDS = {
    "danbooru": {"page_size": 20},
    "gelbooru": {"page_size": 20},
    "moebooru": {"page_size": 20, "file": "original"},
    "wikimedia": {"page_size": 20, "categories": ["Empty", "Manga"]},
}
MODULES: dict[str, ModuleType] = {
    "danbooru": danbooru, "gelbooru": gelbooru, "moebooru": moebooru, "wikimedia": wikimedia,
}  # fmt: skip


@pytest.fixture
def board() -> Iterator[Board]:
    one = Board(70)
    yield one
    one.close()


def recipe(tmp_path: Path, board: Board, kind: str, **settings: Any) -> Recipe:
    table = {
        "name": "trial",
        "sources": {"site": {"kind": kind, "base_url": board.url, **BOARDS.get(kind, {}), **settings}},
        "crawl": {
            "allow_hosts": [board.name], "requests_per_second": 100_000.0, "connections_per_host": 4,
            "backoff_s": 0.01, "timeout_s": 5.0, "max_failed": 1.0,
        },
        "lines": {"one": {"extractor": "xdog"}},
    }  # fmt: skip
    return parse_recipe(table, folder=tmp_path, where="recipe.toml")


def rows_of(tmp_path: Path, wanted: Recipe, **how: Any) -> dict[str, dict[str, Any]]:
    (crawled,) = crawl(wanted, str(tmp_path / "cache"), Reporter(-1), **how)
    return {row["native_id"]: row for row in crawled.listing.to_pylist()}


@pytest.mark.parametrize("kind", BOARDS)
def test_every_post_is_listed_fetched_and_described(tmp_path: Path, board: Board, kind: str) -> None:
    rows = rows_of(tmp_path, recipe(tmp_path, board, kind))
    assert sorted(map(int, rows)) == list(range(1, 71))
    for number, row in rows.items():
        assert read_place(Place(row["blob"], row["offset"], row["length"])) == picture(int(number))
        assert row["page_url"].startswith(board.url)
        assert row["source_url"]
        assert row["created_at"].endswith("+00:00")
    row = rows["33"]
    if kind == "wikimedia":
        assert (row["license"], row["artist"], row["role"]) == ("CC-BY-SA-4.0", "Painter & 33", "auto")
    else:
        assert (row["license"], row["rating"], row["score"]) == ("unknown", "g", 33)
        assert "tag_33" in row["tags_general"]


@pytest.mark.parametrize("kind", BOARDS)
def test_an_incremental_crawl_asks_only_for_what_is_new(tmp_path: Path, board: Board, kind: str) -> None:
    wanted = recipe(tmp_path, board, kind)
    rows_of(tmp_path, wanted)
    board.queries.clear()
    board.log.clear()
    board.count = 100
    rows = rows_of(tmp_path, wanted, incremental=True)
    assert len(rows) == 100
    asked = {path.partition("?")[0] for path in board.asked()}
    assert asked == {f"/p/{number}.png" for number in range(71, 101)}
    assert len(board.asked()) == 30
    assert len(board.queries) <= 4
    assert len(rows_of(tmp_path, wanted)) == 100


@pytest.mark.parametrize("kind", BOARDS)
def test_takedowns_are_found_by_asking_the_site(tmp_path: Path, board: Board, kind: str) -> None:
    wanted = recipe(tmp_path, board, kind)
    board.count = 12
    rows_of(tmp_path, wanted)
    for number in (2, 5, 11):
        board.changes[number] = {"vanished": True}
    found = resync(wanted, roots(wanted, str(tmp_path / "cache")), str(tmp_path / "cache"), Reporter(-1))
    assert set(found["site"]["removed"]) == {"2", "5", "11"}
    rows = rows_of(tmp_path, wanted)
    assert {name for name, row in rows.items() if row["reason"] == "removed"} == {"2", "5", "11"}


@pytest.mark.parametrize("kind", ["danbooru", "gelbooru", "moebooru"])
def test_posts_without_a_picture_have_a_reason(tmp_path: Path, board: Board, kind: str) -> None:
    board.count = 6
    hidden = {"file_url": None, "sample_url": None, "jpeg_url": None, "media_asset": None}
    video = dict.fromkeys(("file_url", "jpeg_url"), f"{board.url}/p/2.mp4") | {"media_asset": None}
    gone = {"is_deleted": True} if kind == "danbooru" else {"status": "deleted"}
    board.changes = {1: hidden, 2: video, 3: gone}
    rows = rows_of(tmp_path, recipe(tmp_path, board, kind))
    reasons = {int(number): row["reason"] for number, row in rows.items()}
    assert reasons == {1: "http_403", 2: "not_an_image", 3: "removed", 4: None, 5: None, 6: None}


@pytest.mark.parametrize("kind", BOARDS)
def test_a_listing_goes_on_from_every_cursor(tmp_path: Path, board: Board, kind: str) -> None:
    """From each item's cursor the rest follows: nothing is missed, at most a page is seen again."""
    wanted = recipe(tmp_path, board, kind)
    settings = wanted.sources[0].settings
    board.count = 45

    def listed(cursor: str | None) -> list[Item]:
        return list(MODULES[kind].listing(settings, SourceState(tmp_path, web=Plain(board), cursor=cursor)))

    whole = listed(None)
    assert len({item.native_id for item in whole}) == 45
    for place in (0, 7, 19, 20, 38, 44):
        rest = {item.native_id for item in listed(whole[place].cursor)}
        assert {item.native_id for item in whole[place + 1 :]} <= rest


class Plain:
    """The network without manners: what the site says to a query, as a source gets it."""

    def __init__(self, board: Board) -> None:
        self.board = board

    def json(self, url: str, params: Any = None, *, auth: Any = None, secret: Any = None) -> Any:
        return json.loads(self.text(url, params))

    def text(self, url: str, params: Any = None, *, auth: Any = None, secret: Any = None) -> str:
        from urllib.parse import urlencode
        from urllib.request import urlopen

        with urlopen(f"{url}?{urlencode(params)}") as answer:  # noqa: S310
            return str(answer.read().decode())

    def bytes_of(self, uri: str) -> bytes:
        raise FileNotFoundError(uri)

    def credentials(self, host: str) -> None:
        return None

    def variables(self) -> tuple[str, str]:
        return "LCPIPE_SITE_USER", "LCPIPE_SITE_KEY"


def test_a_file_of_two_categories_hides_no_new_one(tmp_path: Path, board: Board) -> None:
    wanted = recipe(tmp_path, board, "wikimedia", categories=["Odd", "Manga"])
    rows_of(tmp_path, wanted)
    board.count = 100
    assert len(rows_of(tmp_path, wanted, incremental=True)) == 100


def test_a_wiki_that_lags_behind_is_asked_again(tmp_path: Path, board: Board) -> None:
    board.count = 5
    lag = json.dumps({"error": {"code": "maxlag", "info": "Waiting for a server"}}).encode()

    def lagging(handler: Any, nth: int) -> None:
        answer(handler, 200, lag, retry_after="0", mediawiki_api_error="maxlag")
        board.acts.clear()

    board.acts["/w/api.php"] = lagging
    assert len(rows_of(tmp_path, recipe(tmp_path, board, "wikimedia"))) == 5
    board.acts["/w/api.php"] = lambda handler, nth: answer(handler, 200, lag, mediawiki_api_error="maxlag")
    with pytest.raises(LcpipeError, match="Waiting for a server"):
        rows_of(tmp_path / "other", recipe(tmp_path, board, "wikimedia"))


@pytest.mark.parametrize("kind", ["danbooru", "gelbooru"])
def test_a_site_that_does_not_list_by_id_is_named(tmp_path: Path, board: Board, kind: str) -> None:
    path = {"danbooru": "/posts.json", "gelbooru": "/index.php"}[kind]
    same = json.dumps([board.post(n) for n in (9, 8, 7)]).encode()
    board.acts[path] = lambda handler, nth: answer(handler, 200, same)
    with pytest.raises(LcpipeError, match="does not list by id"):
        rows_of(tmp_path, recipe(tmp_path, board, kind))
    assert board.seen[path] == 2


@pytest.mark.parametrize("kind", ["danbooru", "gelbooru", "moebooru"])
def test_addresses_without_a_host_are_of_the_site(tmp_path: Path, board: Board, kind: str) -> None:
    board.count = 3
    board.changes = {
        number: {name: place for name in ("file_url", "jpeg_url")} | {"media_asset": None}
        for number, place in ((1, "/p/1.png"), (2, f"//{board.name}/p/2.png"), (3, "http://[::1"))
    }
    rows = rows_of(tmp_path, recipe(tmp_path, board, kind))
    assert [rows[name]["reason"] is None for name in "123"] == [True, True, False]


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    2.5,
    float("inf"),
    "",
    "http://[::1",
    "/x.png",
    [],
    [1],
    {},
    {"a": [None]},
    10**30,
)


@pytest.mark.parametrize("kind", BOARDS)
def test_odd_answers_end_in_rows_or_one_line(tmp_path: Path, board: Board, kind: str) -> None:
    """Any value of any field may be anything: the listing goes on or is refused, and never breaks."""
    settings = recipe(tmp_path, board, kind).sources[0].settings
    post = {
        "danbooru": lambda: board.danbooru({"limit": "1"}),
        "gelbooru": lambda: board.gelbooru({"limit": "1"}),
        "moebooru": lambda: board.moebooru({"limit": "1"}),
        "wikimedia": lambda: board.wiki({"gcmlimit": "1", "gcmtitle": "Category:Manga"}),
    }[kind]()
    tried = 0
    for whole in spoilt(post):
        state = SourceState(tmp_path, web=Given(board, json.dumps(whole)))
        try:
            for item in itertools.islice(MODULES[kind].listing(settings, state), 5):
                listed_item(item)
        except LcpipeError:
            pass
        tried += 1
    assert tried > 100


def spoilt(value: Any) -> Iterator[Any]:
    """The value with each of its parts in turn replaced by something odd."""
    yield from ODD
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in list(parts):
        for other in spoilt(part):
            copy = dict(value) if isinstance(value, dict) else list(value)
            copy[key] = other
            yield copy


class Given(Plain):
    """A site that gives one answer, then an empty one."""

    def __init__(self, board: Board, text: str) -> None:
        super().__init__(board)
        self.texts = [text]

    def text(self, url: str, params: Any = None, *, auth: Any = None, secret: Any = None) -> str:
        return self.texts.pop() if self.texts else "[]"


def test_danbooru_takes_the_smallest_copy_that_is_large_enough(tmp_path: Path, board: Board) -> None:
    board.count = 1
    for short_side, copy in ((300, "720x720"), (512, "sample"), (240, "360x360"), (1400, None)):
        rows_of(tmp_path / str(short_side), recipe(tmp_path, board, "danbooru", short_side=short_side))
        wanted = "/p/1.png" if copy is None else f"/p/1.png?{copy}"
        assert board.asked()[-1] == wanted


def test_keys_reach_danbooru_as_a_login_and_gelbooru_as_parameters(
    tmp_path: Path, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LCPIPE_SITE_USER", "somebody")
    monkeypatch.setenv("LCPIPE_SITE_KEY", "a-secret")
    board.count = 3
    rows_of(tmp_path / "d", recipe(tmp_path, board, "danbooru"))
    assert all(text and text.startswith("Basic ") for text in board.authorizations)
    rows_of(tmp_path / "g", recipe(tmp_path, board, "gelbooru"))
    assert board.queries[-1][1]["api_key"] == "a-secret"
    assert not any(b"a-secret" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_gelbooru_itself_needs_a_key(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="answers to keys only.*LCPIPE_SITE_USER"):
        next(gelbooru.listing(gelbooru.Settings(), SourceState(tmp_path, web=Plain(Board()))))


@pytest.mark.parametrize(
    ("kind", "settings", "says"),
    [
        ("danbooru", {"base_url": "danbooru.donmai.us"}, "base_url"),
        ("danbooru", {"page_size": 1000}, "page_size"),
        ("danbooru", {"robots": "documented_api"}, "needs terms_url"),
        ("wikimedia", {"categories": ["A"], "robots": "documented_api", "terms_url": "terms.html"}, "no address"),
        ("moebooru", {"file": "huge"}, "file"),
        ("wikimedia", {"categories": []}, "categories"),
        ("urls", {"path": "list.csv", "robots": "documented_api"}, "robots"),
    ],
)
def test_settings_that_cannot_be_are_named(
    tmp_path: Path, board: Board, kind: str, settings: dict[str, Any], says: str
) -> None:
    table = {"kind": kind, **settings} if kind == "urls" else {"kind": kind, "base_url": board.url, **settings}
    with pytest.raises(RecipeError) as caught:
        parse_recipe({"name": "trial", "sources": {"site": table}}, folder=tmp_path, where="recipe.toml")
    assert says in str(caught.value)
