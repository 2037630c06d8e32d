"""Streaming: the pixels of `decode`, in the order of the shards, whatever the number of threads."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.tiny_dataset import draw_picture, make_tiny_dataset

from lcpipe.pipeline.dataset import stored
from lcpipe.pipeline.dataset.decode import Limits, decode, decode_line
from lcpipe.pipeline.dataset.encode import encode_color, encode_line
from lcpipe.pipeline.dataset.errors import DatasetError, PictureError
from lcpipe.pipeline.dataset.reading import Dataset, open_dataset
from lcpipe.pipeline.dataset.streaming import decoded_rows


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    root = tmp_path_factory.mktemp("stream") / "d"
    return open_dataset(str(make_tiny_dataset(root, lines=("a", "b"), splits={"train": 23, "test": 2})))


@pytest.mark.parametrize("threads", [1, 3, None])
def test_rows_are_those_of_decode_in_their_order(dataset: Dataset, threads: int | None):
    encoded = list(dataset.rows(columns=["id", "color", "line_a", "line_authentic"]))
    rows = list(decoded_rows(dataset, columns=["id", "color", "line_a", "line_authentic"], threads=threads))
    assert [row["id"] for row in rows] == [row["id"] for row in encoded]
    for row, raw in zip(rows, encoded, strict=True):
        np.testing.assert_array_equal(row["color"], decode(raw["color"]["bytes"]).pixels)
        np.testing.assert_array_equal(row["line_a"], decode_line(raw["line_a"]["bytes"]))
        assert (row["line_authentic"] is None) == (raw["line_authentic"] is None)


def test_columns_keep_their_order_and_pictures_alone_will_do(dataset: Dataset):
    rows = decoded_rows(dataset, columns=["line_b", "width", "color"])
    assert isinstance(rows, Iterator)
    assert set(next(rows)) == {"line_b", "width", "color"}
    assert len(list(decoded_rows(dataset, columns=["color"]))) == 23
    assert len(list(decoded_rows(dataset, columns=["id"]))) == 23
    assert list(decoded_rows(dataset, split="nothing")) == []


def test_one_may_stop_in_the_middle(dataset: Dataset):
    rows = decoded_rows(dataset, columns=["color"], threads=2)
    next(rows)
    rows.close()


@pytest.mark.parametrize("quality", [75, 95, 100])
def test_fast_decoding_gives_the_pixels_of_decode(quality: int):
    for seed in range(3):
        color, line = draw_picture(seed, "stored", 96 + 16 * seed)
        data, drawn = encode_color(color, quality=quality)[0], encode_line(line)
        assert stored._is_plain_jpeg(data, Limits())
        assert stored._is_plain_png(drawn, Limits())
        np.testing.assert_array_equal(stored.stored_color(data), decode(data).pixels)
        np.testing.assert_array_equal(stored.stored_line(drawn), decode_line(drawn))


def test_pictures_of_others_take_the_general_way():
    color, line = draw_picture(1, "stored", 64)
    lossless, _ = encode_color(color, "webp")
    np.testing.assert_array_equal(stored.stored_color(lossless), color)
    gray = cv2.imencode(".jpg", line)[1].tobytes()
    np.testing.assert_array_equal(stored.stored_color(gray), decode(gray).pixels)
    plain = encode_color(color)[0]
    turned = plain[:2] + _exif(orientation=6) + plain[2:]
    np.testing.assert_array_equal(stored.stored_color(turned), decode(turned).pixels)
    deep = cv2.imencode(".png", line.astype(np.uint16) * 257)[1].tobytes()
    np.testing.assert_array_equal(stored.stored_line(deep), line)


def test_damaged_and_oversized_pictures_are_refused():
    color, line = draw_picture(1, "stored", 64)
    for read, data in ((stored.stored_color, encode_color(color)[0]), (stored.stored_line, encode_line(line))):
        for broken in (b"", b"nonsense", data[: len(data) // 2]):
            with pytest.raises(PictureError):
                read(broken)
        with pytest.raises(PictureError, match="more than the limit"):
            read(data, Limits(max_pixels=100))
        with pytest.raises(PictureError, match="more than the limit"):
            read(data, Limits(max_bytes=100))


def test_a_picture_that_cannot_be_decoded_names_its_row(tmp_path: Path):
    from support.tiny_dataset import PARAMS

    from lcpipe.pipeline.dataset.schema import pairs_schema
    from lcpipe.pipeline.dataset.shards import write_shard

    row = next(open_dataset(str(make_tiny_dataset(tmp_path / "d"))).rows())
    row["color"] = {"bytes": b"\xff\xd8 no picture", "path": "x.jpg"}
    place = {"config": "pairs", "split": "train", "number": 0, "of": 1}
    facts = write_shard(str(tmp_path / "x.parquet"), pairs_schema({"xdog_03": PARAMS}), [row], **place)
    draft = Dataset(str(tmp_path), {"files": [{"path": "x.parquet", "rows": facts.rows, **place}]})
    with pytest.raises(DatasetError, match=rf"color of a row cannot be decoded.*{row['id'][:12]}"):
        list(decoded_rows(draft, columns=["id", "color"]))


def _exif(orientation: int) -> bytes:
    block = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01" + bytes([0, orientation])
    block += b"\x00\x00\x00\x00\x00\x00"
    return b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block
