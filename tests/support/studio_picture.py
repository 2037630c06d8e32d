"""Takes the picture of the studio that stands in the README: a sample drawing with scribbled colours, painted.

    python tests/support/studio_picture.py docs/studio.png

The shipped model paints, in a real Chromium: take it again when model or page have changed.
"""

import io
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent))

from support.chromium import MISSING, find_chromium
from support.pages import Paint, until
from support.studio import serving

SAMPLE = "beret"
WINDOW = {"width": 1280, "height": 760}
HAIR, SKIN, HAT, CLOTH, COLLAR, BOW, EYES, SKY = (
    "#7a4a32", "#f9dcc8", "#a63d33", "#f4f1ea", "#3f5ba9", "#a63d33", "#4a8a5c", "#cfe6ee",
)  # fmt: skip
# A colour, the size of the brush, and where it goes, in pixels of the drawing; a single place fills its area.
SCRIBBLES: Sequence[tuple[str, float, Sequence[tuple[float, float]]]] = (
    (SKY, 1, [(20, 20)]),
    (SKY, 10, [(142, 440), (140, 500)]),
    (CLOTH, 1, [(210, 440)]),
    (CLOTH, 1, [(112, 450)]),
    (CLOTH, 1, [(300, 375)]),
    (SKIN, 1, [(350, 350)]),
    (HAT, 20, [(150, 85), (200, 62), (270, 65), (310, 92)]),
    (HAIR, 14, [(150, 150), (135, 210), (115, 270), (100, 330)]),
    (HAIR, 14, [(305, 150), (300, 205), (318, 290), (322, 325)]),
    (HAIR, 10, [(160, 320), (162, 290)]),
    (HAIR, 10, [(272, 265), (276, 305)]),
    (HAIR, 12, [(190, 130), (215, 150), (245, 130)]),
    (SKIN, 14, [(200, 225), (218, 255), (245, 235)]),
    (SKIN, 12, [(205, 300), (225, 325)]),
    (SKIN, 1, [(350, 275)]),
    (EYES, 6, [(180, 205), (188, 215)]),
    (EYES, 6, [(252, 208), (258, 218)]),
    (COLLAR, 10, [(160, 335), (180, 355)]),
    (COLLAR, 10, [(260, 335), (250, 355)]),
    (BOW, 8, [(192, 372), (232, 370)]),
    (BOW, 6, [(203, 388), (197, 408)]),
    (BOW, 6, [(217, 388), (225, 408)]),
    (HAT, 6, [(145, 112), (225, 106), (305, 122)]),
    (HAIR, 10, [(92, 340), (88, 365)]),
)


def hints() -> dict[str, Any]:
    """The scribbles as a file of strokes."""
    strokes = [
        {"kind": "stroke" if len(places) > 1 else "region", "color": color, "size": size, "points": list(places)}
        for color, size, places in SCRIBBLES
    ]
    return {"version": 1, "strokes": strokes}


def taken(browser: Any, url: str, folder: Path) -> bytes:
    """The page with the painted drawing beside its lines, as PNG."""
    file = folder / "hints.json"
    file.write_text(json.dumps(hints()))
    page = browser.new_page(viewport=WINDOW, color_scheme="light")
    page.goto(url)
    page.wait_for_selector("body[data-ready]")
    page.get_by_label(f"Sample drawing: {SAMPLE}").first.click()
    paint = Paint(page)
    paint.painted()
    page.click("[data-mode=beside]")
    page.fill("#hex", HAIR)
    shown = paint.pictures
    paint.load(file)
    until(page, f"document.querySelector('#hint-count').textContent === '· {len(SCRIBBLES)}'")
    paint.after(shown)
    page.focus("#canvas")
    page.mouse.move(0, 0)
    return bytes(page.screenshot())


def main(arguments: Sequence[str]) -> int:
    """Writes the picture to the one argument."""
    from playwright.sync_api import sync_playwright

    if len(arguments) != 1 or find_chromium() is None:
        sys.stderr.write(f"{__doc__ if len(arguments) != 1 else MISSING}\n")
        return 2
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with serving() as studio, sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=sandbox)
        picture = Image.open(io.BytesIO(taken(browser, studio.url, Path(folder)))).convert("RGB")
        browser.close()
    picture.save(arguments[0], optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
