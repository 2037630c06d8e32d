"""Commands that make datasets."""

from typing import Any

import click

from .console import Console, PageFile

DEFAULT_CACHE = ".lcpipe"


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@click.pass_obj
def init(console: Console, folder: str) -> None:
    """Write a commented recipe to start from.

    \b
    Example:
      lcpipe init shrine
    """
    from ..demo import write_recipe

    path = write_recipe(folder)
    console.result({"recipe": path}, [f"wrote {path}", f"next: edit it, then `lcpipe build-dataset {path}`"])


@click.command("build-dataset")
@click.argument("recipe", type=click.Path())
@click.option(
    "--out", default="datasets", show_default=True, help="Where datasets go: OUT/NAME/DIGEST (a path or URI)."
)
@click.option(
    "--cache", default=DEFAULT_CACHE, show_default=True, help="Where catalog, measurements and rendered cells are kept."
)
@click.option("--workers", type=click.IntRange(min=1), help="Worker processes on this machine [default: one per core].")
@click.option("--scheduler", help="Join a Dask cluster instead, for example tcp://10.0.0.1:8786.")
@click.option(
    "--until",
    type=click.Choice(["crawl", "measure", "select", "render", "pack"]),
    default="pack",
    help="Stop after this stage.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), help="Only the N pictures with the smallest ids: a cheap, repeatable trial."
)
@click.option("--locked", metavar="FILE", help="Build from exactly the pictures of this <recipe>.lock.json.")
@click.option("--dry-run", is_flag=True, help="Say what would be done from what the cache holds; write nothing.")
@click.option(
    "--sheet",
    type=PageFile(),
    help="With --dry-run: write thumbnails of what changes, and of what is borderline, to this page.",
)
@click.pass_obj
def build_dataset(console: Console, /, recipe: str, dry_run: bool, sheet: str | None, **options: Any) -> None:
    """Crawl, measure, select, render and pack what a recipe describes, skipping what is done.

    \b
    Examples:
      lcpipe build-dataset recipe.toml --limit 100
      lcpipe build-dataset recipe.toml --until select --dry-run
    """
    from ..build import Options, build, plan
    from ..recipe import read_recipe
    from ..summaries import build_result, plan_result

    wanted = read_recipe(recipe)
    if dry_run:
        planned = plan(wanted, Options(**options))
        if sheet:
            _write_sheet(console, sheet, f"{wanted.name}: what changes", planned, options["cache"])
        return console.result(*plan_result(planned))
    return console.result(*build_result(build(wanted, Options(**options), console.reporter)))


@click.command()
@click.option(
    "--cache", "folder", default=DEFAULT_CACHE, show_default=True, help="The cache to look at (a path or URI)."
)
@click.option("--prune", "older_than", metavar="AGE", help="Remove what is not needed and older: 12h, 30d, 8w.")
@click.pass_obj
def cache(console: Console, folder: str, older_than: str | None) -> None:
    """Say what a cache holds, and remove what the newest datasets do not need.

    What the newest dataset of every recipe was built from is always kept. Run no build with the cache meanwhile.

    \b
    Examples:
      lcpipe cache
      lcpipe cache --prune 30d
    """
    from ..prune import age, lines, overview, prune

    told = overview(folder) if older_than is None else prune(folder, age(older_than))
    console.result(told, lines(told))


def _write_sheet(console: Console, path: str, title: str, planned: dict[str, Any], cache: str) -> None:
    from ..contact import Group, page, shown, stored
    from ..dataset.storage import write_bytes

    if "borderline" not in planned:
        return console.note(f"no page written: what {path} would show is not measured yet")
    changed = planned["changes"].items()
    groups = [Group(heading, [(identity, identity[:16]) for identity in ids]) for heading, ids in changed]
    near = planned["borderline"].items()
    groups += [Group(heading, [(identity, caption) for identity, caption in members]) for heading, members in near]
    write_bytes(path, page(title, groups, stored(cache, shown(groups))).encode())
    return console.note(f"wrote {path}")
