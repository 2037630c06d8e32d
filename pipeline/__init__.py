"""From sources to a packed dataset: the five stages, the engine and the command line."""

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.{__name__}, not {__name__}")
