"""Select: table arithmetic on what was measured; decodes nothing. Every picture gets a verdict and all its reasons."""

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import near_duplicates
from .dataset.errors import LcpipeError, RecipeError
from .dataset.reasons import Reason
from .measure import Measurements
from .pairs import explicit_pairs
from .recipe import ExcludeLists, Recipe
from .settings import parse
from .splits import Families, assign, base_splits

KEPT, PAIRED, DROPPED = "kept", "paired", "dropped"
LINE_ART_THRESHOLD = 0.5
LOSSLESS = ("png", "webp", "bmp", "tiff")


@dataclass(frozen=True)
class Selection:
    """One row per picture found, ordered by id.

    Columns: those of `pictures.PICTURES`, `width`, `height`, `phash`, and `verdict` (kept, paired or dropped), `stage`,
    `reasons` (all of them), `kept_id` (for which picture a near-duplicate was dropped), `config` (`pairs` or
    `line_art`), `split`, `cluster`, `partner` (the id of the authentic line art).
    """

    table: pa.Table

    def counts(self) -> dict[str, int]:
        """How many pictures have each verdict, and how many were found."""
        verdicts = Counter(self.table.column("verdict").to_pylist())
        return {"found": len(self.table)} | {name: verdicts[name] for name in (KEPT, PAIRED, DROPPED)}

    def reasons(self) -> dict[str, int]:
        """How many pictures were dropped for each first reason, most frequent first."""
        dropped = self.table.filter(pc.equal(self.table.column("verdict"), DROPPED))
        return dict(Counter(reasons[0] for reasons in dropped.column("reasons").to_pylist()).most_common())

    def rows(self, config: str) -> list[dict[str, Any]]:
        """The kept rows of one config."""
        kept = pc.and_(pc.equal(self.table.column("verdict"), KEPT), pc.equal(self.table.column("config"), config))
        return list(self.table.filter(kept).to_pylist())


def wanted_measures(recipe: Recipe, roles: set[str]) -> set[str]:
    """The measures that the recipe's filters name, and what tells line art where a source leaves it open."""
    named = {measure for one in recipe.filters for measure in one.module.measures}
    return named | ({"line_art"} if "auto" in roles else set())


def select(recipe: Recipe, pictures: pa.Table, measurements: Measurements) -> Selection:
    """Verdict, reasons, cluster, split and partner of every picture. Raises RecipeError, DatasetError, LcpipeError."""
    table = _joined(pictures, measurements.table)
    verdicts = _Verdicts(table)
    verdicts.failures()
    verdicts.exclude(recipe)
    verdicts.filters(recipe)
    clusters, stale = _clusters(recipe, table, verdicts)
    if recipe.near_duplicates.keep == "best":
        verdicts.duplicates(stale)
    alive = verdicts.alive()
    partners = explicit_pairs(table, alive) if recipe.pairs is not None else {}
    return _selection(recipe, table, verdicts, clusters, partners)


def refuse_empty(selection: Selection) -> None:
    """Raises LcpipeError that says which filter did it, when no colour picture is left."""
    if selection.rows("pairs"):
        return
    found = selection.counts()["found"]
    dropped = ", ".join(f"{count} by {name}" for name, count in selection.reasons().items())
    if not dropped:
        raise LcpipeError(
            f"none of the {found} pictures found is a colour picture",
            where="select",
            hint='line art needs colour pictures beside it; if these are some, give the source role = "color"',
        )
    raise LcpipeError(
        f"nothing is left to pack: {found} found, dropped {dropped}",
        where="select",
        hint="relax the first filter named, or look at the source",
    )


def check_inputs(recipe: Recipe) -> None:
    """Reads what else select needs: a list or a base that is missing is said before any work, not after measuring."""
    excluded(recipe)
    base_splits(_base(recipe))


def _base(recipe: Recipe) -> str | None:
    """The address of the dataset whose splits are inherited: a URI, or a path relative to the recipe."""
    base = recipe.split.base
    return base if base is None or "://" in base else str(recipe.folder / Path(base))


def _joined(pictures: pa.Table, measured: pa.Table) -> pa.Table:
    """Pictures with their measurements; the role decided where it was left open."""
    at = pc.index_in(pictures.column("id"), value_set=measured.column("id").combine_chunks())
    table = pictures
    for name in measured.column_names:
        if name != "id":
            table = table.append_column(name, measured.column(name).combine_chunks().take(at.combine_chunks()))
    return table.set_column(table.column_names.index("role"), "role", _roles(table))


def _roles(table: pa.Table) -> pa.Array:
    stated = table.column("role")
    if "line_art" not in table.column_names:
        return stated.combine_chunks()
    looks = pc.fill_null(pc.greater_equal(table.column("line_art"), LINE_ART_THRESHOLD), False)
    decided = pc.if_else(looks, "line_art", "color")
    return pc.if_else(pc.equal(stated, "auto"), decided, stated).combine_chunks()


class _Verdicts:
    """Collects reasons per row, stage by stage; a row without a reason is alive."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.ids: list[str] = table.column("id").to_pylist()
        self.roles: list[str] = table.column("role").to_pylist()
        self.reasons: list[list[str]] = [[] for _ in self.ids]
        self.stages: list[str | None] = [None] * len(self.ids)
        self.details: list[str | None] = table.column("detail").to_pylist()
        self.kept_ids: list[str | None] = [None] * len(self.ids)

    def add(self, row: int, stage: str, reason: str) -> None:
        self.reasons[row].append(reason)
        self.stages[row] = self.stages[row] or stage

    def alive(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return np.array([not reasons for reasons in self.reasons], dtype=bool)

    def failures(self) -> None:
        fetched = self.table.column("reason").to_pylist()
        failed = self.table.column("failure").to_pylist()
        for row, (fetch, failure) in enumerate(zip(fetched, failed, strict=True)):
            if fetch is not None:
                self.add(row, "crawl", fetch)
            elif failure is not None:
                self.add(row, "measure", failure["reason"])
                self.details[row] = failure["detail"]

    def exclude(self, recipe: Recipe) -> None:
        ids, refs, artists = excluded(recipe)
        if not ids | refs | artists:
            return
        columns = (self.table.column(name).to_pylist() for name in ("id", "refs", "artist"))
        for row, (identity, where, artist) in enumerate(zip(*columns, strict=True)):
            named = {f"{ref['source']}:{ref['native_id']}" for ref in where}
            if identity in ids or named & refs or artist in artists:
                self.add(row, "select", Reason.EXCLUDED)

    def filters(self, recipe: Recipe) -> None:
        readable = self.alive() | np.array([stage == "select" for stage in self.stages], dtype=bool)
        for one in recipe.filters:
            roles = getattr(one.module, "roles", ("color",))
            refused = one.module.keep(self.table, one.settings).to_pylist()
            for row, reason in enumerate(refused):
                if reason is not None and readable[row] and self.roles[row] in roles:
                    self.add(row, "select", reason)

    def duplicates(self, stale: dict[int, int]) -> None:
        for row, best in stale.items():
            self.add(row, "select", Reason.NEAR_DUPLICATE)
            self.kept_ids[row] = self.ids[best]


def excluded(recipe: Recipe) -> tuple[set[str], set[str], set[str]]:
    """(ids, refs, artists) that `[exclude]` and its files name: TOML with the same keys, or one id or ref a line."""
    own = recipe.exclude
    ids, refs, artists = set(own.ids), set(own.refs), set(own.artists)
    for name in own.files:
        more = _exclude_file(recipe.folder / name, name)
        ids |= more["ids"]
        refs |= more["refs"]
        artists |= more["artists"]
    return ids, refs, artists


def _exclude_file(path: Path, name: str) -> dict[str, set[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        table = tomllib.loads(text) if path.suffix == ".toml" else None
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise RecipeError(f"cannot read the list: {why}", where=f"[exclude] {name}", hint="check the file") from None
    if table is not None:
        lists = parse(ExcludeLists, table, f"[exclude] {name}")
        return {"ids": set(lists.ids), "refs": set(lists.refs), "artists": set(lists.artists)}
    lines = {line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")}
    return {"ids": {x for x in lines if ":" not in x}, "refs": {x for x in lines if ":" in x}, "artists": set()}


def _clusters(recipe: Recipe, table: pa.Table, verdicts: _Verdicts) -> tuple[list[str], dict[int, int]]:
    """Each row's cluster, and for every living near-duplicate the row that is kept in its stead.

    All decodable colour pictures take part, filtered ones too, so that a relaxed filter moves no cluster.
    """
    hashes = table.column("phash").to_pylist()
    rows = np.array([i for i, h in enumerate(hashes) if h is not None and verdicts.roles[i] == "color"], dtype=np.int64)
    names = list(verdicts.ids)
    if not len(rows):
        return names, {}
    bits = np.frombuffer(b"".join(hashes[i] for i in rows), dtype=">u8").astype(np.uint64)
    thumbs = table.column("thumbnail").take(pa.array(rows)).to_pylist()
    small = np.frombuffer(b"".join(thumbs), dtype=np.uint8).reshape(len(rows), -1)
    rank = _rank(table.take(pa.array(rows)))
    settings = recipe.near_duplicates
    centres = near_duplicates.clusters(bits, small, rank, settings.distance, settings.color_difference)
    members: dict[int, list[int]] = {}
    for position in np.argsort(rank, kind="stable"):
        members.setdefault(int(centres[position]), []).append(int(rows[position]))
    return names, _kept_in_stead(members, names, verdicts.alive())


def _kept_in_stead(
    members: dict[int, list[int]], names: list[str], alive: np.ndarray[Any, np.dtype[np.bool_]]
) -> dict[int, int]:
    """Names each cluster by its smallest id (in place), and returns {living row: the cluster's best living row}."""
    stale: dict[int, int] = {}
    for group in members.values():
        smallest = min(names[row] for row in group)
        living = [row for row in group if alive[row]]
        stale |= {row: living[0] for row in living[1:]}
        for row in group:
            names[row] = smallest
    return stale


def _rank(table: pa.Table) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Best first: most pixels, then a lossless format, then the smaller id."""
    pixels = pc.multiply(
        pc.cast(table.column("width"), pa.int64()), pc.cast(table.column("height"), pa.int64())
    ).to_pylist()
    lossy = [str(name).lower() not in LOSSLESS for name in table.column("format").to_pylist()]
    keys = list(zip([-count for count in pixels], lossy, table.column("id").to_pylist(), strict=True))
    rank = np.empty(len(keys), dtype=np.int64)
    rank[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    return rank


def _selection(
    recipe: Recipe, table: pa.Table, verdicts: _Verdicts, clusters: list[str], partners: dict[int, int]
) -> Selection:
    alive = verdicts.alive()
    paired = set(partners.values())
    configs = [_config(alive[row], role, row in paired) for row, role in enumerate(verdicts.roles)]
    splits = _splits(recipe, table, clusters, configs)
    for row, split in enumerate(splits):
        if configs[row] == "line_art" and split == "train":
            verdicts.add(row, "select", Reason.EXCLUDED)
            verdicts.details[row] = "its family is in the training split of the base"
            configs[row] = None
    state = [_verdict(reasons, row in paired) for row, reasons in enumerate(verdicts.reasons)]
    columns = {
        "verdict": pa.array(state),
        "stage": pa.array(verdicts.stages, pa.string()),
        "reasons": pa.array(verdicts.reasons, pa.list_(pa.string())),
        "kept_id": pa.array(verdicts.kept_ids, pa.string()),
        "config": pa.array(configs, pa.string()),
        "split": pa.array(splits, pa.string()),
        "cluster": pa.array(clusters, pa.string()),
        "partner": pa.array(
            [verdicts.ids[partners[r]] if r in partners else None for r in range(len(state))], pa.string()
        ),
    }
    chosen = table.drop_columns(["detail", "reason"]).append_column("detail", pa.array(verdicts.details, pa.string()))
    for name, values in columns.items():
        chosen = chosen.append_column(name, values)
    return Selection(chosen)


def _config(alive: bool, role: str, paired: bool) -> str | None:
    if not alive or paired:
        return None
    return "pairs" if role == "color" else "line_art"


def _verdict(reasons: Sequence[str], paired: bool) -> str:
    if reasons:
        return DROPPED
    return PAIRED if paired else KEPT


def _splits(recipe: Recipe, table: pa.Table, clusters: list[str], configs: list[str | None]) -> list[str | None]:
    """The split of every row that goes into the dataset. A family with unpartnered line art is for testing."""
    ids = table.column("id").to_pylist()
    families = _families(table, clusters)
    members: dict[str, list[str]] = {}
    for row, identity in enumerate(ids):
        members.setdefault(families.find(f"row/{identity}"), []).append(identity)
        members[families.find(f"row/{identity}")].append(clusters[row])
    base = base_splits(_base(recipe))
    chosen = assign(members, recipe.salt, recipe.split.test, recipe.split.validation, base)
    for row, config in enumerate(configs):
        family = families.find(f"row/{ids[row]}")
        if config == "line_art" and not any(base.get(identity) for identity in members[family]):
            chosen[family] = "test"
    return [chosen[families.find(f"row/{ids[row]}")] if config else None for row, config in enumerate(configs)]


def _families(table: pa.Table, clusters: list[str]) -> Families:
    """Joins what must not be parted: near-duplicates, parents and children, both sides of a pair."""
    families = Families()
    columns = (table.column(name).to_pylist() for name in ("id", "refs", "parent_id", "pair_key"))
    for row, (identity, refs, parent, pair) in enumerate(zip(*columns, strict=True)):
        name = f"row/{identity}"
        families.join(name, f"cluster/{clusters[row]}")
        for ref in refs:
            families.join(name, f"ref/{ref['source']}:{ref['native_id']}")
            if parent is not None:
                families.join(name, f"ref/{ref['source']}:{parent}")
        if pair is not None:
            families.join(name, f"pair/{pair}")
    return families
