"""The browser itself: it starts, and runs what a page says."""

from pathlib import Path
from typing import Any

import pytest
from support.chromium import find_chromium

pytestmark = pytest.mark.browser


def test_the_browser_runs_scripts(browser: Any) -> None:
    page = browser.new_page()
    page.set_content("<title>drawn</title><script>document.title += ' ' + (6 * 7)</script>")
    assert page.title() == "drawn 42"
    page.close()


def test_a_browser_that_is_named_must_be_one(tmp_path: Path) -> None:
    assert find_chromium({"LCPIPE_TEST_CHROMIUM": str(tmp_path / "nothing")}) is None
    assert find_chromium({"PATH": str(tmp_path)}) is None
    named = tmp_path / "chromium"
    named.write_text("#!/bin/sh\n")
    named.chmod(0o755)
    assert find_chromium({"PATH": str(tmp_path)}) == str(named)
