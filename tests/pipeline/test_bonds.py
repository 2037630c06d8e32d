"""Near-duplicates of two clusters: both are kept, and they share a split."""

from pathlib import Path

import cv2
import numpy as np
from support.pictures import run_build, write_recipe

from lcpipe.pipeline.dataset.draws import generator


def test_kept_near_duplicates_of_different_clusters_share_a_split(tmp_path: Path) -> None:
    """Three exposures of a scene: the middle one is like both others, which are not like each other."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        canvas = np.full((128, 128, 3), generator(0, number, "ground").integers(60, 120, 3), np.uint8)
        for radius in generator(0, number, "discs").integers(8, 60, 6).tolist():
            place = generator(0, f"{number} {radius}", "place").integers(0, 128, 2).tolist()
            color = generator(0, f"{number} {radius}", "color").integers(0, 200, 3).tolist()
            cv2.circle(canvas, place, radius, color, -1, cv2.LINE_AA)
        for exposure, scale in enumerate((2, 1, 1)):  # the first is the largest, and so the centre of its star
            brighter = cv2.resize(canvas + np.uint8(10 * exposure), None, fx=scale, fy=scale)
            cv2.imwrite(str(folder / f"{number}-{exposure}.png"), brighter)
    wanted = {"near_duplicates": {"distance": 6, "keep": "all"}, "split": {"validation": 0.3, "test": 0.3}}
    recipe = write_recipe(tmp_path, **wanted)
    table = run_build(recipe, until="select").selection.table
    found = {row["refs"][0]["native_id"].removesuffix(".png"): row for row in table.to_pylist()}
    assert len({row["split"] for row in found.values()}) == 3
    for number in range(6):
        first, middle, last = (found[f"{number}-{exposure}"] for exposure in range(3))
        assert first["cluster"] == middle["cluster"] != last["cluster"]
        assert first["split"] == middle["split"] == last["split"]
