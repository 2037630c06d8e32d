"""Who may ask: this machine from the page itself, others with the token; nobody through another site's page."""

from pathlib import Path

import pytest
from support.studio import Client, serving

from lcpipe.model.studio.guard import MAX_BODY_BYTES
from lcpipe.model.studio.serve import Options, is_loopback, prepared
from lcpipe.pipeline.dataset.errors import LcpipeError, UsageError


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1.evil.example:80", "localhost:1", ""])
def test_a_foreign_host_is_refused(studio: Client, host: str) -> None:
    answer = studio.get("/", host=host)
    assert answer.status == 403
    assert "own address" in answer.json["error"]


def test_names_of_this_machine_are_known(studio: Client) -> None:
    port = studio.url.rstrip("/").rpartition(":")[2]
    for name in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", f"LOCALHOST:{port}"):
        assert studio.get("/api/health", host=name).status == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "file://", "http://[::1", "]"]
)
def test_a_foreign_origin_is_refused(studio: Client, origin: str) -> None:
    assert studio.post("/api/exclude", {"ids": ["0" * 64]}, origin=origin).status == 403
    assert studio.get("/api/health", origin=origin).status == 403


def test_the_pages_own_origin_is_welcome(studio: Client) -> None:
    assert studio.get("/api/health", origin=studio.url.rstrip("/")).status == 200


def test_a_form_of_another_site_cannot_post(studio: Client) -> None:
    plain = Client(studio.url, {})
    answer = plain.post("/api/drawings", b"x")
    assert answer.status == 403
    assert "x-lcpipe" in answer.json["hint"]


def test_an_image_of_another_site_is_not_served(studio: Client) -> None:
    assert studio.send("GET", "/api/rows", headers={"sec-fetch-site": "cross-site"}).status == 403
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert studio.send("GET", "/", headers=link).status == 200


def test_no_answer_may_be_read_elsewhere_or_run_foreign_scripts(studio: Client) -> None:
    for path in ("/", "/browse", "/api/about", "/api/nothing", "/static/js/main.js"):
        headers = studio.get(path).headers
        assert "access-control-allow-origin" not in headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


OUTSIDE = (
    "/static/../app.py",
    "/static/%2e%2e/app.py",
    "/static//etc/passwd",
    "/static/js/..%2f..%2f..%2fapp.py",
    "/etc/passwd",
    "/api/drawings/..%2f..%2fetc%2fpasswd",
    "/api/rows/%2e%2e/color",
    "/static/samples",
)


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_reaches_the_file_system(studio: Client, path: str) -> None:
    answer = studio.get(path)
    assert answer.status in (400, 404)
    assert set(answer.json) == {"error", "where", "hint"}


def test_a_body_is_limited_whatever_length_it_claims(studio: Client) -> None:
    huge = studio.send("POST", "/api/drawings", b"x", {"content-length": str(MAX_BODY_BYTES + 1)})
    assert huge.status == 413
    assert studio.get("/api/health").status == 200


def test_elsewhere_only_with_the_token(small_model: Path) -> None:
    with serving(models=(str(small_model),), host="0.0.0.0") as client:  # noqa: S104 what is tested
        token = client.url.rpartition("=")[2]
        assert len(token) >= 24
        assert client.get("/").status == 401
        assert client.get("/?token=wrong").status == 401
        assert client.get("/api/about", cookie="lcpipe_studio=wrong").status == 401
        entered = client.get(f"/?token={token}")
        assert (entered.status, entered.headers["location"]) == (303, "/")
        assert client.get(f"//evil.example/?token={token}").headers["location"] == "/evil.example/"
        cookie = entered.headers["set-cookie"]
        assert "httponly" in cookie.lower()
        assert "samesite=strict" in cookie.lower()
        assert client.get("/api/about", cookie=cookie.partition(";")[0], host="anything:1").status == 200
        assert client.get("/api/about", cookie=cookie.partition(";")[0], origin="http://evil.example").status == 403


def test_addresses_are_told_apart() -> None:
    assert is_loopback("localhost")
    assert is_loopback("::1")
    assert not is_loopback("192.168.1.5")
    with pytest.raises(UsageError, match="no address"):
        is_loopback("example.org")


def test_a_port_that_is_taken_is_named(small_model: Path, studio: Client) -> None:
    port = int(studio.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(LcpipeError, match="cannot listen"), prepared(Options((str(small_model),), port=port)):
        pass
