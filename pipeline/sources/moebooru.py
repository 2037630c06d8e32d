"""Posts of a Moebooru board (yande.re, konachan): page by page from the newest.

Pages shift while they are listed: after an upload a post is seen twice, which does no harm; after a deletion one may be
passed over, and is found by listing anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field

from ..dataset.reasons import Reason
from ._item import Item, RobotsPolicy, Role, SourceState
from ._posts import absolute, check_access, link, posts_in, reason_against, trimmed, web_of, whole, words

version = 1
network = True
rate = 1.0
PAGE = 100
GONE = {"deleted": "deleted"}
FILES = {"original": "file_url", "jpeg": "jpeg_url", "sample": "sample_url"}


@dataclass(frozen=True)
class Settings:
    """`tags` is a search as on the site; `file` is `original`, `jpeg` (full size) or `sample` (smaller)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    base_url: str
    tags: str = ""
    robots: RobotsPolicy = "obey"
    terms_url: str | None = None
    role: Role = "color"
    file: str = "jpeg"
    page_size: Annotated[int, Field(ge=1, le=PAGE)] = PAGE

    def __post_init__(self) -> None:
        check_access(self.base_url, self.robots, self.terms_url)
        if self.file not in FILES:
            raise ValueError(f"file: '{self.file}' is none of {', '.join(FILES)}")
        if "order:" in self.tags:
            raise ValueError("tags: leave out order:, the listing goes from the newest on")


def hosts(settings: Settings) -> tuple[str, ...]:
    """The site; its pictures may lie elsewhere."""
    return (settings.base_url,)


def listing(settings: Settings, state: SourceState) -> Iterator[Item]:
    """Posts from the newest on; an incremental listing ends at what is known. Raises FetchError."""
    page = int(state.cursor or 1)
    newest = whole(state.newest) if state.incremental else None
    while posts := _posts(settings, state, {"tags": settings.tags, "page": page}):
        for place, post in enumerate(posts, 1):
            if newest is not None and int(post["id"]) <= newest:
                return
            yield _item(settings, post, str(page + (place == len(posts))))
        page += 1


def _posts(settings: Settings, state: SourceState, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    address = f"{trimmed(settings.base_url)}/post.json"
    return posts_in(web_of(state).json(address, {"limit": settings.page_size, **params}), address)


def _item(settings: Settings, post: Mapping[str, Any], cursor: str) -> Item:
    base = trimmed(settings.base_url)
    original = absolute(base, post.get("file_url"))
    url = absolute(base, post.get(FILES[settings.file])) or original
    why = reason_against(url, removed=GONE.get(str(post.get("status")), ""))
    md5 = str(post.get("md5") or "")
    return Item(
        native_id=str(post["id"]),
        role=settings.role,
        url=None if why else url,
        fingerprint=f"{md5}/{settings.file}",
        metadata=_metadata(settings, post),
        checksum=f"md5:{md5}" if md5 and url == original and not why else None,
        cursor=cursor,
        **why,
    )


def _metadata(settings: Settings, post: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "license": "unknown",
        "tags_general": words(post.get("tags")),
        "source_url": link(post.get("source")) or absolute(trimmed(settings.base_url), post.get("file_url")),
        "page_url": f"{trimmed(settings.base_url)}/post/show/{post['id']}",
        "rating": post.get("rating"),
        "score": whole(post.get("score")),
        "created_at": _created(post.get("created_at")),
        "parent_id": str(post["parent_id"]) if post.get("parent_id") else None,
    }


def _created(value: Any) -> str | None:
    """Seconds since 1970 as ISO text."""
    try:
        return datetime.fromtimestamp(int(value), UTC).isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def status(settings: Settings, state: SourceState, native_ids: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Which posts still stand, one question each. Raises FetchError."""
    for native_id in native_ids:
        posts = {str(post["id"]): post for post in _posts(settings, state, {"tags": f"id:{native_id}"})}
        post = posts.get(native_id)
        yield native_id, None if post is not None and str(post.get("status")) not in GONE else str(Reason.REMOVED)
