"""What boards of posts have in common: addresses, skipped kinds of files, who may log in."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..dataset.errors import FetchError, RecipeError
from ..dataset.reasons import Reason
from ._item import RobotsPolicy, SourceState, Web

PICTURES = frozenset("jpg jpeg png webp gif avif jxl bmp".split())
UNSEEN = "the site does not show its file to this account"


def web_of(state: SourceState) -> Web:
    """The network of a source that needs one."""
    if state.web is None:
        raise RecipeError("this source asks a network", hint="run it by `lcpipe crawl` or `lcpipe build-dataset`")
    return state.web


def trimmed(base_url: str) -> str:
    """A site's address without the slash at its end. Raises ValueError for what is no address."""
    parts = urlsplit(base_url)
    if "@" in parts.netloc:
        raise ValueError("base_url: leave out user and password; keys come from the environment or netrc")
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"base_url: '{base_url}' is no address like https://example.org")
    return base_url.rstrip("/")


def check_access(base_url: str, robots: RobotsPolicy, terms_url: str | None) -> None:
    """Raises ValueError for a site that is no address, and for a documented API whose terms nobody names."""
    trimmed(base_url)
    if terms_url is not None and urlsplit(terms_url).scheme not in ("http", "https"):
        raise ValueError(f"terms_url: '{terms_url}' is no address like https://example.org/terms")
    if robots == "documented_api" and terms_url is None:
        raise ValueError('robots = "documented_api" needs terms_url: the page where the site allows the use of its API')


def absolute(base_url: str, value: Any) -> str | None:
    """The address of a file as a site gives it: whole, without scheme, or from the site's root; None for no text."""
    if not isinstance(value, str) or not value:
        return None
    try:
        return urljoin(f"{base_url}/", value)
    except ValueError:
        return value  # no address: its row says so


def extension(url: str) -> str:
    """The kind of file that an address names, in lower case; empty for none."""
    name = url.partition("?")[0].partition("#")[0].rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def posts_in(value: Any, where: str, hint: str = "check base_url") -> list[dict[str, Any]]:
    """The posts of an answer. Raises FetchError for what is no list of posts with numbers."""
    if not isinstance(value, list) or not all(isinstance(post, dict) and whole(post.get("id")) for post in value):
        raise FetchError("the answer is no list of posts", reason=Reason.DECODE_FAILED, where=where, hint=hint)
    return value


def check_walk(posts: Sequence[Mapping[str, Any]], after: int, before: int, where: str) -> None:
    """Posts that were asked for between two ids (`before` 0: up to the newest) must lie there. Raises FetchError.

    A site that does not list by id would give the same posts for ever, or leave out some.
    """
    numbers = [int(post["id"]) for post in posts]
    wrong = next((number for number in numbers if not after < number < (before or number + 1)), None)
    if wrong is not None:
        raise FetchError(
            f"the site does not list by id: it gave post {wrong}, which was not asked for",
            reason=Reason.DECODE_FAILED,
            where=where,
            hint="check base_url and tags; this kind of source does not fit the site",
        )


def reason_against(url: str | None, *, removed: str = "") -> dict[str, Any]:
    """Why a post has no picture, as fields of an Item; empty where it has one."""
    if removed:
        return {"reason": str(Reason.REMOVED), "detail": removed}
    if not url:
        return {"reason": "http_403", "detail": UNSEEN}
    kind = extension(url)
    if kind and kind not in PICTURES:
        return {"reason": str(Reason.NOT_AN_IMAGE), "detail": f"a file of the kind {kind}"}
    return {}


def words(text: Any) -> list[str]:
    """Tags that are kept as one string."""
    return str(text).split() if text else []


def whole(value: Any) -> int | None:
    """A whole number, or None for what is none."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def link(value: Any) -> str | None:
    """An address, or None for other words that people write there."""
    text = str(value or "").strip()
    return text if text.startswith(("http://", "https://")) else None


def flag(post: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What the first set flag of a post means; empty for none."""
    return next((meaning for name, meaning in names.items() if post.get(name)), "")
