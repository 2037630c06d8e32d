"""Only public addresses are connected to, however they are spelt; other ones by a name in the recipe."""

import pytest

from lcpipe.pipeline.dataset.errors import FetchError
from lcpipe.pipeline.network.addresses import Guard, is_public, resolve
from lcpipe.pipeline.network.targets import redirected, target

FORBIDDEN = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://0/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://10.0.0.1/",
    "http://172.16.5.4/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:a00:1::]/",
    "http://[ff02::1]/",
    "http://[64:ff9b::10.0.0.1]/",
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "http://[fec0::1]/",
    "http://[3fff::1]/",
    "http://[5f00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[::1%25lo]/",
    "http://[fe80::1%25eth0]/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://１２７.0.0.1/",
    "http://127。0。0。1/",
    "http://ⓛocalhost/",
    "http://127%2e0%2e0%2e1/",
    "http://127.0.0.1#@example.org/",
    "http://user@127.0.0.1/",
    "http://example.org\\@127.0.0.1/",
    "http://example.org:80@127.0.0.1/",
    "http://127.0.0.1\t/",
    "http://127.0.0.1:99999/",
    "file:///etc/passwd",
    "ftp://example.org/a.png",
    "gopher://127.0.0.1:70/",
    "data:image/png;base64,AAAA",
    "//127.0.0.1/",
    "http:///a.png",
    "",
]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_an_address_that_is_not_public_is_refused_in_every_spelling(url: str) -> None:
    guard = Guard(plain_http=True)
    with pytest.raises(FetchError) as refused:
        guard.addresses(target(url))
    assert refused.value.reason in ("blocked_address", "connection_failed")
    if "://" in url and refused.value.reason == "connection_failed":
        assert "not known" in refused.value.what  # a system without that family of addresses, or that spelling


def test_a_public_address_is_allowed() -> None:
    guard = Guard(resolver=lambda host, port: ["93.184.216.34", "2606:2800:220:1::1"])
    assert guard.addresses(target("https://example.org/a.png")) == ["93.184.216.34", "2606:2800:220:1::1"]


def test_one_forbidden_address_among_public_ones_is_enough() -> None:
    guard = Guard(resolver=lambda host, port: ["93.184.216.34", "10.0.0.7"])
    with pytest.raises(FetchError, match="10.0.0.7"):
        guard.addresses(target("https://example.org/"))


@pytest.mark.parametrize("name", ["127.0.0.1", "127.0.0.1:8080"])
def test_the_recipe_can_name_a_private_host(name: str) -> None:
    guard = Guard(allowed=frozenset({name}))
    guard.check(target("http://127.0.0.1:8080/"))
    assert guard.addresses(target("http://127.0.0.1:8080/")) == ["127.0.0.1"]


def test_a_named_host_opens_no_other_port_and_no_other_name() -> None:
    guard = Guard(allowed=frozenset({"127.0.0.1:8080"}))
    for url in ("http://127.0.0.1:8081/", "http://localhost:8080/", "http://[::ffff:127.0.0.1]:8080/"):
        with pytest.raises(FetchError):
            guard.addresses(target(url))


def test_plain_http_needs_the_recipe() -> None:
    with pytest.raises(FetchError, match="plain_http"):
        Guard().check(target("http://example.org/"))
    Guard(plain_http=True).check(target("http://example.org/"))
    Guard().check(target("https://example.org/"))


def test_a_redirect_is_taken_apart_like_any_address_and_keeps_encryption() -> None:
    origin = target("https://example.org/a/b.png?x=1")
    assert redirected(origin, "../c.png").url == "https://example.org/c.png"
    assert redirected(origin, "//cdn.example.org/d.png").url == "https://cdn.example.org/d.png"
    for location in ("http://example.org/c.png", "file:///etc/passwd", "https://a@b/"):
        with pytest.raises(FetchError):
            redirected(origin, location)


def test_names_and_paths_are_spelt_in_ascii() -> None:
    assert (
        target("https://bücher.example/ä b.png?q=ü#top").url == "https://xn--bcher-kva.example/%C3%A4%20b.png?q=%C3%BC"
    )
    assert target("HTTPS://Example.ORG:443").url == "https://example.org/"


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "2001:4860:4860::8888"])
def test_public(text: str) -> None:
    assert is_public(text)


@pytest.mark.parametrize("text", ["", "example.org", "fe80::1%eth0", "2606:4700::1111%1", "0.0.0.0", "::ffff:10.1.1.1"])  # noqa: S104
def test_not_public(text: str) -> None:
    assert not is_public(text)


def test_the_system_resolves_numbers_without_a_network() -> None:
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]
