"""What a source yields, and what it is told: the seam between the kinds of source and the crawl.

A source is one file with `version`, `Settings` and `listing(settings, state)`. One that asks a network also has
`network` (True, or a function of its settings), `hosts(settings)`, in its settings `robots` and often `base_url`, and
may have `status(settings, state, native_ids)`, which yields (native id, reason or None while it still stands), and
`rate`: how many requests a second its site asks for at most. A user can only be slower than that.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

Role = Literal["color", "line_art", "auto"]
RobotsPolicy = Literal["obey", "documented_api"]


@dataclass(frozen=True)
class Item:
    """One listed picture: its bytes, the path of a file that keeps them, or the address where the crawl fetches them.

    `fingerprint` tells cheaply whether the picture is still the one seen before (a file's size and time, a digest that
    the site names). An item without `data`, `path`, `url` and `reason` is one the crawl knows already under that
    fingerprint. `reason` and `detail` say why there is no picture (deleted, banned), in the words of `Reason`.
    `checksum` is what the site says of the file, as `md5:<hex>`, `sha1:<hex>` or `sha256:<hex>`. `cursor` is the
    source's own text: its listing can go on from there *after* this item.
    """

    native_id: str
    role: Role
    data: bytes | None = None
    path: str | None = None
    url: str | None = None
    fingerprint: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
    detail: str | None = None
    checksum: str | None = None
    cursor: str | None = None


class Web(Protocol):
    """The polite way to the network that a source is given: rates, retries, robots.txt, safe addresses, size limits.

    Every call raises FetchError: it carries the HTTP `status`, and says what, where and what to do. `auth` is sent as
    HTTP Basic, `secret` as more parameters of the query; neither is ever named in a message, log or file.
    """

    def json(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        *,
        auth: tuple[str, str] | None = None,
        secret: Mapping[str, str] | None = None,
    ) -> Any: ...

    def text(
        self,
        url: str,
        params: Mapping[str, Any] | None = None,
        *,
        auth: tuple[str, str] | None = None,
        secret: Mapping[str, str] | None = None,
    ) -> str: ...

    def bytes_of(self, uri: str) -> bytes:
        """A whole file, from the network or from any store that the pipeline reads."""
        ...

    def credentials(self, host: str) -> tuple[str, str] | None:
        """(user, key) from LCPIPE_<SOURCE NAME>_USER and _KEY, or from netrc for the host; None without either."""
        ...

    def variables(self) -> tuple[str, str]:
        """The names of these two variables, to be told to a person."""
        ...


@dataclass(frozen=True)
class SourceState:
    """What a source may lean on.

    The recipe's folder; the fingerprints of what the catalog has, by native id; the network; `cursor`, where an
    unfinished listing goes on (None: from the start); and whether the listing is `incremental`: only what came after
    `newest`, the newest native id of the finished crawl (the largest where ids are numbers, else the last listed).
    """

    folder: Path
    known: Mapping[str, str] = field(default_factory=dict)
    web: Web | None = None
    cursor: str | None = None
    incremental: bool = False
    newest: str | None = None

    def located(self, path: str) -> str:
        """A path of the recipe, which is relative to it, absolute, in the user's home, or a URI."""
        return path if "://" in path else os.path.join(self.folder, os.path.expanduser(path))
