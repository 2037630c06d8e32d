"""A packed dataset to look through: which rows there are, in memory; their pictures, read when they are asked for."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import cv2
import pyarrow as pa
import pyarrow.compute as pc

from lcpipe.pipeline.dataset.decode import decode
from lcpipe.pipeline.dataset.reading import Dataset, RowGroup, open_dataset, open_parquet, read_row_group
from lcpipe.pipeline.dataset.schema import MAIN_PICTURE

from .answers import AnswerError

DESCRIBING = (
    "id", "width", "height", "cluster", "rating", "tags_general", "tags_character", "tags_copyright", "tags_artist",
    "score", "license", "artist", "page_url", "pair_score", "refs",
)  # fmt: skip
TAGS = ("tags_general", "tags_character", "tags_copyright", "tags_artist")
MOST_TAGS = 300
THUMBNAIL_PX = (160, 320, 640)
KEPT_GROUPS = 4
MAGIC = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


@dataclass(frozen=True)
class Place:
    """Where a row's pictures are."""

    config: str
    split: str
    group: RowGroup
    at: int


@dataclass
class Shelves:
    """An opened dataset; safe to use from several threads."""

    dataset: Dataset
    _groups: OrderedDict[tuple[str, int, str], pa.Array] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """What is known of every row besides its pictures, in the order of the dataset."""
        return [
            row
            for config in self.dataset.configs
            for split in self.dataset.splits(config)
            for row in self._read(config, split)
        ]

    @cached_property
    def places(self) -> dict[str, Place]:
        """Where each row's pictures are, by id."""
        return {row["id"]: row["place"] for row in self.rows}

    @cached_property
    def drops(self) -> list[dict[str, Any]]:
        """What was dropped, in the order of the dataset."""
        return self.dataset.drops().to_pylist()  # type: ignore[no-any-return]

    def picture_columns(self, config: str) -> list[str]:
        """The pictures that rows of a config may have, the main one first."""
        if config != "pairs":
            return [MAIN_PICTURE[config]]
        return ["color", *(f"line_{name}" for name in self.dataset.line_columns), "line_authentic"]

    def facts(self) -> dict[str, Any]:
        """What the page's head and its choices need."""
        rows = self.rows
        tags = Counter(tag for row in rows for name in TAGS for tag in row.get(name) or ())
        return {
            "name": self.dataset.name,
            "version": self.dataset.version,
            "digest": self.dataset.digest,
            "counts": self.dataset.manifest["counts"],
            "splits": sorted({(row["config"], row["split"]) for row in rows}),
            "licenses": dict(Counter(row["license"] for row in rows).most_common()),
            "methods": [column.removeprefix("line_") for column in self.picture_columns("pairs")[1:]],
            "tags": dict(tags.most_common(MOST_TAGS)),
            "drops": len(self.drops),
        }

    def row(self, id: str) -> dict[str, Any]:
        """Everything about a row besides its pictures. Raises AnswerError (404)."""
        place = self._place(id)
        row = read_row_group(place.group).slice(place.at, 1).to_pylist()[0]
        pictures = self.picture_columns(place.config)
        found = [column for column in pictures if row.get(column) is not None]
        plain = {key: value for key, value in row.items() if key not in pictures and not isinstance(value, bytes)}
        created = plain.pop("created_at", None)
        return {
            **plain,
            "created_at": created and created.isoformat(),
            "config": place.config,
            "split": place.split,
            "pictures": found,
        }

    def picture(self, id: str, column: str, side_px: int = 0) -> tuple[bytes, str]:
        """A row's picture as stored, or a JPEG of at most `side_px`, with its type. Raises AnswerError (404)."""
        place = self._place(id)
        if column not in self.picture_columns(place.config):
            raise AnswerError(404, f"rows of {place.config} have no picture {column[:60]!r}", hint="choose another")
        cell = self._column(place.group, column)[place.at].as_py()
        if cell is None or cell["bytes"] is None:
            raise AnswerError(404, f"this row has no {column}", where=id[:12], hint="choose another method")
        data: bytes = cell["bytes"]
        return (_thumbnail(data, side_px), "image/jpeg") if side_px else (data, media_type(data))

    def clusters(self) -> list[dict[str, Any]]:
        """Near-duplicates by cluster: rows that are kept and the drops that they stand for; large ones first."""
        members: dict[str, dict[str, Any]] = {}
        cluster_of = {row["id"]: row["cluster"] for row in self.rows if row["config"] == "pairs"}
        for id, cluster in cluster_of.items():
            members.setdefault(cluster, {"cluster": cluster, "kept": [], "dropped": []})["kept"].append(id)
        for drop in self.drops:
            if drop["kept_id"] in cluster_of:
                members[cluster_of[drop["kept_id"]]]["dropped"].append(_short_drop(drop))
        several = [one for one in members.values() if len(one["kept"]) + len(one["dropped"]) > 1]
        return sorted(several, key=lambda one: (-len(one["kept"]) - len(one["dropped"]), one["cluster"]))

    def _place(self, id: str) -> Place:
        if id not in self.places:
            raise AnswerError(404, "no row has this id", where=id[:12], hint="search for it again")
        return self.places[id]

    def _read(self, config: str, split: str) -> list[dict[str, Any]]:
        """The rows of a split, one row group after the other; which pictures are there is read without them."""
        found = []
        for group in self.dataset.row_groups(config, split):
            schema = self.dataset.schema(config)
            names = [name for name in DESCRIBING if schema is not None and name in schema.names]
            there = {column: self._filled(group, column) for column in self.picture_columns(config)}
            for at, row in enumerate(read_row_group(group, names).to_pylist()):
                pictures = [column for column, filled in there.items() if filled[at]]
                found.append(
                    {
                        **row,
                        "config": config,
                        "split": split,
                        "pictures": pictures,
                        "place": Place(config, split, group, at),
                    }
                )
        return found

    def _filled(self, group: RowGroup, column: str) -> list[bool]:
        """Which rows of a group have a picture; only their names are read, not their bytes."""
        with open_parquet(group.uri) as file:
            cells = file.read_row_group(group.index, columns=[f"{column}.path"]).column(column)
        return pc.is_valid(pc.struct_field(cells, "path")).to_pylist()  # type: ignore[no-any-return]

    def _column(self, group: RowGroup, column: str) -> pa.ChunkedArray:
        """A column of a row group; the last few are kept, since neighbours are looked at together."""
        key = group.uri, group.index, column
        with self._lock:
            if key in self._groups:
                self._groups.move_to_end(key)
                return self._groups[key]
        values = read_row_group(group, [column]).column(column)
        with self._lock:
            self._groups[key] = values
            while len(self._groups) > KEPT_GROUPS:
                self._groups.popitem(last=False)
        return values


def open_shelves(uri: str) -> Shelves:
    """Opens a dataset for looking through. Raises DatasetError."""
    return Shelves(open_dataset(uri))


def media_type(data: bytes) -> str:
    """The type of an encoded picture by its first bytes."""
    return next((kind for magic, kind in MAGIC.items() if data.startswith(magic)), "application/octet-stream")


def _thumbnail(data: bytes, side_px: int) -> bytes:
    pixels = decode(data).pixels
    height, width = pixels.shape[:2]
    scale = min(1.0, side_px / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()


def _short_drop(drop: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": drop["id"], "refs": [_ref(ref) for ref in drop["refs"]], "detail": drop["detail"]}


def _ref(ref: Mapping[str, Any]) -> str:
    return f"{ref['source']}:{ref['native_id']}"
