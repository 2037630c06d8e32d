"""Posts of Gelbooru, or of a board of the 0.2 family (safebooru.org and others): from the newest back, by id.

Gelbooru itself asks for a key: its `user_id` in LCPIPE_<SOURCE>_USER, its `api_key` in LCPIPE_<SOURCE>_KEY.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field

from ..dataset.errors import RecipeError
from ..dataset.reasons import Reason
from ._item import Item, RobotsPolicy, Role, SourceState
from ._posts import absolute, check_access, check_walk, link, posts_in, reason_against, trimmed, web_of, whole, words

version = 1
network = True
rate = 1.0
PAGE = 100
NEEDS_KEY = ("gelbooru.com", "www.gelbooru.com")
GONE = {"deleted": "deleted"}


@dataclass(frozen=True)
class Settings:
    """`tags` is a search as on the site. `original` fetches the uploaded file, else the site's smaller copy."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    tags: str = ""
    base_url: str = "https://gelbooru.com"
    robots: RobotsPolicy = "obey"
    terms_url: str | None = None
    role: Role = "color"
    original: bool = True
    page_size: Annotated[int, Field(ge=1, le=PAGE)] = PAGE

    def __post_init__(self) -> None:
        check_access(self.base_url, self.robots, self.terms_url)
        if "sort:" in self.tags:
            raise ValueError("tags: leave out sort:, the listing goes by id")


def hosts(settings: Settings) -> tuple[str, ...]:
    """The site; its pictures may lie elsewhere."""
    return (settings.base_url,)


def listing(settings: Settings, state: SourceState) -> Iterator[Item]:
    """Posts from the newest back to the first, or from the newest known one on. Raises FetchError, RecipeError."""
    oldest = int(state.newest or 0) if state.incremental else 0
    before = int(state.cursor or 0)
    while posts := _posts(settings, state, _search(settings, oldest, before)):
        check_walk(posts, oldest, before, settings.base_url)
        for post in sorted(posts, key=lambda post: int(post["id"]), reverse=True):
            before = int(post["id"])
            yield _item(settings, post, str(before))


def _search(settings: Settings, oldest: int, before: int) -> str:
    """Newest first is the order of every board; posts in between two ids, each bound left out where it is 0."""
    bounds = (f"id:>{oldest}" if oldest else "", f"id:<{before}" if before else "")
    return " ".join(part for part in (settings.tags, *bounds) if part)


def _posts(settings: Settings, state: SourceState, tags: str) -> list[dict[str, Any]]:
    web, base = web_of(state), trimmed(settings.base_url)
    params = {"page": "dapi", "s": "post", "q": "index", "json": 1, "limit": settings.page_size}
    text = web.text(f"{base}/index.php", params | ({"tags": tags} if tags else {}), secret=_secret(settings, state))
    try:
        answer = json.loads(text) if text.strip() else []
    except (ValueError, RecursionError):
        answer = None
    posts = answer.get("post", []) if isinstance(answer, dict) else answer
    return posts_in(posts, base, "check base_url and the key" if text.strip() else "check base_url")


def _secret(settings: Settings, state: SourceState) -> dict[str, str] | None:
    found = web_of(state).credentials(settings.base_url)
    if found is not None:
        return {"user_id": found[0], "api_key": found[1]}
    if urlsplit(settings.base_url).hostname in NEEDS_KEY:
        user, key = web_of(state).variables()
        raise RecipeError(
            "this site answers to keys only",
            where=settings.base_url,
            hint=f"set {user} to your user_id and {key} to your api_key, or use netrc",
        )
    return None


def _item(settings: Settings, post: Mapping[str, Any], cursor: str) -> Item:
    original = _file(settings, post)
    sample = absolute(trimmed(settings.base_url), post.get("sample_url"))
    url = original if settings.original else sample or original
    why = reason_against(url, removed=GONE.get(str(post.get("status")), ""))
    md5 = str(post.get("md5") or post.get("hash") or "")
    return Item(
        native_id=str(post["id"]),
        role=settings.role,
        url=None if why else url,
        fingerprint=f"{md5}/{(url or '').rpartition('/')[2]}",
        metadata=_metadata(settings, post),
        checksum=f"md5:{md5}" if len(md5) == 32 and url == original and not why else None,
        cursor=cursor,
        **why,
    )


def _file(settings: Settings, post: Mapping[str, Any]) -> str | None:
    """The uploaded file's address; older boards name only its folder and file."""
    if post.get("file_url"):
        return absolute(trimmed(settings.base_url), post["file_url"])
    if post.get("directory") is not None and post.get("image"):
        return f"{trimmed(settings.base_url)}/images/{post['directory']}/{post['image']}"
    return None


def _metadata(settings: Settings, post: Mapping[str, Any]) -> dict[str, Any]:
    parent = whole(post.get("parent_id"))
    return {
        "license": "unknown",
        "tags_general": words(post.get("tags")),
        "source_url": link(post.get("source")) or _file(settings, post),
        "page_url": f"{trimmed(settings.base_url)}/index.php?page=post&s=view&id={post['id']}",
        "rating": post.get("rating"),
        "score": whole(post.get("score")),
        "created_at": _created(post.get("created_at")),
        "parent_id": str(parent) if parent else None,
    }


def _created(text: Any) -> str | None:
    """`Sat Oct 30 12:34:56 -0500 2021` as ISO text."""
    try:
        return datetime.strptime(str(text), "%a %b %d %H:%M:%S %z %Y").isoformat()
    except ValueError:
        return None


def status(settings: Settings, state: SourceState, native_ids: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Which posts still stand, one question each, since boards do not search for several ids. Raises FetchError."""
    for native_id in native_ids:
        posts = {str(post["id"]): post for post in _posts(settings, state, f"id:{native_id}")}
        post = posts.get(native_id)
        yield native_id, None if post is not None and str(post.get("status")) not in GONE else str(Reason.REMOVED)
