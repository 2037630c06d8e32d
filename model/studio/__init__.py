"""The page in the browser: scribble colours on a line drawing and see it painted; look through a dataset."""

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.{__name__}, not {__name__}")
