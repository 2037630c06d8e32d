"""The colouriser: networks, hints, losses, loader, trainer, metrics and its own commands."""

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.{__name__}, not {__name__}")
