"""Authentic pairs: proposed by keys, relations and descriptors, proved by registration, refused with a reason."""

import json
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.pictures import run_build, write_recipe

from lcpipe.pipeline.dataset.decode import decode
from lcpipe.pipeline.dataset.errors import DatasetError
from lcpipe.pipeline.dataset.reading import open_dataset
from lcpipe.pipeline.dataset.verify import verify
from lcpipe.pipeline.drawing.character import draw_character
from lcpipe.pipeline.explain import explain, lines
from lcpipe.pipeline.families import families
from lcpipe.pipeline.measures import ink_map
from lcpipe.pipeline.memory import Memory
from lcpipe.pipeline.near_duplicates import Stars
from lcpipe.pipeline.pairs import Pairing, authentic_pairs
from lcpipe.pipeline.proposals import proposals
from lcpipe.pipeline.recipe import Pairs
from lcpipe.pipeline.registration import fit, in_pixels
from lcpipe.pipeline.retrieval import nearest
from lcpipe.pipeline.wide import wide

SEEDS = range(5)


def half(plane: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


DRAWN = {seed: draw_character(seed) for seed in SEEDS}
LINES = {seed: half(DRAWN[seed].line) for seed in SEEDS}
COLORS = {seed: half(DRAWN[seed].color) for seed in SEEDS}


def row(
    name: str, picture: np.ndarray, key: str | None = None, parent: str | None = None, pools: tuple[str, ...] = ()
) -> dict[str, object]:
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return {
        "id": name,
        "role": "line_art" if picture.ndim == 2 else "color",
        "refs": [{"source": "s", "native_id": name}],
        "parent_id": parent,
        "pair_key": key,
        "pools": pools,
        "artist": None,
        "ink_descriptor": ink_map.descriptor(grey).tobytes(),
        "ink_lines": np.packbits(ink_map.line_map(grey)).tobytes(),
    }


def table(*rows: dict[str, object]) -> pa.Table:
    ref = pa.struct([("source", pa.string()), ("native_id", pa.string())])
    kinds = {"refs": pa.list_(ref), "pools": pa.list_(pa.string()), **ink_map.columns}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in rows[0]])
    return pa.Table.from_pylist(sorted(rows, key=lambda one: str(one["id"])), schema=schema)


def paired(found: pa.Table, **options: object) -> tuple[dict[str, str], Pairing]:
    ids = found.column("id").to_pylist()
    ink = {name: wide(found.column(name)) for name in ink_map.columns}
    pairing = authentic_pairs(found, ink, np.ones(len(ids), dtype=bool), Pairs(**options), {})
    return {ids[color]: ids[line] for color, line in pairing.partners.items()}, pairing


def test_drawings_find_their_pictures_without_any_name() -> None:
    rows = [row(f"color{seed}", COLORS[seed]) for seed in SEEDS] + [row(f"line{seed}", LINES[seed]) for seed in SEEDS]
    partners, _ = paired(table(*rows))
    assert partners == {f"color{seed}": f"line{seed}" for seed in SEEDS}


def test_a_drawing_whose_picture_is_not_there_stays_alone() -> None:
    rows = [row(f"color{seed}", COLORS[seed]) for seed in (1, 2, 3)] + [row("line0", LINES[0])]
    partners, pairing = paired(table(*rows))
    assert partners == {}
    assert pairing.spare == {}


def test_without_search_only_names_propose() -> None:
    rows = [
        row("color0", COLORS[0]),
        row("line0", LINES[0]),
        row("color1", COLORS[1], "k"),
        row("line1", LINES[1], "k"),
    ]
    assert paired(table(*rows), search=False)[0] == {"color1": "line1"}


def test_a_pair_key_that_names_another_drawing_is_refused_with_a_reason() -> None:
    partners, pairing = paired(table(row("color0", COLORS[0], "k"), row("line1", LINES[1], "k")))
    assert partners == {}
    (refused,) = pairing.proposals
    assert refused.method == "pair_key"
    assert refused.refusal is not None


def test_a_key_of_several_drawings_takes_the_best_and_says_so() -> None:
    rows = [row("color0", COLORS[0], "k"), row("line0", LINES[0], "k"), row("line1", LINES[1], "k")]
    partners, pairing = paired(table(*rows))
    assert partners == {"color0": "line0"}
    assert "'k'" in pairing.notes[0]


@pytest.mark.parametrize("child", ["color0", "line0"])
def test_parents_and_children_propose(child: str) -> None:
    parent = {"color0": "line0", "line0": "color0"}[child]
    rows = [row("color0", COLORS[0], parent=parent if child == "color0" else None)]
    rows += [row("line0", LINES[0], parent=parent if child == "line0" else None)]
    partners, pairing = paired(table(*rows), search=False)
    assert partners == {"color0": "line0"}
    assert pairing.proposals[0].method == "relation"


def test_what_shares_a_pool_is_proposed() -> None:
    rows = [row("color0", COLORS[0], pools=("s:7", "s:9")), row("line0", LINES[0], pools=("s:9",))]
    partners, pairing = paired(table(*rows, row("color1", COLORS[1], pools=("s:7",))), search=False)
    assert partners == {"color0": "line0"}
    assert [one.method for one in pairing.proposals] == ["relation"]


def test_another_copy_of_the_drawing_is_spare() -> None:
    smaller = np.asarray(cv2.resize(LINES[0], None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA))
    partners, pairing = paired(table(row("color0", COLORS[0]), row("line0", LINES[0]), row("line1", smaller)))
    assert len(partners) == 1
    assert len(pairing.spare) == 1


def test_one_drawing_serves_several_colourings() -> None:
    other = np.ascontiguousarray(COLORS[0][..., ::-1])
    partners, _ = paired(table(row("color0", COLORS[0]), row("color1", other), row("line0", LINES[0])))
    assert partners == {"color0": "line0", "color1": "line0"}


def test_blank_pictures_fit_nothing() -> None:
    blank = np.full((64, 64), 255, np.uint8)
    assert fit(ink_map.line_map(blank), ink_map.line_map(blank)) is None


@pytest.mark.parametrize("scale", [1.0, 1.07])
def test_a_moved_drawing_is_laid_back(scale: float) -> None:
    line = LINES[0]
    height, width = line.shape
    move = np.array([[scale, 0.0, -0.03 * width], [0.0, scale, 0.02 * height]])
    moved = cv2.warpAffine(line, move, (width, height), borderValue=255.0)
    found = fit(ink_map.line_map(np.asarray(moved)), ink_map.line_map(line), searched=True)
    assert found is not None
    matrix = in_pixels(found.matrix, (width, height), (width, height))
    corners = np.array([[0.2 * width, 0.2 * height, 1], [0.8 * width, 0.8 * height, 1]])
    assert np.abs(corners @ matrix.T - corners @ move.T).max() < 0.008 * max(width, height)


@given(st.integers(0, 10**6), st.integers(1, 5))
@settings(deadline=None, max_examples=25)
def test_the_search_finds_what_a_full_sort_finds(seed: int, most: int) -> None:
    rng = np.random.Generator(np.random.PCG64(seed))
    ours, theirs = rng.integers(0, 256, (4, 16), np.uint8), rng.integers(0, 256, (30, 16), np.uint8)
    values = [one.astype(np.float64) ** 2 for one in (ours, theirs)]
    a, b = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in values)
    for drawing, found in nearest(ours, theirs, most, -1):
        expected = np.sort(a[drawing] @ b.T)[::-1][:most]
        assert np.allclose([like for _, like in found], expected, atol=1e-5)


def test_a_shifted_sketch_comes_to_lie_on_its_picture_and_a_wrong_one_is_told_of(tmp_path: Path) -> None:
    for folder in ("pictures", "lines"):
        (tmp_path / folder).mkdir()
    line, color = DRAWN[0].line, DRAWN[0].color
    wide = cv2.copyMakeBorder(line, 40, 0, 60, 0, cv2.BORDER_CONSTANT, value=255)
    cv2.imwrite(str(tmp_path / "pictures" / "a.png"), color[..., ::-1])
    cv2.imwrite(str(tmp_path / "lines" / "a.png"), wide)
    cv2.imwrite(str(tmp_path / "pictures" / "b.png"), COLORS[1][..., ::-1])
    cv2.imwrite(str(tmp_path / "lines" / "b.png"), LINES[2])
    for folder, name in product(("pictures", "lines"), "ab"):
        (tmp_path / folder / f"{name}.json").write_text(json.dumps({"pair_key": name}))
    sources = {
        "local": {"kind": "folder", "path": "pictures", "role": "color"},
        "sketches": {"kind": "folder", "path": "lines", "role": "line_art"},
    }
    report = run_build(write_recipe(tmp_path, sources=sources, pairs={}, render={"short_side": 256}))
    dataset = open_dataset(report.packed.root)
    rows = [one for split in dataset.splits("pairs") for one in dataset.rows("pairs", split)]
    (found,) = [one for one in rows if one["line_authentic"]]
    laid = decode(found["line_authentic"]["bytes"]).pixels[..., 0]
    truth = np.asarray(cv2.resize(line, laid.shape[::-1], interpolation=cv2.INTER_AREA))
    near = cv2.erode(truth, np.ones((3, 3), np.uint8)) < 128
    assert near[laid < 100].mean() > 0.95
    told_of(report.packed.root)


def told_of(root: str) -> None:
    """The refused pair is in the dataset's list, its report and the story of the picture, and the list is checked."""
    taken, refused = proposals(open_dataset(root))
    assert (taken["method"], taken["state"], taken["refusal"]) == ("pair_key", "taken", None)
    assert (refused["method"], refused["state"]) == ("pair_key", "refused")
    assert refused["refusal"].split()[0] in (Path(root) / "report.html").read_text(encoding="utf-8")
    story = lines(explain(open_dataset(root), refused["line_art"]))
    assert any(refused["refusal"] in one for one in story)
    assert verify(root) == []
    (Path(root) / "pairs.json").write_text("[{}]")
    assert verify(root) != []
    with pytest.raises(DatasetError, match="list of proposed pairs is damaged"):
        proposals(open_dataset(root))


def test_fits_are_remembered_and_thresholds_tuned_without_any_other(tmp_path: Path) -> None:
    ink = table(row("color0", COLORS[0], "k"), row("line0", LINES[0], "k"), row("color1", COLORS[1]))
    columns = {name: wide(ink.column(name)) for name in ink_map.columns}
    everyone = np.ones(len(ink), dtype=bool)
    known = Memory(str(tmp_path), "r").fits()
    assert known == {}
    first = authentic_pairs(ink, columns, everyone, Pairs(), known)
    Memory(str(tmp_path), "r").keep_fits(known)
    Memory(str(tmp_path), "r", keeps=False).keep_fits({})
    again = Memory(str(tmp_path), "r").fits()
    stored = {key: (one.score, one.matrix.tolist(), one.stray) if one else None for key, one in known.items()}
    assert stored == {key: (one.score, one.matrix.tolist(), one.stray) if one else None for key, one in again.items()}
    stricter = authentic_pairs(ink, columns, everyone, Pairs(min_score=1.0), again)
    assert len(again) == len(known), "another threshold lays no drawing anew"
    assert first.partners
    assert not stricter.partners
    for file in (tmp_path / "selections").iterdir():
        file.write_bytes(b"damaged")
    assert Memory(str(tmp_path), "r").fits() == {}


def test_clusters_are_remembered_by_what_they_were_made_from(tmp_path: Path) -> None:
    memory = Memory(str(tmp_path), "r")
    for bonds in ([[1, 2]], []):
        memory.keep_stars("key", Stars(np.array([0, 0, 2]), np.array(bonds, np.int64).reshape(-1, 2)))
        assert memory.stars("other") is None
        found = memory.stars("key")
        assert found is not None
        assert (found.centre.tolist(), found.bonds.tolist()) == ([0, 0, 2], bonds)
    assert Memory().stars("key") is None


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=40)
def test_no_cluster_pair_parent_or_artist_is_ever_parted(seed: int) -> None:
    rng = np.random.Generator(np.random.PCG64(seed))
    count = 24
    rows = pa.table(
        {
            "refs": pa.array([[{"source": "s", "native_id": str(i)}] for i in range(count)]),
            "parent_id": pa.array(
                [str(p) if p < count else None for p in rng.integers(0, 3 * count, count)], pa.string()
            ),
            "pair_key": pa.array([str(k) if k < 5 else None for k in rng.integers(0, 30, count)], pa.string()),
            "artist": pa.array([str(k) if k < 3 else None for k in rng.integers(0, 12, count)], pa.string()),
        }
    )
    cluster = np.minimum(np.arange(count), rng.integers(0, count, count))
    pairs = [tuple(pair) for pair in rng.integers(0, count, (3, 2)).tolist()]
    family = families(rows, cluster, pairs, artists=True)
    for row_, middle in enumerate(cluster.tolist()):
        assert family[row_] == family[middle]
    assert all(family[a] == family[b] for a, b in pairs)
    for name in ("pair_key", "artist"):
        groups: dict[str, set[int]] = {}
        for row_, value in enumerate(rows.column(name).to_pylist()):
            if value is not None:
                groups.setdefault(value, set()).add(int(family[row_]))
        assert all(len(group) == 1 for group in groups.values())
    for row_, parent in enumerate(rows.column("parent_id").to_pylist()):
        assert parent is None or family[row_] == family[int(parent)]
