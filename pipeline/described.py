"""What sources say of a picture, in the catalog's words."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from .catalog import METADATA
from .licenses import normal_license

RATINGS = ("g", "s", "q", "e")
_RATING_NAMES = {"general": "g", "safe": "s", "sensitive": "s", "questionable": "q", "explicit": "e"}


def described(source: str, role: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Source, role and metadata of one row; what is already in the catalog's words stays as it is."""
    given = {name: metadata.get(name) for name in METADATA.names}
    rating = str(given["rating"]).lower() if given["rating"] else None
    given["rating"] = _RATING_NAMES.get(str(rating), rating if rating in RATINGS else None)
    given["license"], given["license_url"] = normal_license(given["license"], given["license_url"])
    given["created_at"] = _time(given["created_at"])
    given["consent"] = _consent(given["consent"])
    return {"source": source, "role": role, **given}


def _consent(given: dict[str, Any] | None) -> dict[str, Any] | None:
    """A decision in the catalog's spelling: `Opted-out` is `opted_out`."""
    if given is None:
        return None
    return given | {"decision": re.sub(r"[\s-]+", "_", given["decision"].strip().lower())}


def _time(text: str | None) -> str | None:
    """ISO text with microseconds in UTC, or None for what is not a time."""
    try:
        time = datetime.fromisoformat(text) if text else None
        if time is None:
            return None
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError):
        return None
