"""Opt-outs that sites send with a picture, and the one decision that is made of them and stored with it.

Read are `X-Robots-Tag`, the TDM Reservation Protocol (header and `/.well-known/tdmrep.json`) and the `Content-Usage`
header of the IETF's AI preferences draft. Every signal that was found is kept, also those that decide nothing.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

OPTED_OUT, UNSTATED = "opted_out", "unstated"
OPT_OUT_DIRECTIVES = frozenset({"noai", "noimageai", "noml", "noindex", "noimageindex", "none"})
USES = ("train-ai", "train-genai", "ai", "bots", "tdm")  # of `Content-Usage`: what a data set for training is
KEPT_SIGNALS = 16
_WITH_VALUE = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
_AGENT = re.compile(r"\s*([\w.*-]+)\s*:\s*(.*)", re.DOTALL)


class Headers(Protocol):
    """Headers of an answer; a name may stand several times."""

    def get_all(self, name: str) -> list[str] | None: ...


@dataclass(frozen=True)
class Consent:
    """The decision, and the signals it rests on, as `signal: value`."""

    decision: str = UNSTATED
    signals: tuple[str, ...] = ()

    @property
    def opted_out(self) -> bool:
        """True when the picture must not be used."""
        return self.decision == OPTED_OUT


@dataclass(frozen=True)
class Reservation:
    """One rule of a `tdmrep.json`: which paths, whether text and data mining is reserved, and the policy's address."""

    location: str
    reserved: bool
    policy: str | None = None


def consent(headers: Headers, path: str, agent: str, reservations: Sequence[Reservation] = ()) -> Consent:
    """The decision on one picture from the headers of its answer and the rules of its site.

    `agent` is our product token: a directive that names another one is kept, and decides nothing.
    """
    found = [*_robots_tags(headers, agent), *_tdm(headers, path, reservations), *_content_usage(headers)]
    decision = OPTED_OUT if any(decides for _, decides in found) else UNSTATED
    return Consent(decision, tuple(text[:200] for text, _ in found[:KEPT_SIGNALS]))


def _robots_tags(headers: Headers, agent: str) -> Iterable[tuple[str, bool]]:
    for value in headers.get_all("X-Robots-Tag") or ():
        named = "*"
        for part in value.split(","):
            match = _AGENT.fullmatch(part)
            if match and match[1].lower() not in _WITH_VALUE:
                named, part = match[1].lower(), match[2]
            directive = part.strip().lower()
            if directive:
                prefix = "" if named == "*" else f"{named}: "
                yield f"x-robots-tag: {prefix}{directive}", named in ("*", agent) and directive in OPT_OUT_DIRECTIVES


def _tdm(headers: Headers, path: str, reservations: Sequence[Reservation]) -> Iterable[tuple[str, bool]]:
    stated = [value.strip() for value in headers.get_all("TDM-Reservation") or ()]
    policies = [f"; policy {value.strip()}" for value in headers.get_all("TDM-Policy") or ()]
    for value in stated:
        yield f"tdm-reservation: {value}{''.join(policies)}", value == "1"
    if stated:
        return  # the header is nearer to the picture than the site's file
    rule = next((one for one in reservations if _covers(one.location, path)), None)
    if rule is not None:
        policy = f"; policy {rule.policy}" if rule.policy else ""
        yield f"tdmrep.json: {rule.location} {int(rule.reserved)}{policy}", rule.reserved


def _content_usage(headers: Headers) -> Iterable[tuple[str, bool]]:
    for value in headers.get_all("Content-Usage") or ():
        for part in value.split(","):
            use, _, answer = (text.strip().lower() for text in part.partition("="))
            if use:
                yield f"content-usage: {use}={answer}", use in USES and answer.partition(";")[0].strip() == "n"


def reservations(text: str) -> tuple[Reservation, ...]:
    """The rules of a `tdmrep.json`, the first that covers a path stands; none from what is not one."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    rules = value if isinstance(value, list) else [value]
    return tuple(_reservation(rule) for rule in rules[:1000] if isinstance(rule, dict) and "tdm-reservation" in rule)


def _reservation(rule: dict[str, Any]) -> Reservation:
    location, policy = rule.get("location"), rule.get("tdm-policy")
    return Reservation(
        location if isinstance(location, str) else "/",
        str(rule["tdm-reservation"]).strip() == "1",
        policy[:200] if isinstance(policy, str) else None,
    )


def _covers(location: str, path: str) -> bool:
    """Patterns are those of robots.txt: a prefix, `*` for anything, `$` for the end."""
    ends = location.endswith("$")
    pieces = (location[:-1] if ends else location).split("*")
    at = 0
    for number, piece in enumerate(pieces):
        found = path.find(piece, at) if number else (0 if path.startswith(piece) else -1)
        if found < 0:
            return False
        at = found + len(piece)
    return not ends or path.endswith(pieces[-1]) and (at == len(path) or len(pieces) > 1)
