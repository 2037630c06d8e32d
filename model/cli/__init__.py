"""The commands of the model: they read arguments, call the library and print. One of the two packages that know Click.

Importing it imports no torch: help must be quick, and machines that only build datasets have none.
"""

from importlib import import_module

import click

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.{__name__}, not {__name__}")

# Command, and the file of this folder that holds it.
COMMANDS = {
    "train": "train",
    "runs": "runs",
    "import-checkpoint": "import_checkpoint",
    "evaluate": "evaluate",
    "compare": "compare",
    "vote": "vote",
    "colorize": "colorize",
    "studio": "studio",
    "weights": "weights",
}


def command(name: str) -> click.Command:
    """The command of that name; its file is imported now."""
    found: click.Command = getattr(import_module(f".{COMMANDS[name]}", __package__), name.replace("-", "_"))
    return found
