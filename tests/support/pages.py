"""The page to paint on, as a person with a mouse uses it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Place = tuple[float, float]
PATIENCE_S, PAUSE_MS = 180, 25  # a machine may be slow: only what never happens fails


def until(page: Any, expression: str) -> None:
    """Waits until a script's value is true; Playwright's own way would need scripts that the page's policy forbids."""
    for _ in range(PATIENCE_S * 1000 // PAUSE_MS):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(PAUSE_MS)
    raise TimeoutError(f"{expression} did not become true: {page.evaluate(expression.partition(' ')[0])!r}")


@dataclass(frozen=True)
class Paint:
    """A page of the studio; places are pixels of the drawing."""

    page: Any

    def open_sample(self, number: int = 0) -> None:
        """Opens a sample drawing and waits until it is painted."""
        self.page.locator("#samples button").nth(number).click()
        self.painted()
        self.page.keyboard.press("1")

    def painted(self) -> None:
        """Waits until everything that was asked for has been painted in full."""
        self.page.wait_for_selector("#canvas[data-shown=full]")
        self.page.wait_for_selector("#status[data-state=done]")

    def on_screen(self, place: Place) -> Place:
        """Where a pixel of the drawing is on the screen, while the drawing is fitted and lies over its picture."""
        box = self.page.locator("#canvas").bounding_box()
        width, height = self.size
        around = 24 if box["width"] > 500 else 8
        below = 64 if box["height"] > 300 else 0
        scale = min((box["width"] - 2 * around) / width, (box["height"] - below - 2 * around) / height)
        left = box["x"] + (box["width"] - width * scale) / 2
        top = box["y"] + (box["height"] - below - height * scale) / 2
        return left + place[0] * scale, top + place[1] * scale

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the drawing, from its title."""
        width, height = self.page.locator("#drawing-name").text_content().rpartition("· ")[2].split(" × ")
        return int(width), int(height)

    def color(self, color: str) -> None:
        """Types a colour."""
        self.page.fill("#hex", color)

    def draw(self, *places: Place) -> None:
        """Draws with the mouse from place to place, and waits for the picture."""
        before = self.pictures
        self.drag(*places)
        self.after(before)

    def drag(self, *places: Place) -> None:
        """Presses the button at the first place, lets it go at the last."""
        self.page.mouse.move(*self.on_screen(places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.on_screen(place), steps=4)
        self.page.mouse.up()

    def after(self, before: int) -> None:
        """Waits for a full picture that is newer than so many."""
        until(self.page, f"Number(document.querySelector('#canvas').dataset.pictures) > {before}")
        self.painted()

    @property
    def pictures(self) -> int:
        """How many pictures have been shown."""
        return int(self.page.get_attribute("#canvas", "data-pictures") or 0)

    @property
    def hints(self) -> int:
        """How many hints the list says there are."""
        return int((self.page.text_content("#hint-count") or "").strip("· ") or 0)

    def seen(self, place: Place, side: int = 60) -> str:
        """What is on the screen around a place, as the pixels that the page itself has drawn in its last frame."""
        x, y = self.on_screen(place)
        script = """async ([x, y, side]) => {
            for (const frame of [1, 2]) await new Promise((drawn) => requestAnimationFrame(drawn));
            const canvas = document.querySelector("#canvas"), box = canvas.getBoundingClientRect();
            const scale = canvas.width / box.width, context = canvas.getContext("2d");
            return context.getImageData((x - box.left) * scale, (y - box.top) * scale, side, side).data.join();
        }"""
        return str(self.page.evaluate(script, [x, y, side]))

    def save(self, what: str, folder: Path) -> Path:
        """Saves from the menu, and returns the file."""
        self.page.click("#save")
        with self.page.expect_download() as started:
            self.page.click(f"[data-save={what}]")
        file = folder / started.value.suggested_filename
        started.value.save_as(file)
        return file

    def kept(self) -> None:
        """Waits until the browser has stored the drawing and its hints."""
        self.page.wait_for_selector("#canvas[data-kept=true]")

    def load(self, file: Path | Sequence[Path]) -> None:
        """Chooses a file as the Open dialog does."""
        self.page.set_input_files("#file", file)
