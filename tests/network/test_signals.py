"""Opt-outs in every spelling, and nothing else, are opt-outs."""

from email.message import Message

import pytest

from lcpipe.pipeline.network.signals import Reservation, consent, reservations


def headers(*pairs: tuple[str, str]) -> Message:
    message = Message()
    for name, value in pairs:
        message[name] = value
    return message


OPT_OUTS = [
    ("X-Robots-Tag", "noai"),
    ("X-Robots-Tag", "NoAI, NoImageAI"),
    ("x-robots-tag", " noindex "),
    ("X-Robots-Tag", "nofollow, noml"),
    ("X-Robots-Tag", "none"),
    ("X-Robots-Tag", "lcpipe: noindex"),
    ("X-Robots-Tag", "otherbot: nofollow, lcpipe: noimageindex"),
    ("X-Robots-Tag", "max-image-preview: large, noai"),
    ("TDM-Reservation", "1"),
    ("tdm-reservation", " 1 "),
    ("Content-Usage", "train-ai=n"),
    ("Content-Usage", "search=y, TRAIN-AI = N"),
]
NONE = [
    ("X-Robots-Tag", "all"),
    ("X-Robots-Tag", "nofollow, noarchive"),
    ("X-Robots-Tag", "otherbot: noindex, noai"),
    ("X-Robots-Tag", "unavailable_after: 25 Jun 2030 15:00:00 GMT"),
    ("X-Robots-Tag", ""),
    ("TDM-Reservation", "0"),
    ("TDM-Reservation", "maybe"),
    ("Content-Usage", "train-ai=y"),
    ("Content-Usage", "search=n"),
    ("Content-Type", "noai"),
]


@pytest.mark.parametrize("pair", OPT_OUTS)
def test_opt_outs(pair: tuple[str, str]) -> None:
    found = consent(headers(pair), "/a.png", "lcpipe")
    assert found.opted_out
    assert found.signals


@pytest.mark.parametrize("pair", NONE)
def test_what_is_no_opt_out(pair: tuple[str, str]) -> None:
    assert consent(headers(pair), "/a.png", "lcpipe").decision == "unstated"


def test_every_header_of_a_name_counts_and_is_kept() -> None:
    found = consent(headers(("X-Robots-Tag", "nofollow"), ("X-Robots-Tag", "noai"), ("TDM-Policy", "p")), "/", "lcpipe")
    assert found.signals == ("x-robots-tag: nofollow", "x-robots-tag: noai")
    assert found.opted_out


def test_signals_are_bounded() -> None:
    found = consent(headers(("X-Robots-Tag", ", ".join(["x" * 9000] * 90)), ("TDM-Reservation", "1")), "/", "lcpipe")
    assert len(found.signals) <= 16
    assert max(map(len, found.signals)) <= 200
    assert found.opted_out  # decided on all of them


RULES = [Reservation("/free/*", False), Reservation("/*.png$", True), Reservation("/private", True, "https://p")]


@pytest.mark.parametrize(
    ("path", "opted_out"),
    [("/a.png", True), ("/free/a.png", False), ("/a.png?x=1", False), ("/private/b.jpg", True), ("/b.jpg", False)],
)
def test_the_first_rule_of_a_site_that_covers_a_path_stands(path: str, opted_out: bool) -> None:
    assert consent(headers(), path, "lcpipe", RULES).opted_out is opted_out


def test_a_header_is_nearer_than_the_file_of_the_site() -> None:
    assert not consent(headers(("TDM-Reservation", "0")), "/a.png", "lcpipe", RULES).opted_out


@pytest.mark.parametrize("text", ["", "nothing", "[", "[1, 2]", '{"a": 1}', "null", "[" * 100_000])
def test_what_is_no_list_of_reservations_reserves_nothing(text: str) -> None:
    assert reservations(text) == ()


def test_reservations_are_read_leniently() -> None:
    text = '[{"location": 5, "tdm-reservation": "1"}, {"location": "/a", "tdm-reservation": 0, "tdm-policy": "p"}, 7]'
    assert reservations(text) == (Reservation("/", True), Reservation("/a", False, "p"))
