"""The command line: reads arguments, calls the library, prints. One of the two packages that know Click.

One file holds one group of commands; `group.py` lists them all, and `run.py` turns errors into lines and exit codes.
Importing it imports nothing heavy: help must be quick.
"""

from .group import lcpipe
from .run import main

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.{__name__}, not {__name__}")

__all__ = ["lcpipe", "main"]
