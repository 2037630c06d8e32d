"""Line drawing: one file, one extractor; pure functions of pictures."""

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.{__name__}, not {__name__}")
