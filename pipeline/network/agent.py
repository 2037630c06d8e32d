"""Who we say we are: an honest user agent with the operator's contact."""

import re
from importlib.metadata import PackageNotFoundError, version

from ..dataset.errors import RecipeError

BROWSERS = re.compile(r"mozilla|applewebkit|chrome/|safari/|firefox/|gecko|googlebot|bingbot", re.IGNORECASE)
_PRINTABLE = re.compile(r"[\x20-\x7e]{3,200}")
_EXAMPLES = {"contact": '"team@example.org"', "user_agent": '"shrine-bot/1.0 (by your name at that site)"'}
_PRODUCT = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def user_agent(contact: str | None, name: str | None = None) -> str:
    """What is sent as `User-Agent`. Raises RecipeError for one that cannot be sent, or that poses as a browser."""
    own = f"lcpipe/{_version()}"
    for key, text in (("contact", contact), ("user_agent", name)):
        if text is not None and not _PRINTABLE.fullmatch(text):
            raise RecipeError("use 3 to 200 plain characters", where=f"[crawl] {key}", hint=f"write {_EXAMPLES[key]}")
    if name is not None and (BROWSERS.search(name) or not _PRODUCT.match(name)):
        raise RecipeError(
            f"'{name}' poses as somebody else",
            where="[crawl] user_agent",
            hint=f"name your crawler, as in {_EXAMPLES['user_agent']}",
        )
    return " ".join(part for part in (name, own, f"(+{contact})" if contact else "") if part)


def product(agent: str) -> str:
    """The token by which robots.txt and headers may name us, in lower case."""
    match = _PRODUCT.match(agent)
    return match[0].split("/")[0].lower() if match else "lcpipe"


def need_contact(hosts: str) -> RecipeError:
    """What is said when hosts that are not the recipe's own would be asked, or any against robots.txt, unnamed."""
    return RecipeError(
        f"this crawl needs a contact: {hosts} would not know whom to ask",
        where="[crawl] contact",
        hint='add contact = "you@example.org" under [crawl]; it is sent to every host',
    )


def _version() -> str:
    try:
        return version("lcpipe")
    except PackageNotFoundError:
        return "0"
