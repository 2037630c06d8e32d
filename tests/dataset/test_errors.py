"""Errors say what, where and what to do, on both sides of a process border."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from lcpipe.pipeline.dataset import errors
from lcpipe.pipeline.dataset.errors import FetchError, LcpipeError, PictureError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, LcpipeError)]


def made(kind: type[LcpipeError]) -> LcpipeError:
    extra = {"reason": "truncated"} if kind in (PictureError, FetchError) else {}
    return kind("it broke", where="a.png", hint="mend it", **extra)


def test_one_line_of_three_parts():
    assert str(LcpipeError("it broke", where="a.png", hint="mend it")) == "it broke (a.png): mend it"
    assert str(LcpipeError("it broke")) == "it broke"


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_in_the_tree_that_the_module_draws(kind):
    assert kind.__name__ in errors.__doc__
    assert kind.exit_code == {"UsageError": 2, "ThresholdError": 3}.get(kind.__name__, 1)


def test_errors_cross_process_borders_whole():
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        for kind in KINDS:
            returned = pool.submit(made, kind).result()
            assert (type(returned), str(returned)) == (kind, str(made(kind)))
            assert vars(returned) == vars(made(kind))
