"""The command that compares two evaluations."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from .console import Console, needs_torch

if TYPE_CHECKING:
    from ..differences import Difference


@click.command()
@click.argument("evaluation_a", metavar="EVAL_A")
@click.argument("evaluation_b", metavar="EVAL_B")
@click.pass_obj
def compare(console: Console, evaluation_a: str, evaluation_b: str) -> None:
    """Say which of two evaluations is better, value by value, and whether that is sure.

    Differences are taken picture by picture, with 95 % bootstrap intervals. Both must be of one dataset and protocol.

    \b
    Example:
      lcpipe compare evaluations/first evaluations/second
    """
    with needs_torch():
        from ..compare import compare as compared
        from ..compare import tally

        comparison = compared(evaluation_a, evaluation_b)
        differences = comparison.differences
        count = {str(verdict): number for verdict, number in tally(differences).items()}
    rows = [asdict(each) | {"verdict": each.verdict} for each in differences]
    lines = [*_lines(differences, count), *comparison.notes]
    console.result({"differences": rows, "tally": count, "notes": list(comparison.notes)}, lines)


def _lines(differences: "Sequence[Difference]", count: dict[str, int]) -> Iterator[str]:
    width = max(len(each.value) for each in differences)
    yield f"{'lines':<18} {'hints':>5}  {'value':<{width}} {'A':>9} {'B':>9}   B - A (95 %)                better"
    for each in differences:
        interval = f"{each.difference:+.4f} ({each.low:+.4f} to {each.high:+.4f})"
        numbers = f"{each.a:>9.4f} {each.b:>9.4f}   {interval:<32}"
        yield f"{each.lines:<18} {each.hints:>5}  {each.value:<{width}} {numbers} {each.verdict}"
    yield ", ".join(f"{verdict}: {number}" for verdict, number in count.items())
