"""The commands about pretrained files."""

from dataclasses import asdict

import click

from lcpipe.pipeline.dataset.errors import UsageError

from .console import Console, counter, needs_torch


@click.command()
@click.argument("action", type=click.Choice(["list", "fetch", "import"]), default="list")
@click.argument("what", required=False)
@click.option("--as", "network", metavar="NETWORK", default="", help="Which network an imported file is of.")
@click.option("--from", "url", metavar="URL", default="", help="Fetch from there instead; needs --sha256.")
@click.option("--sha256", metavar="HEX", default="", help="The whole checksum of the file at --from.")
@click.pass_obj
def weights(console: Console, action: str, what: str | None, network: str, url: str, sha256: str) -> None:
    """List, fetch or import pretrained files: perceptual networks, metrics, published extractors.

    They lie in the folder LCPIPE_WEIGHTS, or in the user's cache. `fetch NETWORK` checks what it downloads;
    `import FILE` converts a published file where that is needed, and remembers that you vouch for it.

    \b
    Examples:
      lcpipe weights list
      lcpipe weights fetch vgg16
      lcpipe weights import illust2vec_ver200.caffemodel --as illustration2vec
    """
    if action != "list" and not what:
        noun = "a NETWORK" if action == "fetch" else "a FILE"
        raise UsageError(f"{noun} is missing", where=f"weights {action}", hint="see `lcpipe weights --help`")
    with needs_torch():
        if action == "list":
            _list(console)
        elif action == "import":
            from ..weight_files import import_file

            path = import_file(str(what), network)
            console.result({"file": str(path)}, [f"imported {path}"])
        else:
            from ..weight_files import fetch

            with counter(console, f"fetch {what}", "bytes") as count:
                fetched = fetch(str(what), count, url=url, sha256=sha256)
            console.result({"file": str(fetched)}, [f"fetched {fetched}"])


def _list(console: Console) -> None:
    from ..weight_files import listed
    from ..weights import weights_folder

    rows = list(listed())
    lines = [f"folder  {weights_folder()}"]
    for row in rows:
        state = f"{row.file}  {row.sha256[:12]}" if row.file and row.sha256 else f"missing: {row.advice}"
        lines.append(f"{row.name:<17} {row.use:<44} {state}")
    console.result({"folder": str(weights_folder()), "weights": [asdict(row) for row in rows]}, lines)
