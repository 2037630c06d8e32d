"""What commands print with."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click


class PageFile(click.Path):
    """A page to write: a name that ends otherwise is more likely a picture's or a dataset's, and would be lost."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path as it is given; a usage error unless it ends as a page does."""
        if Path(value).suffix.lower() not in (".html", ".htm"):
            self.fail(f"{value!r} is to be a page: give it a name that ends in .html", param, ctx)
        return super().convert(value, param, ctx)


class Console:
    """What commands print with: the result on stdout, everything else on stderr."""

    def __init__(self, level: int, as_json: bool, answers: list[dict[str, Any]] | None = None) -> None:
        self.level = level
        self.as_json = as_json
        self._answers = answers  # where those who run the command see what it has answered

    def result(self, value: dict[str, Any], lines: Sequence[str]) -> None:
        """The command's answer: lines for a person, or exactly one JSON object."""
        text = json.dumps(value, ensure_ascii=False, sort_keys=True) if self.as_json else "\n".join(lines)
        click.echo(text)
        if self._answers is not None:
            self._answers.append(value)

    def note(self, text: str) -> None:
        """One line about what goes on, unless quiet."""
        if self.level >= 0:
            click.echo(text, err=True)

    @property
    def reporter(self) -> Any:
        """Progress bars and log lines for the library."""
        from ..progress import Reporter

        return Reporter(self.level)
