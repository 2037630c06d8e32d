"""Addresses as text, taken apart by one parser: what is checked is what is asked for."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit

from ..dataset.errors import FetchError
from ..dataset.reasons import Reason

PORTS = {"http": 80, "https": 443}
_ODD = re.compile(r"[\x00-\x20\x7f\\]")  # parsers disagree on where a host ends when these stand in it
_HOST = re.compile(r"[a-z0-9._:-]+")
_USER = re.compile(r"^([^/?#]*//)[^/?#]*@")
_PARAMETER = re.compile(r"(?<=[?&;#])([^=&;#?]+)=([^&;#]+)")
# Parameters that open something to whoever has them, in lower case with _ for -.
_SECRETS = frozenset(
    "access_key access_token api_key api_token apikey auth auth_key auth_token authorization awsaccesskeyid "
    "client_secret googleaccessid id_token jwt key_pair_id pass passwd password password_hash private_token pwd "
    "refresh_token secret session session_id sessionid sig signature token x_amz_credential x_amz_security_token "
    "x_amz_signature x_goog_credential x_goog_signature".split()
)
_KEPT = "%/:=&?~#+!$,;'@()*[]|"


@dataclass(frozen=True)
class Target:
    """One http or https address. `path` starts with a slash and holds the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        """The host as people write it, with its port where that is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address."""
        return f"{self.scheme}://{self.name}{self.path}"


def target(url: str) -> Target:
    """Takes an address apart. Raises FetchError with the reason blocked_address for what is no http(s) address."""
    shown = without_secrets(url)[:200]
    head, mark, rest = url.strip().partition("//")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if not mark or _ODD.search(authority) or "@" in authority:
        raise _refused("not an address that is asked for: only http and https, without a user or odd characters", shown)
    try:
        parts = urlsplit(f"{head}//{rest}")
        host, port = _ascii(parts.hostname or ""), parts.port
    except ValueError as error:
        raise _refused(f"not an address: {error}", shown) from None
    scheme = parts.scheme.lower()
    if scheme not in PORTS or not _HOST.fullmatch(host):
        raise _refused("not an address that is asked for: only http and https to a named host", shown)
    path = quote(parts.path or "/", safe=_KEPT) + (f"?{quote(parts.query, safe=_KEPT)}" if parts.query else "")
    return Target(scheme, host, PORTS[scheme] if port is None else port, path)


def without_user(url: str) -> str:
    """An address without the user and password that stand before its host: they are shown and kept nowhere."""
    return _USER.sub(r"\1", url)


def without_secrets(url: str) -> str:
    """An address as it may be shown and shared: no user and password, and no value of a parameter that is a key."""
    return _PARAMETER.sub(_masked, without_user(url))


def _masked(parameter: re.Match[str]) -> str:
    name = unquote(parameter[1])
    return f"{parameter[1]}=***" if name.lower().replace("-", "_") in _SECRETS else parameter[0]


def redirected(origin: Target, location: str) -> Target:
    """Where a redirect leads. Raises FetchError, also when it would leave https for http."""
    following = target(urljoin(origin.url, location.strip()))
    if origin.scheme == "https" and following.scheme == "http":
        raise _refused("the redirect gives up encryption", without_secrets(following.url)[:200])
    return following


def _ascii(host: str) -> str:
    """A host in lower case, international names in their ASCII spelling. Raises ValueError."""
    plain = host.rstrip(".").lower()
    return plain if plain.isascii() else plain.encode("idna").decode("ascii")


def _refused(what: str, where: str) -> FetchError:
    return FetchError(what, reason=Reason.BLOCKED_ADDRESS, where=where)
