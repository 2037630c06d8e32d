"""The one source of randomness: a generator from (seed, record or position, purpose)."""

import hashlib

import numpy as np


def generator(seed: int, key: str | int, purpose: str) -> np.random.Generator:
    """A PCG64 generator that depends on nothing but its arguments.

    `key` is a record id or a position, `purpose` says what the draw is for: two purposes never share a stream.
    """
    digest = hashlib.sha256(f"{seed}/{key}/{purpose}".encode()).hexdigest()
    return np.random.Generator(np.random.PCG64(int(digest, 16)))
