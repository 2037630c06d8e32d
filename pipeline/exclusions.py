"""What a recipe's `[exclude]` names: takedowns and other rows to leave out, in the recipe itself and in files."""

import tomllib

from .dataset.errors import RecipeError
from .recipe import ExcludeLists, Recipe
from .settings import parse


def excluded(recipe: Recipe) -> tuple[set[str], set[str], set[str]]:
    """(ids, refs, artists) that `[exclude]` and its files name: TOML with the same keys, or one id or ref a line.

    Ids are hex: a takedown in capitals counts as well. `#` begins a line that is a comment.
    Raises RecipeError for a file that cannot be read.
    """
    own = recipe.exclude
    ids, refs, artists = set(own.ids), set(own.refs), set(own.artists)
    for name in own.files:
        more = _exclude_file(recipe, name)
        ids |= more["ids"]
        refs |= more["refs"]
        artists |= more["artists"]
    return {one.strip().lower() for one in ids}, refs, artists


def _exclude_file(recipe: Recipe, name: str) -> dict[str, set[str]]:
    path = recipe.folder / name
    try:
        text = path.read_text(encoding="utf-8-sig")
        table = tomllib.loads(text) if path.suffix == ".toml" else None
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise RecipeError(f"cannot read the list: {why}", where=f"[exclude] {name}", hint="check the file") from None
    if table is not None:
        lists = parse(ExcludeLists, table, f"[exclude] {name}")
        return {"ids": set(lists.ids), "refs": set(lists.refs), "artists": set(lists.artists)}
    lines = {line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")}
    return {"ids": {x for x in lines if ":" not in x}, "refs": {x for x in lines if ":" in x}, "artists": set()}
