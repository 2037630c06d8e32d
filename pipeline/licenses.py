"""Licences in a closed vocabulary: an SPDX id, a Creative Commons address, or `unknown`."""

import re

UNKNOWN = "unknown"

# From most to least restrictive; where refs of one picture disagree, the first in this list stands.
ORDER = (
    UNKNOWN,
    "CC-BY-NC-ND-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-SA-3.0",
    "CC-BY-NC-3.0",
    "CC-BY-ND-4.0",
    "AGPL-3.0-or-later",
    "GPL-3.0-or-later",
    "GPL-2.0-or-later",
    "CC-BY-SA-4.0",
    "CC-BY-SA-3.0",
    "CC-BY-SA-2.0",
    "CC-BY-4.0",
    "CC-BY-3.0",
    "CC-BY-2.0",
    "Apache-2.0",
    "BSD-3-Clause",
    "BSD-2-Clause",
    "MIT",
    "Zlib",
    "CC0-1.0",
)
_BY_NAME = {name.lower(): name for name in ORDER}
_CC_ADDRESS = re.compile(
    r"https?://creativecommons\.org/(?:licenses|publicdomain)/[a-z+-]+/[0-9.]+/?(?:deed\.[a-z-]+)?"
)


def normal_license(name: str | None, url: str | None = None) -> tuple[str, str | None]:
    """(licence, address) in the closed vocabulary; anything that is not exactly a known licence is `unknown`."""
    text = (name or "").strip()
    if text.lower() in _BY_NAME:
        return _BY_NAME[text.lower()], url
    if _CC_ADDRESS.fullmatch(text):
        return text, url or text
    return UNKNOWN, url


def strictest(licenses: list[str]) -> str:
    """The most restrictive of several licences; an address outside the list is taken as stricter than a known one."""
    return min(licenses, key=lambda name: (ORDER.index(name) if name in ORDER else 0.5, name))
