"""Data shipped with the package: recipes, presets, protocols and model cards."""

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.{__name__}, not {__name__}")
