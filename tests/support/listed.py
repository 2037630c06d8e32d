"""A source for tests: pages of a list on a site, and its pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from lcpipe.pipeline.sources._item import Item, SourceState

version = 1
network = True
PAGE = 20


@dataclass(frozen=True)
class Settings:
    """Where the site is."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    base_url: str
    robots: Literal["obey", "documented_api"] = "obey"


def hosts(settings: Settings) -> tuple[str, ...]:
    return (settings.base_url,)


def listing(settings: Settings, state: SourceState) -> Iterator[Item]:
    """From the cursor, or after the newest, to the last picture."""
    assert state.web is not None
    after = int(state.cursor or (state.newest if state.incremental else None) or 0)
    while page := state.web.json(f"{settings.base_url}/list", {"after": after, "limit": PAGE}):
        for row in page:
            after = row["id"]
            yield Item(
                native_id=str(row["id"]),
                role="color",
                url=row.get("url"),
                fingerprint=row.get("fingerprint", "1"),
                reason=row.get("reason"),
                checksum=row.get("checksum"),
                metadata={"license": "CC0-1.0", "source_url": row.get("url"), "artist": f"artist {after}"}
                | row.get("metadata", {}),
                cursor=str(after),
            )
