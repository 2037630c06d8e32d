"""Looking through a dataset: what is found is what the dataset holds."""

from pathlib import Path

import pytest
from support.studio import Client, serving

from lcpipe.pipeline.dataset.reading import open_dataset


def test_every_row_is_found_once(studio: Client, tiny_dataset: Path) -> None:
    dataset = open_dataset(str(tiny_dataset))
    there = {
        row["id"]
        for config in dataset.configs
        for split in dataset.splits(config)
        for row in dataset.rows(config, split)
    }
    pages = [studio.get(f"/api/rows?count=3&start={start}").json for start in range(0, 12, 3)]
    assert sorted(row["id"] for page in pages for row in page["rows"]) == sorted(there)
    assert {page["total"] for page in pages} == {len(there)}


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("split=validation", lambda row: row["split"] == "validation"),
        ("split=line_art/test", lambda row: row["config"] == "line_art"),
        ("license=CC0-1.0", lambda row: row["license"] == "CC0-1.0"),
        ("method=authentic", lambda row: "line_authentic" in row["pictures"]),
        ("low=0.5&high=0.8", lambda row: row["pair_score"] == 0.75),
        ("q=1girl", lambda row: "1girl" in row["tags"]),
        ("q=artist_1", lambda row: "artist_1" in row["tags"] or row["artist"] == "artist_1"),
        ("q=-artist_1", lambda row: "artist_1" not in row["tags"] and row["artist"] != "artist_1"),
    ],
)
def test_a_filter_keeps_exactly_what_fits(studio: Client, query: str, fits: object) -> None:
    assert callable(fits)
    every = studio.get("/api/rows?count=200").json["rows"]
    found = studio.get(f"/api/rows?count=200&{query}").json["rows"]
    assert [row["id"] for row in found] == [row["id"] for row in every if fits(row)]
    assert found


def test_the_best_pairs_come_first(studio: Client) -> None:
    scores = [row["pair_score"] or -1 for row in studio.get("/api/rows?sort=pair_score&count=200").json["rows"]]
    assert scores == sorted(scores, reverse=True)


def test_a_row_is_told_whole_and_its_pictures_are_as_stored(studio: Client, tiny_dataset: Path) -> None:
    stored = next(iter(open_dataset(str(tiny_dataset)).rows("pairs", "train")))
    row = studio.get(f"/api/rows/{stored['id']}").json
    assert row["pictures"] == ["color", "line_xdog_03", "line_authentic"]
    assert row["line_xdog_03_params"]["extractor"] == "xdog"
    for column in row["pictures"]:
        answer = studio.get(f"/api/rows/{stored['id']}/{column}")
        assert answer.body == stored[column]["bytes"]
        assert answer.headers["content-type"] in ("image/png", "image/jpeg")
        assert studio.get(f"/api/rows/{stored['id']}/{column}?side=160").headers["content-type"] == "image/jpeg"


def test_a_sketch_becomes_the_drawing(studio: Client, tiny_dataset: Path) -> None:
    stored = next(iter(open_dataset(str(tiny_dataset)).rows("pairs", "train")))
    opened = studio.post("/api/drawings/row", {"id": stored["id"], "column": "line_authentic"}).json
    again = studio.post("/api/drawings", stored["line_authentic"]["bytes"]).json
    assert opened["id"] == again["id"]


def test_drops_are_listed_with_their_reasons(studio: Client) -> None:
    every = studio.get("/api/drops").json
    assert (every["total"], every["reasons"]) == (
        3,
        {"min_side": 1, "grayscale": 1, "near_duplicate": 1, "decode_failed": 1},
    )
    some = studio.get("/api/drops?reason=min_side").json
    assert [drop["reasons"] for drop in some["rows"]] == [["min_side", "grayscale"]]
    assert studio.get("/api/drops?q=drop_2.png").json["total"] == 1


def test_clusters_name_what_was_kept_and_what_was_dropped(studio: Client) -> None:
    (cluster,) = studio.get("/api/clusters").json["rows"]
    assert len(cluster["kept"]) == 2
    assert [drop["refs"] for drop in cluster["dropped"]] == [["local:drop_1.png"]]


@pytest.mark.parametrize(
    "path",
    ["rows?start=-1", "rows?count=9999", "rows?low=2", "rows?low=x", "rows?sort=magic", f"rows/{'0' * 64}", "rows/abc",
     f"rows/{'0' * 64}/color", "drops?start=x"],
)  # fmt: skip
def test_a_wrong_question_is_answered_in_one_line(studio: Client, path: str) -> None:
    answer = studio.get(f"/api/{path}")
    assert answer.status in (400, 404)
    assert answer.json["error"]


@pytest.mark.parametrize("ids", [[], ["abc"], None, ["0" * 64, 7], ['0" ]\n[sources']])
def test_what_are_no_ids_is_not_written(studio: Client, ids: object) -> None:
    assert studio.post("/api/exclude", {"ids": ids}).status == 400


def test_without_a_dataset_browsing_says_how_to_open_one(small_model: Path) -> None:
    with serving(models=(str(small_model),)) as client:
        answer = client.get("/api/rows")
        assert (answer.status, answer.json["hint"]) == (404, "start `lcpipe studio --dataset DIR`")
        assert client.get("/api/about").json["dataset"] is None
