"""What a cache knows of pictures: parts put together, wide values left where they are."""

import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lcpipe.pipeline.dataset.errors import StorageError
from lcpipe.pipeline.measure_asks import ask
from lcpipe.pipeline.measurements import FAILURE, FAILURE_KEY, Known, read_known, rows_of
from lcpipe.pipeline.parts import write_index
from lcpipe.pipeline.wide import wide

ASKS = (ask("grayness"), ask("thumbnail"))
GREY, SMALL = ASKS


def thumb(value: int) -> bytes:
    return bytes([value]) * 3072


def write(root: str, name: str, rows: list[dict[str, Any]]) -> None:
    """A part with just the measures that its rows have."""
    kinds = [(one.key, one.type) for one in ASKS if one.key in rows[0]]
    schema = pa.schema([("id", pa.string()), (FAILURE_KEY, FAILURE), *kinds])
    write_index(root, name, pa.Table.from_pylist([{FAILURE_KEY: None} | row for row in rows], schema=schema))


@pytest.fixture(params=["local", "store"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder of parts: `a` and `b` measured whole, `c` in two parts, `a` twice; `d` could not be decoded."""
    root = str(tmp_path / "parts") if request.param == "local" else f"memory://parts-{uuid.uuid4().hex}"
    grey = [{"grayness": value} for value in (0.1, 0.2, 0.3)]
    write(root, "1", [{"id": "b", GREY.key: grey[1], SMALL.key: {"thumbnail": thumb(2)}}])
    write(root, "2", [{"id": "a", GREY.key: grey[0], SMALL.key: {"thumbnail": thumb(1)}}])
    write(root, "3", [{"id": "c", GREY.key: grey[2]}, {"id": "a", GREY.key: {"grayness": 0.9}}])
    write(root, "4", [{"id": "d", FAILURE_KEY: {"reason": "truncated", "detail": "cut"}, GREY.key: None}])
    return root


def by_id(known: Known) -> dict[str, Any]:
    return dict(zip(known.ids.to_pylist(), known.values["grayness"].to_pylist(), strict=True))


def test_of_each_measure_the_last_value_counts(root: str) -> None:
    known = read_known(root, ASKS)
    values = by_id(known)
    assert values["d"] is None
    assert {name: round(one["grayness"], 3) for name, one in values.items() if one} == {"a": 0.9, "b": 0.2, "c": 0.3}
    table = known.measurements([{"id": "e", "failure": {"reason": "removed", "detail": None}}], 3).table
    failures = dict(zip(table.column("id").to_pylist(), table.column("failure").to_pylist(), strict=True))
    assert {name: one and one["reason"] for name, one in failures.items()} == {
        "a": None, "b": None, "c": None, "d": "truncated", "e": "removed",
    }  # fmt: skip


def test_what_is_lacking_is_told_by_measure_and_what_cannot_be_decoded_is_not(root: str) -> None:
    known = read_known(root, ASKS)
    assert known.lacking(pa.array(["a", "b", "c", "d", "new"])) == {
        ("thumbnail",): ["c"],
        ("grayness", "thumbnail"): ["new"],
    }
    assert known.lacking(pa.array([], pa.string())) == {}


def test_wide_values_are_read_in_any_order(root: str) -> None:
    known = read_known(root, ASKS)
    column = known.measurements((), 0).wide["thumbnail"].reordered(rows_of(pa.array(["c", "b", "a", "x"]), known.ids))
    assert column.has.tolist() == [False, True, True, False]
    assert column[np.array([2, 1, 2])][:, 0].tolist() == [1, 2, 1]
    assert column[np.array([], np.int64)].shape == (0, 3072)


def test_an_empty_cache_knows_nothing(tmp_path: Path) -> None:
    known = read_known(str(tmp_path / "none"), ASKS)
    assert known.lacking(pa.array(["a"])) == {("grayness", "thumbnail"): ["a"]}
    assert len(known.measurements((), 0).table) == 0


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    write(str(tmp_path), "1", [{"id": "a", GREY.key: {"grayness": 0.5}}])
    file = tmp_path / "1.arrow"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(StorageError, match=r"damaged.*1\.arrow"):
        read_known(str(tmp_path), ASKS)


def test_a_column_in_chunks_is_one() -> None:
    kind = pa.binary(100)
    column = wide(pa.chunked_array([pa.array([b"a" * 100, None], kind), pa.array([b"b" * 100], kind)]))
    assert column.has.tolist() == [True, False, True]
    assert column[np.array([2, 0])][:, 0].tolist() == [ord("b"), ord("a")]
