"""The command that crawls."""

import click

from .console import Console
from .data import DEFAULT_CACHE


@click.command()
@click.argument("recipe", type=click.Path())
@click.option("--cache", default=DEFAULT_CACHE, show_default=True, help="Where the catalog is kept, on this machine.")
@click.option("--status", is_flag=True, help="Say how far the crawl has come; ask nobody.")
@click.option("--incremental", is_flag=True, help="Also ask the sources for what is new since the crawl was finished.")
@click.option("--resync", is_flag=True, help="Ask whether published pictures still stand; mark those taken down.")
@click.option(
    "--believe", is_flag=True, help="With --resync: also a site that says of all its pictures that they are gone."
)
@click.pass_obj
def crawl(
    console: Console, /, recipe: str, cache: str, status: bool, incremental: bool, resync: bool, believe: bool
) -> None:
    """List and fetch what a recipe's sources hold; go on after a stop, and ask again for what failed.

    \b
    Examples:
      lcpipe crawl recipe.toml
      lcpipe crawl recipe.toml --status
      lcpipe crawl recipe.toml --incremental
    """
    from ..network.commands import crawl_answer, resync_answer, status_answer
    from ..recipe import read_recipe

    if sum((status, incremental, resync)) > 1:
        raise click.UsageError("give one of --status, --incremental and --resync")
    if believe and not resync:
        raise click.UsageError("--believe is for --resync")
    wanted = read_recipe(recipe)
    if status:
        return console.result(*status_answer(wanted, cache))
    if resync:
        return console.result(*resync_answer(wanted, cache, console.reporter, believe=believe))
    return console.result(*crawl_answer(wanted, cache, console.reporter, incremental=incremental))
