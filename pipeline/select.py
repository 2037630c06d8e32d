"""Select: table arithmetic on what was measured; decodes nothing. Every picture gets a verdict and all its reasons."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .clustering import Clusters, clustered
from .dataset.errors import LcpipeError
from .dataset.reasons import Reason
from .exclusions import excluded
from .families import families, grouped
from .measure_asks import MeasureAsk, asked, owners
from .measurements import Measurements, rows_of
from .memory import Memory
from .pairs import Ink, Pairing, authentic_pairs
from .recipe import Plugin, Recipe
from .splits import SPLITS, assign, base_splits
from .verdicts import Verdicts, concerned

KEPT, PAIRED, DROPPED = "kept", "paired", "dropped"
LINE_ART_THRESHOLD = 0.5
Mask = npt.NDArray[np.bool_]
Names = npt.NDArray[np.object_]
WHOLE = 0.5  # of the pictures in one cluster, from which on something is wrong


@dataclass(frozen=True)
class Bound:
    """A limit as the recipe sets it: `filter` keeps pictures whose `column` is at least, at most or below `value`.

    Only pictures of these `roles` are held to it.
    """

    filter: str
    column: str
    holds: str
    value: float
    roles: tuple[str, ...] = ("color",)


@dataclass(frozen=True)
class Selection:
    """One row per picture found, ordered by id.

    Columns: those of `pictures.PICTURES`, `width`, `height`, `phash`, and `verdict` (kept, paired or dropped), `stage`,
    `reasons` (all of them), `kept_id` (for which picture a near-duplicate was dropped), `config` (`pairs` or
    `line_art`), `split`, `cluster`, `partner` (the id of the authentic line art).
    `notes` say what looks wrong, in words.
    """

    table: pa.Table
    pairing: Pairing = field(default_factory=Pairing)
    notes: tuple[str, ...] = ()
    least_score: float = 0.0  # of a pair
    looked_at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by each filter: columns
    bounds: tuple[Bound, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many pictures have each verdict, and how many were found."""
        verdicts = Counter(self.table.column("verdict").to_pylist())
        return {"found": len(self.table)} | {name: verdicts[name] for name in (KEPT, PAIRED, DROPPED)}

    def reasons(self) -> dict[str, int]:
        """How many pictures were dropped for each first reason, most frequent first."""
        dropped = self.table.filter(pc.equal(self.table.column("verdict"), DROPPED))
        return dict(Counter(pc.list_element(dropped.column("reasons"), 0).to_pylist()).most_common())

    def rows(self, config: str) -> list[dict[str, Any]]:
        """The kept rows of one config."""
        return list(self._kept(config).to_pylist())

    def has_rows(self, config: str) -> bool:
        """True when anything is kept in a config."""
        return len(self._kept(config)) > 0

    def chosen(self) -> set[str]:
        """The ids of all pictures that are not dropped."""
        return set(self.table.filter(pc.not_equal(self.table.column("verdict"), DROPPED)).column("id").to_pylist())

    def _kept(self, config: str) -> pa.Table:
        kept = pc.and_(pc.equal(self.table.column("verdict"), KEPT), pc.equal(self.table.column("config"), config))
        return self.table.filter(kept)


def wanted_measures(recipe: Recipe, roles: set[str]) -> tuple[MeasureAsk, ...]:
    """The measures that the recipe's filters name, and what tells line art where a source leaves it open."""
    owner = {column: name for column, (name, _) in owners(recipe.measures).items()}
    columns = {column for one in recipe.filters for column in _named(one)}
    named = {measure for one in recipe.filters for measure in one.module.measures}
    named |= {owner[column] for column in columns if column in owner}
    own = {"color_hash"} | ({"ink_map"} if recipe.pairs is not None else set())
    return asked(named | own | ({"line_art"} if "auto" in roles else set()), recipe.measures)


def select(recipe: Recipe, pictures: pa.Table, measurements: Measurements, memory: Memory | None = None) -> Selection:
    """Verdict, reasons, cluster, split and partner of every picture; what `memory` knows is not worked out again.

    Raises RecipeError, DatasetError, LcpipeError.
    """
    memory = memory or Memory()
    at = rows_of(_ids(pictures), _ids(measurements.table))
    table = _joined(pictures, measurements.table, at)
    wide = {name: column.reordered(at) for name, column in measurements.wide.items()}
    verdicts = Verdicts(table)
    verdicts.failures()
    verdicts.exclude(recipe)
    verdicts.filters(recipe)
    clusters = clustered(table, wide["thumbnail"], verdicts.color, verdicts.alive(), recipe.near_duplicates, memory)
    if recipe.near_duplicates.keep == "best":
        verdicts.duplicates(clusters.stale)
    pairing = _paired(recipe, table, wide, verdicts.alive(), memory)
    if recipe.near_duplicates.keep == "best":
        verdicts.duplicates(pairing.spare)
    return _selection(recipe, table, verdicts, clusters, pairing)


def _paired(recipe: Recipe, table: pa.Table, wide: Ink, alive: Mask, memory: Memory) -> Pairing:
    if recipe.pairs is None:
        return Pairing()
    known = memory.fits()
    before = len(known)
    pairing = authentic_pairs(table, wide, alive, recipe.pairs, known)
    if len(known) > before:
        memory.keep_fits(known)
    return pairing


def refuse_empty(selection: Selection) -> None:
    """Raises LcpipeError that says which filter did it, when no colour picture is left."""
    if selection.has_rows("pairs"):
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


def _ids(table: pa.Table) -> pa.Array:
    return pa.concat_arrays([pa.array([], pa.string()), *table.column("id").chunks])


def _joined(pictures: pa.Table, measured: pa.Table, at: npt.NDArray[np.int64]) -> pa.Table:
    """Pictures with their measurements, which are in the rows `at`; the role decided where it was left open."""
    taken = measured.drop_columns(["id"]).take(pa.array(at, mask=at < 0))
    table = pictures
    for name in taken.column_names:
        table = table.append_column(name, taken.column(name))
    return table.set_column(table.column_names.index("role"), "role", _roles(table))


def _roles(table: pa.Table) -> pa.Array:
    stated = table.column("role")
    if "line_art" not in table.column_names:
        return stated.combine_chunks()
    looks = pc.fill_null(pc.greater_equal(table.column("line_art"), LINE_ART_THRESHOLD), False)
    decided = pc.if_else(looks, "line_art", "color")
    return pc.if_else(pc.equal(stated, "auto"), decided, stated).combine_chunks()


def _selection(recipe: Recipe, table: pa.Table, verdicts: Verdicts, clusters: Clusters, pairing: Pairing) -> Selection:
    paired = np.zeros(len(table), dtype=bool)
    paired[list(pairing.partners.values())] = True
    config = _configs(verdicts, paired)
    split = _splits(recipe, table, clusters, pairing, config)
    trained = np.flatnonzero((config == "line_art") & (split == "train"))
    verdicts.drop(trained, "select", Reason.EXCLUDED)
    verdicts.details |= dict.fromkeys(trained.tolist(), "its family is in the training split of the base")
    config[trained] = split[trained] = None
    _tell_refusals(verdicts, pairing)
    alive = verdicts.alive()
    ids = _ids(table)
    partner = np.full(len(table), -1, dtype=np.int64)
    partner[list(pairing.partners)] = list(pairing.partners.values())
    columns = {
        "verdict": pa.array(np.where(~alive, DROPPED, np.where(paired, PAIRED, KEPT)).tolist()),
        **verdicts.columns(),
        "config": pa.array(config.tolist(), pa.string()),
        "split": pa.array(split.tolist(), pa.string()),
        "cluster": ids.take(pa.array(clusters.name)),
        "partner": ids.take(pa.array(partner, mask=partner < 0)),
    }
    spent = {"color_hash", "detail", "reason", "others"}
    chosen = table.drop_columns([name for name in table.column_names if name in spent])
    for name, values in columns.items():
        chosen = chosen.append_column(name, values)
    notes = (*pairing.notes, *_notes(recipe, verdicts, clusters, pairing), *_untrained(config, split))
    least = recipe.pairs.min_score if recipe.pairs else 0.0
    return Selection(chosen, pairing, notes, least, _looked_at(recipe), _bounds(recipe))


def _bounds(recipe: Recipe) -> tuple[Bound, ...]:
    """The limits of all filters that are made of limits."""
    return tuple(
        Bound(one.name, limit.column, limit.holds, getattr(one.settings, limit.setting), concerned(one))
        for one in recipe.filters
        for limit in getattr(one.module, "limits", ())
    )


def _looked_at(recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """The columns that each filter decides by."""
    every = owners(recipe.measures)
    return {
        one.name: tuple(column for column, (name, _) in every.items() if name in one.module.measures)
        if one.module.measures
        else _named(one)
        for one in recipe.filters
    }


def _named(one: Plugin) -> tuple[str, ...]:
    """The columns that a filter's settings name."""
    named: tuple[str, ...] = one.module.named(one.settings) if hasattr(one.module, "named") else ()
    return named


def _configs(verdicts: Verdicts, paired: Mask) -> Names:
    """Which part of the dataset each row goes to, object (N,): `pairs`, `line_art`, or None where it is no row."""
    rows = verdicts.alive() & ~paired
    config = np.full(len(paired), None, dtype=object)
    config[rows & verdicts.color] = "pairs"
    config[rows & ~verdicts.color] = "line_art"
    return config


def _tell_refusals(verdicts: Verdicts, pairing: Pairing) -> None:
    """A drawing that something names as a partner, and that is none, says why."""
    partners = set(pairing.partners.values())
    for one in pairing.proposals:
        if one.refusal and one.method != "descriptor" and one.line not in partners:
            color = verdicts.table.column("id")[one.color].as_py()
            verdicts.details.setdefault(one.line, f"no partner of {color[:16]}: {one.refusal}")


def _notes(recipe: Recipe, verdicts: Verdicts, clusters: Clusters, pairing: Pairing) -> list[str]:
    """What looks wrong about a selection as a whole."""
    count, largest = int(np.count_nonzero(verdicts.color)), clusters.largest()
    notes = _not_numbers(verdicts.table)
    if largest > 2 and largest > WHOLE * count:
        notes.append(
            f"one cluster of near-duplicates holds {largest} of {count} pictures: lower [near_duplicates] distance or "
            "color_difference if they are not one picture"
        )
    if recipe.pairs is not None and verdicts.color.all():
        notes.append(f"[pairs] is on, but none of the {count} pictures is line art: no row gets authentic lines")
    refused = [one for one in pairing.proposals if one.refusal and one.method == "pair_key"]
    if refused:
        notes.append(f"{len(refused)} pairs that a pair key names are refused: their lines do not fit")
    return notes


def _untrained(config: Names, split: Names) -> list[str]:
    """Says when every picture is held out, such as when all hang together in one family."""
    rows = split[config == "pairs"]
    if not len(rows) or (rows == "train").any():
        return []
    counts = ", ".join(f"{count} for {name}" for name, count in sorted(Counter(rows.tolist()).items()))
    return [
        f"no picture is left for training ({counts}): too much is asked for in [split], or parents, keys or artists "
        "make one family of nearly all, which goes to one split"
    ]


def _not_numbers(table: pa.Table) -> list[str]:
    """Which measurements are no numbers (NaN), and of how many pictures: filters drop those."""
    floats = [one.name for one in table.schema if pa.types.is_floating(one.type)]
    counts = {name: pc.sum(pc.is_nan(table.column(name))).as_py() or 0 for name in floats}
    return [
        f"'{name}' is not a number for {count} pictures: filters that look at it drop them"
        for name, count in counts.items()
        if count
    ]


def _splits(recipe: Recipe, table: pa.Table, clusters: Clusters, pairing: Pairing, config: Names) -> Names:
    """The split of every row that goes into the dataset, object (N,). A family with lone line art is for testing."""
    there = np.array([one is not None for one in config], dtype=bool)
    bonds = clusters.bonds[there[clusters.bonds].all(axis=1)]  # through what is dropped, they would chain
    family = families(table, clusters.name, pairing.verified(), recipe.split.artists, bonds)
    rows = np.flatnonzero(there)
    authentic = grouped(family, dict.fromkeys(pairing.partners, 0), 1) == 0
    lone = grouped(family, dict.fromkeys(np.flatnonzero(config == "line_art").tolist(), 0), 1) == 0
    inherited = _inherited(recipe, table, family)
    heads = np.unique(family[rows])
    bases = [inherited[head] or ("test" if lone[head] else None) for head in heads.tolist()]
    names = table.column("id").take(pa.array(heads)).to_pylist()
    chosen = dict(
        zip(heads.tolist(), assign(names, bases, authentic[heads].tolist(), recipe.salt, recipe.split), strict=True)
    )
    split = np.full(len(table), None, dtype=object)
    split[rows] = [chosen[head] for head in family[rows].tolist()]
    return split


def _inherited(recipe: Recipe, table: pa.Table, family: npt.NDArray[np.int64]) -> list[str | None]:
    """What the base says of any member of each row's family; training above all."""
    base = base_splits(_base(recipe))
    strongest = {split: order for order, split in enumerate(reversed(SPLITS))}
    at = pc.index_in(pa.array(base, pa.string()), value_set=table.column("id").combine_chunks()).to_pylist()
    said: dict[int, int] = {}
    for row, split in zip(at, base.values(), strict=True):
        if row is not None:
            said[row] = min(said.get(row, len(SPLITS)), strongest[split])
    order = [*reversed(SPLITS), None]
    return [order[code] for code in grouped(family, said, len(SPLITS)).tolist()]
