"""A small site on loopback, for every test of the network."""

from collections.abc import Iterator

import pytest
from support.small_site import Site

from lcpipe.pipeline.progress import Reporter


@pytest.fixture
def site() -> Iterator[Site]:
    """A site without pictures; set its `count`."""
    one = Site()
    yield one
    one.close()


@pytest.fixture
def quiet() -> Reporter:
    return Reporter(-1)
