"""The command that lets people vote."""

import click

from .console import Console, needs_studio, needs_torch


@click.command()
@click.argument("evaluation_a", metavar="EVAL_A")
@click.argument("evaluation_b", metavar="EVAL_B")
@click.option("--out", default="votes.json", show_default=True, type=click.Path(dir_okay=False), help="Where votes go.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="For the order and the sides.")
@click.option("--port", type=click.IntRange(0, 65535), default=8766, show_default=True, help="0 takes any free one.")
@click.option("--count", "only_count", is_flag=True, help="Only say what the votes given so far say.")
@click.pass_obj
def vote(
    console: Console, evaluation_a: str, evaluation_b: str, out: str, seed: int, port: int, only_count: bool
) -> None:
    """Let people choose between the pictures of two evaluations, without knowing whose is whose.

    Serves a page on this machine until it is stopped, then says what the votes say (Bradley-Terry). Votes are kept
    as they come: the same command goes on where it was.

    \b
    Example:
      lcpipe vote evaluations/first evaluations/second --out votes.json
    """
    with needs_torch(), needs_studio():
        from ..vote.app import lines, serve
        from ..vote.ballots import open_poll

        poll = open_poll(evaluation_a, evaluation_b, out, seed)
        if not only_count:
            serve(poll, port, lambda address: console.note(f"open {address} in a browser; Ctrl-C ends the vote"))
    console.result(*lines(poll))
