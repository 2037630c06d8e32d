"""Converters of published weights: one file per network, named as it is, with `convert(path)`."""

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.model.{__name__}, not {__name__}")
