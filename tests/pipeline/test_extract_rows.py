"""`extract-lines` on Parquet files: ours and others', resumable, with names that stay inside the folder."""

from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lcpipe.pipeline.dataset.errors import DatasetError, PictureError
from lcpipe.pipeline.engine import Engine
from lcpipe.pipeline.extract import extract, method, planned
from lcpipe.pipeline.extract_rows import read_row, rows_of
from lcpipe.pipeline.progress import Reporter
from lcpipe.pipeline.report_lines import AUTHENTIC


def png(seed: int) -> bytes:
    picture = np.full((40, 50, 3), 230, np.uint8)
    cv2.circle(picture, (25, 20), 6 + seed % 8, (30, 20, 10 + seed), 2)
    return bytes(cv2.imencode(".png", picture)[1])


def written(path: Path, columns: dict[str, list[object]], group: int = 2) -> Path:
    pq.write_table(pa.table(columns), path, row_group_size=group)
    return path


def test_draws_the_rows_of_a_dataset_and_keeps_what_is_there(tiny_dataset: Path, tmp_path: Path) -> None:
    how = method("xdog", (), "alacgan")
    works = planned([str(tiny_dataset)], str(tmp_path))
    assert all(work.row is not None and work.row.column == "color" for work in works)
    with Engine(1) as engine:
        first = extract([str(tiny_dataset)], str(tmp_path), how, overwrite=False, engine=engine, reporter=Reporter(-1))
        Path(works[0].target).unlink()
        again = extract([str(tiny_dataset)], str(tmp_path), how, overwrite=False, engine=engine, reporter=Reporter(-1))
    assert (first.written, first.failed) == (len(works), ())
    assert (again.written, again.kept) == (1, len(works) - 1)
    assert cv2.imread(works[0].target, cv2.IMREAD_GRAYSCALE).min() < 128
    assert AUTHENTIC not in works[0].target


def test_takes_columns_as_others_write_them(tmp_path: Path) -> None:
    structs = [{"bytes": png(i), "path": f"art/p{i}.png"} for i in range(3)]
    named = written(tmp_path / "a.parquet", {"image": structs})
    plain = written(tmp_path / "b.parquet", {"image": [png(i) for i in range(3)]})
    assert [row.name for row in rows_of(str(named), must=True)] == ["p0", "p1", "p2"]
    assert [row.name for row in rows_of(str(plain), must=True)] == ["000000000", "000000001", "000000002"]
    rows = list(rows_of(str(named), must=True))
    assert [read_row(str(named), row) for row in rows] == [png(0), png(1), png(2)]


def test_names_from_outside_stay_inside(tmp_path: Path) -> None:
    names = ["../../etc/passwd", "/nowhere/../x", "a\x00b", "", "..", "ö" * 500]
    path = written(tmp_path / "a.parquet", {"id": names, "image": [png(i) for i in range(6)]})
    out = tmp_path / "out"
    for work in planned([str(path)], str(out)):
        assert Path(work.target).resolve().is_relative_to(out)
        assert len(Path(work.target).name.encode()) < 256
    assert len(planned([str(path)], str(out))) == 6


def test_rows_without_pictures_are_refused_by_name(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", {"id": ["one", "two"], "image": [{"bytes": None, "path": "x"}, None]})
    for row in rows_of(str(path), must=True):
        with pytest.raises(PictureError, match="no picture"):
            read_row(str(path), row)


def test_files_without_an_image_column_are_passed_over_in_folders_only(tmp_path: Path) -> None:
    path = written(tmp_path / "drops.parquet", {"id": ["one"], "image": ["text"]})
    assert list(rows_of(str(path), must=False)) == []
    with pytest.raises(DatasetError, match="no image column"):
        list(rows_of(str(path), must=True))


def test_a_broken_file_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(DatasetError, match="cannot read the Parquet file"):
        list(rows_of(str(path), must=False))
