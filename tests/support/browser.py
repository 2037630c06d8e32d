"""A real Chromium for tests, driven by Playwright; tests are skipped with the reason where none can be had."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from support.chromium import MISSING, find_chromium
from support.pages import PATIENCE_S

# A page must look the same on every machine: no colour profile of a screen, no smooth scrolling that ends some time.
_ARGUMENTS = ("--force-color-profile=srgb", "--disable-smooth-scrolling", "--hide-scrollbars")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A running browser, as Playwright's `Browser`; every test opens its own context or page in it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install 'lcpipe[dev]'")
    executable = find_chromium()
    if executable is None:
        pytest.skip(MISSING)
    # Chromium refuses to start its sandbox as root, which is what containers run as.
    sandbox = () if hasattr(os, "geteuid") and os.geteuid() != 0 else ("--no-sandbox",)
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(
            executable_path=executable, args=[*_ARGUMENTS, *sandbox], timeout=PATIENCE_S * 1000
        )
        yield launched
        launched.close()
