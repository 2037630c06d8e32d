"""Over TLS the certificate and the name in it are checked, although the socket is opened to an address."""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.certificates import Authority
from support.small_site import Site, answer, picture

from lcpipe.pipeline.catalog import read_listing
from lcpipe.pipeline.crawl import roots
from lcpipe.pipeline.recipe import read_recipe
from lcpipe.pipeline.toml_text import toml_text


class SecureSite(Site):
    """The small site behind TLS; `asked_names` are the host names that clients sent along (SNI)."""

    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self.asked_names: set[str | None] = set()
        context = authority.server_context("localhost")
        context.sni_callback = lambda sock, name, context: self.asked_names.add(name)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "trusted")


@pytest.fixture
def secure(authority: Authority) -> Iterator[SecureSite]:
    one = SecureSite(authority)
    yield one
    one.close()


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[SecureSite]:
    one = SecureSite(Authority(tmp_path, "unknown"))
    yield one
    one.close()


def test_names_certificates_and_redirects_are_checked(
    tmp_path: Path, authority: Authority, secure: SecureSite, stranger: SecureSite, site: Site
) -> None:
    here = f"https://localhost:{secure.port}"
    secure.acts["/down"] = lambda h, n: answer(h, 302, location=f"http://localhost:{site.server.server_port}/p/1.png")
    secure.acts["/on"] = lambda h, n: answer(h, 302, location=f"{here}/p/2.png")
    urls = {
        "well": f"{here}/p/1.png",
        "on": f"{here}/on",
        "down": f"{here}/down",
        "wrong name": f"https://127.0.0.1:{secure.port}/p/3.png",
        "unknown authority": f"https://localhost:{stranger.port}/p/4.png",
    }
    rows = crawled(tmp_path, urls, authority)
    assert {name: row["reason"] for name, row in rows.items()} == {
        "well": None, "on": None, "down": "blocked_address", "wrong name": "connection_failed",
        "unknown authority": "connection_failed",
    }  # fmt: skip
    assert rows["well"]["bytes"] == len(picture(1))
    assert rows["on"]["bytes"] == len(picture(2))
    assert "gives up encryption" in rows["down"]["detail"]
    assert "127.0.0.1" in rows["wrong name"]["detail"]
    assert "certificate" in rows["wrong name"]["detail"]
    assert "certificate" in rows["unknown authority"]["detail"]
    assert secure.asked_names == {"localhost", None}  # None: an address is no name to be sent
    assert not site.log
    assert not stranger.log
    assert not secure.asked("/p/3")


def crawled(folder: Path, urls: dict[str, str], authority: Authority) -> dict[str, dict[str, str]]:
    """The rows of a crawl by a process that trusts one authority more than the system does."""
    (folder / "list.csv").write_text("id,url\n" + "".join(f"{name},{url}\n" for name, url in urls.items()))
    table = {
        "name": "tls",
        "sources": {"list": {"kind": "urls", "path": "list.csv", "id_column": "id"}},
        "crawl": {
            "allow_hosts": sorted({url.split("/")[2] for url in urls.values()}), "requests_per_second": 1000.0,
            "attempts": 1, "backoff_s": 0.01, "max_failed": 1.0,
        },
    }  # fmt: skip
    (folder / "recipe.toml").write_text(toml_text(table))
    trusting = {**os.environ, ssl.get_default_verify_paths().openssl_cafile_env: str(authority.file)}
    call = [sys.executable, "-m", "lcpipe.pipeline", "-q", "crawl", "recipe.toml", "--cache", "cache"]
    subprocess.run(call, cwd=folder, check=True, env=trusting, stdout=subprocess.DEVNULL)
    ((_, root),) = roots(read_recipe(folder / "recipe.toml"), str(folder / "cache"))
    return {row["native_id"]: row for row in read_listing(root).to_pylist()}
