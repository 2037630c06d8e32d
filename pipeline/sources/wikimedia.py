"""Files of categories of Wikimedia Commons (or another MediaWiki), with their licences and authors.

Asks the Action API serially with `maxlag`, as the site wishes, and takes a scaled copy of what is very large. Licence,
author and page come from `extmetadata`, whose HTML is taken away.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Annotated, Any, ClassVar

from pydantic import Field

from ..dataset.errors import FetchError
from ..dataset.reasons import Reason
from ._item import Item, RobotsPolicy, Role, SourceState
from ._posts import absolute, check_access, reason_against, trimmed, web_of, whole

version = 1
network = True
rate = 1.0
PAGE = 50
PUBLIC_DOMAIN = "https://creativecommons.org/publicdomain/mark/1.0/"
QUERY = {
    "action": "query", "format": "json", "formatversion": 2, "maxlag": 5, "prop": "imageinfo",
    "iiprop": "url|sha1|size|mime|extmetadata|timestamp",
    "iiextmetadatafilter": "LicenseShortName|LicenseUrl|Artist|Credit|DateTimeOriginal",
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """`categories` by their names; of a file wider than `width` pixels the site's copy of that width is fetched."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    categories: tuple[str, ...]
    base_url: str = "https://commons.wikimedia.org"
    robots: RobotsPolicy = "obey"
    terms_url: str | None = None
    role: Role = "auto"
    width: Annotated[int, Field(ge=64)] = 2048
    page_size: Annotated[int, Field(ge=1, le=500)] = PAGE

    def __post_init__(self) -> None:
        check_access(self.base_url, self.robots, self.terms_url)
        if not self.categories:
            raise ValueError("categories: name at least one")


def hosts(settings: Settings) -> tuple[str, ...]:
    """The site; its pictures may lie elsewhere."""
    return (settings.base_url,)


def listing(settings: Settings, state: SourceState) -> Iterator[Item]:
    """Files of every category, the latest additions first; an incremental listing ends with the page of a known file.

    Raises FetchError.
    """
    mine: set[str] = set()
    number, following = json.loads(state.cursor) if state.cursor else (0, {})
    for place in range(number, len(settings.categories)):
        yield from _category(settings, state, place, following if place == number else {}, mine)


def _category(
    settings: Settings, state: SourceState, place: int, following: dict[str, Any], mine: set[str]
) -> Iterator[Item]:
    """One category. `mine` are the files of this listing: another category may have the same."""
    while True:
        answer = _ask(settings, state, {**_members(settings, settings.categories[place]), **following})
        pages = _pages(answer)
        again = answer.get("continue")
        after = json.dumps([place, again] if again else [place + 1, {}])
        here = json.dumps([place, following])
        seen = False  # the pages of an answer come in no order, so that new ones may follow a known one
        for number, page in enumerate(pages, 1):
            seen = seen or (state.incremental and _was_known(state, page, mine))
            mine.add(str(page["pageid"]))
            yield _item(settings, page, after if number == len(pages) else here)
        if seen or not again:
            return
        following = again


def _was_known(state: SourceState, page: Mapping[str, Any], mine: set[str]) -> bool:
    """True for a file that was here before this listing began: none of this run, or of the one that it goes on with."""
    number = str(page["pageid"])
    return number not in mine and page["pageid"] <= int(state.newest or 0) and number in state.known


def _pages(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The files of an answer that come with their description."""
    query = answer.get("query")
    pages = query.get("pages") if isinstance(query, dict) else None
    return [page for page in (pages if isinstance(pages, list) else ()) if _is_file(page)]


def _is_file(page: Any) -> bool:
    info = page.get("imageinfo") if isinstance(page, dict) else None
    is_described = isinstance(info, list) and bool(info) and isinstance(info[0], dict)
    return is_described and isinstance(page.get("pageid"), int)


def _members(settings: Settings, category: str) -> dict[str, Any]:
    title = category if ":" in category else f"Category:{category}"
    return {
        "generator": "categorymembers", "gcmtitle": title, "gcmtype": "file", "gcmsort": "timestamp",
        "gcmdir": "desc", "gcmlimit": settings.page_size, "iiurlwidth": settings.width,
    }  # fmt: skip


def _ask(settings: Settings, state: SourceState, params: Mapping[str, Any]) -> dict[str, Any]:
    address = f"{trimmed(settings.base_url)}/w/api.php"
    answer: Any = web_of(state).json(address, {**QUERY, **params})
    if isinstance(answer, dict) and "error" in answer:
        error = answer["error"]
        what = f"the site says: {str(error.get('info', error) if isinstance(error, dict) else error)[:160]}"
        raise FetchError(what, reason=Reason.DECODE_FAILED, where=address, hint="check the categories")
    again = answer.get("continue", {}) if isinstance(answer, dict) else None
    if not isinstance(again, dict) or again and again.items() <= params.items():  # the latter would go on for ever
        raise FetchError(
            "the answer is none of MediaWiki", reason=Reason.DECODE_FAILED, where=address, hint="check base_url"
        )
    return {**answer}


def _item(settings: Settings, page: Mapping[str, Any], cursor: str) -> Item:
    info = page["imageinfo"][0]
    scaled = (whole(info.get("width")) or 0) > settings.width and info.get("thumburl")
    url = absolute(trimmed(settings.base_url), info["thumburl"] if scaled else info.get("url"))
    picture = str(info.get("mime", "image/")).startswith("image/") and info.get("mime") != "image/svg+xml"
    why = reason_against(url) if picture or scaled else _no_picture(info)
    return Item(
        native_id=str(page["pageid"]),
        role=settings.role,
        url=None if why else url,
        fingerprint=f"{info.get('sha1', '')}/{settings.width}",
        metadata=_metadata(info),
        checksum=f"sha1:{info['sha1']}" if info.get("sha1") and not scaled and not why else None,
        cursor=cursor,
        **why,
    )


def _no_picture(info: Mapping[str, Any]) -> dict[str, str]:
    return {"reason": str(Reason.NOT_AN_IMAGE), "detail": f"a file of the kind {info.get('mime')}"}


def _metadata(info: Mapping[str, Any]) -> dict[str, Any]:
    stated = info.get("extmetadata")
    stated = stated if isinstance(stated, dict) else {}
    extra = {key: value.get("value") for key, value in stated.items() if isinstance(value, dict)}
    return {
        "license": license_name(plain(extra.get("LicenseShortName")) or ""),
        "license_url": extra.get("LicenseUrl"),
        "artist": plain(extra.get("Artist")) or plain(extra.get("Credit")),
        "source_url": info.get("url"),
        "page_url": info.get("descriptionurl"),
        "created_at": info.get("timestamp"),
    }


def license_name(short: str) -> str:
    """`CC BY-SA 4.0` as SPDX writes it; the public domain by the address of its mark."""
    if short.lower() in ("public domain", "pdm", "pd"):
        return PUBLIC_DOMAIN
    return "CC0-1.0" if short.upper().startswith("CC0") else "-".join(short.split()) or "unknown"


class _Text(HTMLParser):
    """Collects the text of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def plain(html: Any) -> str | None:
    """The text of a piece of HTML in one line, None for nothing."""
    reader = _Text()
    reader.feed(str(html or ""))
    reader.close()
    return " ".join("".join(reader.parts).split()) or None


def status(settings: Settings, state: SourceState, native_ids: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Which files still stand, fifty at a time. Raises FetchError."""
    for start in range(0, len(native_ids), PAGE):
        ids = native_ids[start : start + PAGE]
        there = {str(page["pageid"]) for page in _pages(_ask(settings, state, {"pageids": "|".join(ids)}))}
        for native_id in ids:
            yield native_id, None if native_id in there else str(Reason.REMOVED)
