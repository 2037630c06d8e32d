"""Keys of a source, from the environment or from netrc, and from nowhere else."""

import netrc
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from ..dataset.errors import RecipeError


def variables(source: str) -> tuple[str, str]:
    """The names of the two variables that hold the user and the key of a source."""
    name = re.sub(r"[^A-Z0-9]", "_", source.upper())
    return f"LCPIPE_{name}_USER", f"LCPIPE_{name}_KEY"


def credentials(source: str, host: str, environment: Mapping[str, str] = os.environ) -> tuple[str, str] | None:
    """(user, key) for a source at a host, or at the host of an address; None where neither place has them.

    Raises RecipeError for half of them.
    """
    user, key = (environment.get(name) or None for name in variables(source))
    if user and key:
        return user, key
    if user or key:
        missing = variables(source)[0 if key else 1]
        raise RecipeError(f"{missing} is not set", where=f"[sources.{source}]", hint="set both variables, or neither")
    return _from_netrc(source, (urlsplit(host).hostname or "") if "://" in host else host, environment)


def _from_netrc(source: str, host: str, environment: Mapping[str, str]) -> tuple[str, str] | None:
    file = Path(environment.get("NETRC") or Path(environment.get("HOME", "~")).expanduser() / ".netrc")
    if not file.is_file():
        return None
    try:
        found = netrc.netrc(str(file)).hosts.get(host)
    except netrc.NetrcParseError as error:
        # The parser's own words quote what it did not expect, which may be a key.
        raise RecipeError(
            "netrc cannot be understood", where=f"{file.name} line {error.lineno}", hint="correct that line"
        ) from None
    except (OSError, UnicodeDecodeError):
        raise RecipeError("cannot read netrc", where=str(file.name), hint="check its owner and mode") from None
    return (found[0], found[2]) if found and found[0] and found[2] else None
