"""A studio for the browser to open, and pages that fail their test when a script of theirs fails."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.pages import PATIENCE_S, Paint
from support.small_model import make_small_model
from support.studio import Client, serving


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("models")
    return make_small_model(folder / "first.safetensors"), make_small_model(folder / "second.safetensors", seed=1)


@pytest.fixture(scope="module")
def studio(models: tuple[Path, Path], tiny_dataset: Path) -> Iterator[Client]:
    with serving(models=tuple(map(str, models)), dataset=str(tiny_dataset)) as client:
        yield client


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> Path:
    """Where this test's screenshots go, to be looked at: artefacts/studio/<test>."""
    folder = Path(request.config.rootpath) / "artefacts" / "studio"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def open_page(browser: Any, studio: Client) -> Iterator[Any]:
    """Opens pages in a fresh profile: `open_page(path, **context)`."""
    contexts: list[Any] = []
    problems: list[str] = []

    def opened(path: str = "/", **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(PATIENCE_S * 1000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if _bad(said) else None)
        page.on("request", lambda asked: problems.append(asked.url) if _foreign(asked.url, studio.url) else None)
        page.goto(studio.url.rstrip("/") + path)
        page.wait_for_selector("body[data-ready]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def paint(open_page: Any) -> Paint:
    """The page to paint on with a sample drawing open and painted."""
    page = Paint(open_page())
    page.open_sample()
    return page


def _bad(said: Any) -> bool:
    """Errors of scripts and of the security policy; a refused request is also logged, and is no error of the page."""
    return said.type == "error" and not re.match(r"Failed to load resource", said.text)


def _foreign(url: str, home: str) -> bool:
    return not url.startswith((home, "blob:", "data:"))
