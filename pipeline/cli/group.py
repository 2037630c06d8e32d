"""All commands: which there are, in which group, and in which file."""

import os
from importlib import import_module
from typing import Any

import click

from .console import Console

MODEL_COMMANDS = {
    "train": "Train a colouriser on a dataset, or go on with a run.",
    "runs": "Compare training runs in one page.",
    "import-checkpoint": "Make a model file of a checkpoint of the released AlacGAN code.",
    "evaluate": "Measure a trained colouriser on a dataset's held-out pictures.",
    "compare": "Say which of two evaluations is better, and whether that is sure.",
    "vote": "Let people choose between two models' pictures, without knowing whose is whose.",
    "colorize": "Paint line drawings with a trained colouriser.",
    "studio": "Scribble colours in the browser and see the drawing painted; look through a dataset.",
    "weights": "List, fetch or import pretrained files.",
}
# Group, command, and the file of this folder that holds it; those of the model live in `lcpipe.model.cli`.
GROUPS: dict[str, dict[str, str]] = {
    "data": {
        "init": "data",
        "crawl": "crawl",
        "build-dataset": "data",
        "copy": "share",
        "export": "share",
        "cache": "data",
    },
    "lines": {"extract-lines": "lines"},
    "model": dict.fromkeys(MODEL_COMMANDS, ""),
    "look": dict.fromkeys(("inspect", "explain", "diff", "verify", "lineage", "plugins"), "look"),
    "all": {"demo": "demo"},
}
SETTINGS: dict[str, Any] = {
    "help_option_names": ["-h", "--help"],
    "auto_envvar_prefix": "LCPIPE",
    "max_content_width": 100,
}


class Commands(click.Group):
    """Lists the commands by group, and loads those of the model only when one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in GROUPS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in MODEL_COMMANDS:
            from lcpipe.model.cli import command

            return command(cmd_name)
        module = next((names[cmd_name] for names in GROUPS.values() if cmd_name in names), None)
        return getattr(import_module(f".{module}", __package__), cmd_name.replace("-", "_")) if module else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            from ..plugins import suggestion

            raise click.UsageError(f"no command is called '{args[0]}'; {suggestion(args[0], self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, self._about(ctx, name)) for name in names])

    def _about(self, ctx: click.Context, name: str) -> str:
        command = None if name in MODEL_COMMANDS else self.get_command(ctx, name)
        return command.get_short_help_str(limit=90) if command else MODEL_COMMANDS[name]


@click.group(cls=Commands, context_settings=SETTINGS)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but the result.")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
@click.option("--no-color", is_flag=True, help="No colours on the terminal (also: NO_COLOR).")
@click.version_option(package_name="lcpipe", message="lcpipe %(version)s")
@click.pass_context
def lcpipe(ctx: click.Context, quiet: bool, verbose: bool, as_json: bool, no_color: bool) -> None:
    """From crawled illustrations to line-art pairs to a colouriser, each step versioned with the next.

    \b
    Example:
      lcpipe init shrine && lcpipe build-dataset shrine/recipe.toml
    """
    if no_color:
        os.environ["NO_COLOR"] = "1"
    ctx.obj = Console(-1 if quiet else int(verbose), as_json, ctx.obj)
