"""Posts of Danbooru, or of a site with the same API: newest first, then only what is new.

Lists `/posts.json` by id (`page=b<id>` goes back, `page=a<id>` forward), never by page number, which ends at 1000. Keys
come from LCPIPE_<SOURCE>_USER and _KEY. The site's robots.txt closes the API to crawlers although it is documented:
`robots = "documented_api"` is the choice to use it all the same, and is kept in every manifest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from ..dataset.reasons import Reason
from ._item import Item, RobotsPolicy, Role, SourceState
from ._posts import (
    absolute,
    check_access,
    check_walk,
    flag,
    link,
    posts_in,
    reason_against,
    trimmed,
    web_of,
    whole,
    words,
)

version = 1
network = True
rate = 1.0
PAGE = 200
ASKED = 100  # ids in one question about takedowns
FIELDS = (
    "id,md5,file_url,large_file_url,file_ext,image_width,image_height,rating,tag_string_general,tag_string_character,"
    "tag_string_copyright,tag_string_artist,tag_string_meta,score,created_at,parent_id,source,is_banned,is_deleted,"
    "is_pending,media_asset[variants]"
)
GONE = {"is_banned": "banned", "is_deleted": "deleted"}
TAGS = {f"tags_{kind}": f"tag_string_{kind}" for kind in ("general", "character", "copyright", "artist", "meta")}
SPARE = 1.5  # a copy this much larger than the target still gives clean lines


@dataclass(frozen=True)
class Settings:
    """`tags` is a search as on the site; of each post the smallest copy is fetched whose short side is at least 1.5 x
    `short_side` pixels, or the original where `original` is set or no copy is large enough."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    tags: str = ""
    base_url: str = "https://danbooru.donmai.us"
    robots: RobotsPolicy = "obey"
    terms_url: str | None = None
    role: Role = "color"
    short_side: Annotated[int, Field(gt=0)] = 512
    original: bool = False
    page_size: Annotated[int, Field(ge=1, le=PAGE)] = PAGE

    def __post_init__(self) -> None:
        check_access(self.base_url, self.robots, self.terms_url)


def hosts(settings: Settings) -> tuple[str, ...]:
    """The site; its pictures may lie elsewhere."""
    return (settings.base_url,)


def listing(settings: Settings, state: SourceState) -> Iterator[Item]:
    """Posts from the newest back to the first, or from the newest known one on. Raises FetchError."""
    page = state.cursor or (f"a{state.newest or 0}" if state.incremental else "")
    while posts := _page(settings, state, page):
        forward, known = page.startswith("a"), int(page[1:] or 0)
        check_walk(posts, known if forward else 0, 0 if forward else known, settings.base_url)
        for post in sorted(posts, key=lambda post: int(post["id"]), reverse=not forward):
            page = f"{'a' if forward else 'b'}{post['id']}"
            yield _item(settings, post, page)


def _page(settings: Settings, state: SourceState, page: str) -> list[dict[str, Any]]:
    params = {"limit": settings.page_size, "only": FIELDS} | ({"tags": settings.tags} if settings.tags else {})
    return _posts(settings, state, params | ({"page": page} if page else {}))


def _posts(settings: Settings, state: SourceState, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    web, address = web_of(state), f"{trimmed(settings.base_url)}/posts.json"
    return posts_in(web.json(address, params, auth=web.credentials(settings.base_url)), address)


def _item(settings: Settings, post: Mapping[str, Any], cursor: str) -> Item:
    url, is_original = chosen(post, settings)
    md5 = str(post.get("md5") or "")
    pending = {"reason": "http_403", "detail": "not yet approved"} if post.get("is_pending") else {}
    why = reason_against(url, removed=flag(post, GONE)) or pending
    return Item(
        native_id=str(post["id"]),
        role=settings.role,
        url=None if why else url,
        fingerprint=f"{md5}/{(url or '').rpartition('/')[2]}",
        metadata=_metadata(settings, post),
        checksum=f"md5:{md5}" if md5 and is_original and not why else None,
        cursor=cursor,
        **why,
    )


def chosen(post: Mapping[str, Any], settings: Settings) -> tuple[str | None, bool]:
    """The address of the copy to fetch, and whether it is the original."""
    base = trimmed(settings.base_url)
    original = absolute(base, post.get("file_url"))
    wanted = SPARE * settings.short_side
    asset = post.get("media_asset") or {}
    variants = asset.get("variants") if isinstance(asset, dict) else None
    copies = [
        (min(int(copy["width"]), int(copy["height"])), str(copy["url"]))
        for copy in (variants if isinstance(variants, list) else ())
        if isinstance(copy, dict) and copy.get("type") not in ("original", None) and _complete(copy)
    ]
    fitting = sorted(copy for copy in copies if copy[0] >= wanted)
    if fitting and not settings.original:
        return absolute(base, fitting[0][1]), False
    return original, True


def _complete(copy: Mapping[str, Any]) -> bool:
    return bool(copy.get("url")) and bool(whole(copy.get("width"))) and bool(whole(copy.get("height")))


def _metadata(settings: Settings, post: Mapping[str, Any]) -> dict[str, Any]:
    tags = {name: words(post.get(field)) for name, field in TAGS.items()}
    return {
        **tags,
        "license": "unknown",
        "artist": ", ".join(tags["tags_artist"]) or None,
        "source_url": link(post.get("source")) or absolute(trimmed(settings.base_url), post.get("file_url")),
        "page_url": f"{trimmed(settings.base_url)}/posts/{post['id']}",
        "rating": post.get("rating"),
        "score": whole(post.get("score")),
        "created_at": post.get("created_at"),
        "parent_id": str(post["parent_id"]) if post.get("parent_id") else None,
    }


def status(settings: Settings, state: SourceState, native_ids: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Which posts still stand: asked by their ids, a hundred at a time. Raises FetchError."""
    for ids in _batches(native_ids):
        params = {"tags": f"id:{','.join(ids)}", "limit": PAGE, "only": "id,is_banned,is_deleted"}
        there = {str(post["id"]): post for post in _posts(settings, state, params)}
        for native_id in ids:
            post = there.get(native_id)
            yield native_id, None if post is not None and not flag(post, GONE) else str(Reason.REMOVED)


def _batches(native_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(native_ids), ASKED):
        yield native_ids[start : start + ASKED]
