"""Splits that stick: a family of pictures goes to one split, decided by the salt and its smallest id, or inherited."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from .dataset.reading import open_dataset

SPLITS = ("test", "validation", "train")  # in the order in which a fraction is held against their shares


class Families:
    """Union–find over names: rows, clusters, refs and pair keys that must not be parted."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def find(self, name: str) -> str:
        """The representative of the family that `name` belongs to."""
        path = []
        while (up := self._parent.setdefault(name, name)) != name:
            path.append(name)
            name = up
        for below in path:
            self._parent[below] = name
        return name

    def join(self, a: str, b: str) -> None:
        """Makes the families of `a` and `b` one; its representative is the smaller name."""
        low, high = sorted((self.find(a), self.find(b)))
        self._parent[high] = low


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
    members: Mapping[str, Sequence[str]], salt: str, test: float, validation: float, base: Mapping[str, str]
) -> dict[str, str]:
    """The split of each family, given its members' ids. What `base` says of any member stands, training above all."""
    return {family: _one(ids, salt, test, validation, base) for family, ids in members.items()}


def _one(ids: Sequence[str], salt: str, test: float, validation: float, base: Mapping[str, str]) -> str:
    inherited = {base[identity] for identity in ids if identity in base}
    for split in reversed(SPLITS):
        if split in inherited:
            return split
    return split_of(fraction(salt, min(ids)), test, validation)


def base_splits(uri: str | None) -> dict[str, str]:
    """Split by picture id and by cluster of an earlier dataset; empty without. Raises DatasetError, StorageError.

    Line art that was kept for testing stays there, also when its colour picture has been found since.
    """
    if uri is None:
        return {}
    dataset = open_dataset(uri)
    found: dict[str, str] = {}
    for config, split in (("line_art", "test"), *(("pairs", split) for split in SPLITS)):
        if split in dataset.splits(config):
            table = dataset.table(config, split, ["id", "cluster"])
            found.update(dict.fromkeys(_texts(table.column("id"), table.column("cluster")), split))
    return found


def _texts(*columns: Iterable[object]) -> list[str]:
    return [str(value) for column in columns for value in column]
