"""The command that brings in models of other code."""

import click

from .console import Console, needs_torch


@click.command("import-checkpoint")
@click.argument("file", type=click.Path())
@click.option("--out", required=True, metavar="FILE", help="The model file to write, for example alacgan.safetensors.")
@click.option("--features", metavar="FILE", default="", help="Illustration2Vec's weights, where they are not found.")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there already.")
@click.pass_obj
def import_checkpoint(console: Console, file: str, out: str, features: str, overwrite: bool) -> None:
    """Make a model file from a generator that the released AlacGAN code has trained (netG_….pth).

    Only plain tensors are read from FILE, never code. Its width and depth may be any.

    \b
    Example:
      lcpipe import-checkpoint netG_epoch_only.pth --out alacgan.safetensors
    """
    with needs_torch():
        from ..import_checkpoint import import_checkpoint as imported

        model = imported(file, out, features_file=features, overwrite=overwrite)
    console.result({"model": str(model)}, [f"model    {model}"])
