"""Sheets of pictures to be looked at: one drawing a row, what was painted from it, and the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .evaluation_groups import Group, Shown, Work, paint_levels
from .evaluation_rows import cases
from .hint_shapes import UInt8
from .hints import HINT_SCALE, Float32
from .metric_plugins import metric_file
from .protocols import MODEL, Grid, Level

GAP_PX = 10
HEAD_PX = 34
MARGIN_PX = 16
PAPER = (250, 247, 242)
INK = (33, 31, 43)
RIM = (90, 90, 100)
RANKED_BY = ("lpips_alex", "lpips_vgg", "ms_ssim", "ssim", "psnr", "hint_delta_e")  # the first that there is
FAINT = 0.22  # how much of the ink is left below hints


@dataclass(frozen=True)
class Column:
    """A titled column of pictures, uint8 (H, W, 3)."""

    title: str
    pictures: Sequence[UInt8]


def group_sheet(shown: Sequence[Shown], grid: Grid) -> UInt8:
    """Lines | painted at each level, with its hints before it | truth."""
    columns = [Column("lines", [gray(seen.case.line) for seen in shown])]
    for level in grid.hints:
        if level not in (0, "full"):
            columns.append(Column(f"{level} hints", [hint_picture(seen, level) for seen in shown]))
        columns.append(Column(level_title(level), [seen.painted[level] for seen in shown]))
    columns.append(Column("truth", [seen.case.color for seen in shown]))
    return table(columns, grid.cell_px)


def beside_sheets(groups: Sequence[Group], grid: Grid) -> dict[str, UInt8]:
    """For every line column: lines | hints of a middle level | what every painter made of them | truth."""
    found = dict[str, UInt8]()
    for lines in dict.fromkeys(group.record["lines"] for group in groups if grid.hints):
        level = grid.hints[len(grid.hints) // 2]
        shown = {
            group.record["by"]: {seen.case.id: seen for seen in group.shown}
            for group in groups
            if group.record["lines"] == lines
        }
        own = shown.get(MODEL, {})
        ids = [id_ for id_ in own if all(id_ in seen for seen in shown.values()) and own[id_].case.color.size]
        rows = [own[id_] for id_ in ids[: grid.rows]]
        if rows and len(shown) > 1:
            columns = [
                Column("lines", [gray(row.case.line) for row in rows]),
                Column(f"{level} hints", [hint_picture(row, level) for row in rows]),
                *(Column(by, [seen[row.case.id].painted[level] for row in rows]) for by, seen in shown.items()),
                Column("truth", [row.case.color for row in rows]),
            ]
            found[f"beside-{lines}.png"] = table(columns, grid.cell_px)
    return found


def ranked_sheet(work: Work, group: Group) -> dict[str, UInt8]:
    """The best, median and worst drawings of a group at a middle level, by the first value that ranks them."""
    level, name, ids = ranked(work, group.record)
    if not ids:
        return {}
    found = cases(work.dataset, work.split, group.record["lines"], work.protocol.crop_px, frozenset(ids))
    seen = {case.id: paint_levels(work, case) for case in found}
    rows = [seen[id_] for id_ in ids]
    columns = (
        Column("best, median, worst", [gray(row.case.line) for row in rows]),
        Column(f"by {name}", [row.painted[level] for row in rows]),
        Column("truth", [row.case.color for row in rows]),
    )
    return {f"cases-{group.record['lines']}.png": table(columns, work.protocol.grid.cell_px)}


def ranked(work: Work, record: Mapping[str, Any]) -> tuple[Level, str, list[str]]:
    """(level, value, ids of the best, the median and the worst drawing); no ids where nothing ranks three of them."""
    level = work.protocol.hints[len(work.protocol.hints) // 2]
    for value in (value for name in RANKED_BY if name in work.metrics for value in metric_file(name).VALUES[:1]):
        rows = [(picture["values"][str(level)].get(value.name), picture["id"]) for picture in record["pictures"]]
        ordered = sorted(row for row in rows if row[0] is not None)
        if len(ordered) >= 3:
            best_first = ordered if value.better == "lower" else ordered[::-1]
            return level, value.name, [best_first[place][1] for place in (0, len(ordered) // 2, -1)]
    return level, "", []


def lone_sheet(painted: Sequence[tuple[UInt8, UInt8]], grid: Grid) -> UInt8:
    """Drawings without a partner, painted without hints: (line, picture) each."""
    lines, pictures = [gray(line) for line, _ in painted], [picture for _, picture in painted]
    return table([Column("authentic lines", lines), Column("painted, no hints", pictures)], grid.cell_px)


def level_title(level: Level) -> str:
    """How a level is called above its pictures."""
    return {0: "painted, no hints", "full": "painted, full hints"}.get(level, f"painted, {level} hints")


def gray(line: UInt8) -> UInt8:
    """A line drawing as a colour picture."""
    return np.dstack([line] * 3)


def hint_picture(seen: Shown, level: Level) -> UInt8:
    """The hints of a level as discs upon the faint drawing."""
    canvas = gray(255 - ((255 - seen.case.line) * FAINT).astype(np.uint8))
    hints: Float32 = seen.hints[level]
    radius = max(seen.case.line.shape[0] // 60, HINT_SCALE)
    cells = np.argwhere(hints[3] > 0)
    for grow in (2, 0):  # all rims below all colours, so that the cells of one point become one disc
        for row, column in cells:
            center = (int(column) * HINT_SCALE + HINT_SCALE // 2, int(row) * HINT_SCALE + HINT_SCALE // 2)
            color = [int(value) for value in ((hints[:3, row, column] + 1) * 127.5).round()]
            cv2.circle(canvas, center, radius + grow, RIM if grow else color, -1, cv2.LINE_AA)
    return canvas


def table(columns: Sequence[Column], cell_px: int) -> UInt8:
    """Titled columns side by side; every picture is fitted into a square cell, a row is as high as its highest,
    columns are as wide as the widest title if that is wider."""
    cells = [[fitted(picture, cell_px) for picture in column.pictures] for column in columns]
    heights = [max(cell.height for cell in row) for row in zip(*cells, strict=True)]
    tops = [MARGIN_PX + HEAD_PX + sum(heights[:row]) + row * GAP_PX for row in range(len(heights))]
    font = ImageFont.load_default(size=15)
    wide = max(cell_px, *(int(font.getlength(column.title)) for column in columns))
    width = 2 * MARGIN_PX + len(columns) * (wide + GAP_PX) - GAP_PX
    canvas = Image.new("RGB", (width, tops[-1] + heights[-1] + MARGIN_PX), PAPER)
    pen = ImageDraw.Draw(canvas)
    for place, column in enumerate(columns):
        left = MARGIN_PX + place * (wide + GAP_PX)
        pen.text((left + wide / 2, MARGIN_PX + HEAD_PX / 3), column.title, INK, font, anchor="mm")
        for cell, top, height in zip(cells[place], tops, heights, strict=True):
            canvas.paste(cell, (left + (wide - cell.width) // 2, top + (height - cell.height) // 2))
    return np.asarray(canvas)


def fitted(picture: UInt8, cell_px: int) -> Image.Image:
    """A picture shrunk or enlarged so that its long side fills the cell."""
    height, width = picture.shape[:2]
    scale = cell_px / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return Image.fromarray(np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8))
