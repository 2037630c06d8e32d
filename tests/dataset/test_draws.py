"""Draws depend on seed, key and purpose, and on nothing else."""

import itertools

from lcpipe.pipeline.dataset.draws import generator


def test_draws_are_fixed_for_ever():
    assert generator(2333, "a", "sigma").integers(0, 1000, 4).tolist() == [933, 404, 325, 50]


def test_every_argument_counts():
    streams = [generator(s, k, p).bytes(16) for s, k, p in itertools.product((0, 1), ("a", "b", 1), ("x", "y"))]
    assert len(set(streams)) == len(streams)
    assert generator(0, 1, "x").bytes(16) == generator(0, "1", "x").bytes(16)


def test_generators_do_not_share_a_state():
    first = generator(0, "a", "x")
    first.random(100)
    assert generator(0, "a", "x").random() != first.random()
