"""The leak check at pack: hand-made selections that leak are refused, and what select makes never is one."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lcpipe.pipeline.dataset.canonical import sha256_hex
from lcpipe.pipeline.dataset.errors import DatasetError
from lcpipe.pipeline.engine import Engine
from lcpipe.pipeline.families import families
from lcpipe.pipeline.leaks import refuse_leaks
from lcpipe.pipeline.pack import pack
from lcpipe.pipeline.progress import Reporter
from lcpipe.pipeline.recipe import Split, parse_recipe
from lcpipe.pipeline.rows import DatasetRow
from lcpipe.pipeline.select import Selection
from lcpipe.pipeline.splits import SPLITS, assign

RECIPE = {"name": "leaky", "sources": {"a": {"kind": "folder", "path": "."}}}


def row(number: int, split: str, config: str = "pairs", **values: Any) -> DatasetRow:
    """A row of its own cluster and family."""
    identity = sha256_hex(str(number).encode())
    own = {"id": identity, "cluster": identity, "parent_id": None, "line_authentic": None}
    return DatasetRow(config, split, own | {"refs": [{"source": "s", "native_id": str(number)}]} | values, {})


def drawing(name: str) -> Mapping[str, str]:
    return {"sha256": "0" * 64, "path": f"{name}.png"}


LEAKS = {
    "cluster": [row(1, "train", cluster="c"), row(2, "test", cluster="c")],
    "cluster across configs": [row(1, "train", cluster="c"), row(2, "test", "line_art", cluster="c")],
    "pair": [row(1, "train", line_authentic=drawing("d")), row(2, "validation", line_authentic=drawing("d"))],
    "parent and child": [row(1, "train"), row(2, "test", parent_id="1")],
    "two children": [row(1, "train", parent_id="9"), row(2, "test", parent_id="9")],
    "parent after child": [row(2, "validation", parent_id="1"), row(1, "train")],
}


@pytest.mark.parametrize("name", LEAKS)
def test_pack_refuses_a_selection_that_leaks_and_writes_nothing(name: str, tmp_path: Path) -> None:
    recipe = parse_recipe(RECIPE, folder=tmp_path, where="recipe.toml")
    found = Selection(pa.table({"id": pa.array([], pa.string())}))
    out = tmp_path / "out"
    with pytest.raises(DatasetError, match="is in two splits"):
        pack(recipe, (), found, LEAKS[name], (), str(out), Engine(1, None), Reporter(-1))
    assert not out.exists()


@pytest.mark.parametrize("name", LEAKS)
def test_the_same_rows_in_one_split_are_no_leak(name: str) -> None:
    refuse_leaks([replace(one, split="test") for one in LEAKS[name]])


@given(st.integers(0, 10**6), st.integers(2, 40))
@settings(deadline=None, max_examples=60)
def test_no_random_clusters_pairs_or_families_leak_and_moving_a_member_always_does(seed: int, count: int) -> None:
    rng = np.random.Generator(np.random.PCG64(seed))
    cluster = np.arange(count)
    members = np.flatnonzero(rng.random(count) < 0.5)
    cluster[members] = members[rng.integers(0, len(members), len(members))] if len(members) else members
    cluster = np.minimum(cluster, cluster[cluster])
    drawn = rng.integers(0, 3 * count, count)  # of which picture's drawing a picture has, if of one
    pairs = [(one, int(drawn[one])) for one in range(count) if drawn[one] < count]
    parent = [str(one) if one < count else None for one in rng.integers(0, 3 * count, count)]
    table = pa.table(
        {
            "refs": pa.array([[{"source": "s", "native_id": str(one)}] for one in range(count)]),
            "parent_id": pa.array(parent, pa.string()),
            "pair_key": pa.nulls(count, pa.string()),
        }
    )
    family = families(table, cluster, pairs)
    heads = sorted(set(family.tolist()))
    names = [sha256_hex(str(head).encode()) for head in heads]
    shares = Split(test=0.3, validation=0.3)
    chosen = dict(zip(heads, assign(names, [None] * len(heads), [False] * len(heads), str(seed), shares), strict=True))
    rows = [
        row(
            one,
            chosen[int(family[one])],
            cluster=f"c{cluster[one]}",
            parent_id=parent[one],
            line_authentic=drawing(str(drawn[one])) if drawn[one] < count else None,
        )
        for one in range(count)
    ]
    refuse_leaks(rows)
    twins = [one for one in range(count) if np.count_nonzero(cluster == cluster[one]) > 1]
    for one in twins[:3]:
        other = next(split for split in SPLITS if split != rows[one].split)
        with pytest.raises(DatasetError):
            refuse_leaks([replace(rows[one], split=other), *(rows[:one] + rows[one + 1 :])])
