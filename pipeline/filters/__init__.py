"""One file, one filter: table in, null (kept) or a reason out."""

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.{__name__}, not {__name__}")
