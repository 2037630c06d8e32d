"""Which machines may be connected to: a name is resolved, every address it has is checked, and one of those is used.

A name that is checked and then resolved a second time may lead elsewhere (DNS rebinding), so the socket is opened to
the very address that was checked, for every new connection and after every redirect.
"""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..dataset.errors import FetchError
from ..dataset.reasons import Reason
from .agent import need_contact
from .targets import Target

Resolver = Callable[[str, int], Sequence[str]]
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Ranges that carry an IPv4 address inside, and where in the 128 bits it starts.
_CARRIERS = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 96),
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 96),
    (ipaddress.IPv6Network("::/96"), 96),
    (ipaddress.IPv6Network("64:ff9b::/96"), 96),
    (ipaddress.IPv6Network("64:ff9b:1::/48"), 96),
    (ipaddress.IPv6Network("2002::/16"), 16),
)
# Where public IPv6 is, and what is not: `is_global` of some Pythons knows too little of both.
_UNICAST = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC = (ipaddress.IPv6Network("3fff::/20"), ipaddress.IPv4Network("192.88.99.0/24"))
_TEREDO = ipaddress.IPv6Network("2001::/32")


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host as the system knows them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True)
class Guard:
    """Says where a crawl may connect to. `allowed` are the hosts (`host` or `host:port`) that the recipe names.

    Other hosts are told a contact: without one they are not asked.
    """

    allowed: frozenset[str] = frozenset()
    has_contact: bool = True
    plain_http: bool = False
    resolver: Resolver = resolve

    def allows(self, target: Target) -> bool:
        """True for a host that the recipe names, wherever it lies."""
        return not self.allowed.isdisjoint(
            {target.name, target.host, f"[{target.host}]", f"{target.host}:{target.port}"}
        )

    def check(self, target: Target) -> None:
        """Raises FetchError for a request to a host that the recipe does not name, without TLS or without a contact."""
        if not self.has_contact and not self.allows(target):
            error = need_contact(target.name)
            raise FetchError(error.what, reason=Reason.BLOCKED_ADDRESS, where=error.where, hint=error.hint)
        if target.scheme == "http" and not self.plain_http and not self.allows(target):
            raise FetchError(
                "the address is not encrypted",
                reason=Reason.BLOCKED_ADDRESS,
                where=target.name,
                hint="use https, or set plain_http = true in [crawl]",
            )

    def addresses(self, target: Target) -> list[str]:
        """The addresses that may be connected to for a target. Raises FetchError, also when only one is forbidden."""
        try:
            found = list(self.resolver(target.host, target.port))
        except (OSError, UnicodeError) as error:
            raise FetchError(
                f"the host is not known: {getattr(error, 'strerror', None) or error}",
                reason=Reason.CONNECTION_FAILED,
                where=target.name,
                hint="check its name, and whether this machine reaches the network",
            ) from None
        forbidden = [address for address in found if not is_public(address)]
        if forbidden and not self.allows(target):
            raise FetchError(
                f"the host lies at {forbidden[0]}, which is not a public address",
                reason=Reason.BLOCKED_ADDRESS,
                where=target.name,
                hint=f'if this is meant, set allow_hosts = ["{target.name}"] in [crawl]',
            )
        return found


def is_public(text: str) -> bool:
    """True for an address of the public internet, in whatever way an IPv4 address is wrapped into it."""
    try:
        address: _Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if "%" in text or not _is_plain_public(address):
        return False
    return all(_is_plain_public(inner) for inner in _carried(address))


def _is_plain_public(address: _Address) -> bool:
    if any(address in network for network in _NOT_PUBLIC) or (address.version == 6 and address not in _UNICAST):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    )


def _carried(address: _Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that lie inside an IPv6 address: mapped, translated, 6to4 and Teredo."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    inner = [_bits(address, start) for network, start in _CARRIERS if address in network]
    return [*inner, *(address.teredo or ())] if address in _TEREDO else inner


def _bits(address: ipaddress.IPv6Address, start: int) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address((int(address) >> (96 - start)) & 0xFFFFFFFF)
