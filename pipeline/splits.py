"""Splits that stick: a family of pictures goes to one split, decided by the salt and its smallest id, or inherited."""

import hashlib
from collections.abc import Iterable, Sequence

from .dataset.reading import open_dataset
from .proposals import proposals
from .recipe import Split

SPLITS = ("test", "validation", "train")  # in the order in which a fraction is held against their shares


def fraction(salt: str, smallest_id: str) -> float:
    """Where a family falls in [0, 1)."""
    digest = hashlib.sha256(f"{salt}/{smallest_id}".encode()).hexdigest()
    return int(digest[:13], 16) / 16**13


def split_of(position: float, test: float, validation: float) -> str:
    """The split at a position in [0, 1): test first, then validation, the rest is for training."""
    if position < test:
        return "test"
    return "validation" if position < test + validation else "train"


def assign(
    smallest: Sequence[str], inherited: Sequence[str | None], authentic: Sequence[bool], salt: str, shares: Split
) -> list[str]:
    """The split of each family: what is inherited stands; else its smallest id decides, as a fraction of 1.

    Families with authentic line art are held against a larger share of testing, where any is asked for: it is what a
    model is to be tested on. The share is a constant, so that growth moves nothing.
    """
    larger = max(shares.test, shares.authentic_test) if shares.test else 0.0
    return [
        base or split_of(fraction(salt, identity), larger if drawn else shares.test, shares.validation)
        for identity, base, drawn in zip(smallest, inherited, authentic, strict=True)
    ]


def base_splits(uri: str | None) -> dict[str, str]:
    """Split by picture id and by cluster of an earlier dataset; empty without. Raises DatasetError, StorageError.

    Drawings that became partners, and what was dropped as a near-duplicate, are in the split of what was kept: it may
    be gone by now, and they would show a test what the training saw. Line art that was kept for testing stays there,
    also when its colour picture has been found since.
    """
    if uri is None:
        return {}
    dataset = open_dataset(uri)
    found: dict[str, str] = {}
    for config, split in (("line_art", "test"), *(("pairs", split) for split in SPLITS)):
        if split in dataset.splits(config):
            table = dataset.table(config, split, ["id", "cluster"])
            found.update(dict.fromkeys(_texts(table.column("id"), table.column("cluster")), split))
    drawn = ((row["line_art"], row["color"]) for row in proposals(dataset) if row["state"] != "refused")
    _follow(found, drawn)
    drops = dataset.drops()
    _follow(found, zip(*(drops.column(name).to_pylist() for name in ("id", "kept_id")), strict=True))
    return found


def _follow(found: dict[str, str], bonds: Iterable[tuple[str, str | None]]) -> None:
    """Adds to the splits `found` what has none of its own, as (id, whom it follows)."""
    for identity, leader in bonds:
        if leader in found:
            found.setdefault(identity, found[leader])


def _texts(*columns: Iterable[object]) -> list[str]:
    return [str(value) for column in columns for value in column]
