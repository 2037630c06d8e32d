"""Posts of a Moebooru board (yande.re, konachan): page by page from the newest.

Pages shift when posts are added while they are listed: a post may be seen twice, which does no harm, never missed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field

from ..dataset.errors import FetchError
from ..dataset.reasons import Reason
from ._item import Item, RobotsPolicy, Role, SourceState
from ._posts import link, reason_against, trimmed, web_of, whole, words

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
    role: Role = "color"
    file: str = "jpeg"
    page_size: Annotated[int, Field(ge=1, le=PAGE)] = PAGE

    def __post_init__(self) -> None:
        trimmed(self.base_url)
        if self.file not in FILES:
            raise ValueError(f"file: '{self.file}' is none of {', '.join(FILES)}")


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
    posts = web_of(state).json(address, {"limit": settings.page_size, **params})
    if not isinstance(posts, list) or not all(isinstance(post, dict) and whole(post.get("id")) for post in posts):
        raise FetchError(
            "the answer is no list of posts", reason=Reason.DECODE_FAILED, where=address, hint="check base_url"
        )
    return posts


def _item(settings: Settings, post: Mapping[str, Any], cursor: str) -> Item:
    url = post.get(FILES[settings.file]) or post.get("file_url")
    why = reason_against(url, removed=GONE.get(str(post.get("status")), ""))
    md5 = str(post.get("md5") or "")
    return Item(
        native_id=str(post["id"]),
        role=settings.role,
        url=None if why else url,
        fingerprint=f"{md5}/{settings.file}",
        metadata=_metadata(settings, post),
        checksum=f"md5:{md5}" if md5 and url == post.get("file_url") and not why else None,
        cursor=cursor,
        **why,
    )


def _metadata(settings: Settings, post: Mapping[str, Any]) -> dict[str, Any]:
    seconds = whole(post.get("created_at"))
    return {
        "license": "unknown",
        "tags_general": words(post.get("tags")),
        "source_url": link(post.get("source")) or post.get("file_url"),
        "page_url": f"{trimmed(settings.base_url)}/post/show/{post['id']}",
        "rating": post.get("rating"),
        "score": whole(post.get("score")),
        "created_at": None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(),
        "parent_id": str(post["parent_id"]) if post.get("parent_id") else None,
    }


def status(settings: Settings, state: SourceState, native_ids: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Which posts still stand, one question each. Raises FetchError."""
    for native_id in native_ids:
        posts = {str(post["id"]): post for post in _posts(settings, state, {"tags": f"id:{native_id}"})}
        post = posts.get(native_id)
        yield native_id, None if post is not None and str(post.get("status")) not in GONE else str(Reason.REMOVED)
