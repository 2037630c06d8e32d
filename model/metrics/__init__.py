"""One file, one metric of an evaluation."""

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.{__name__}, not {__name__}")
