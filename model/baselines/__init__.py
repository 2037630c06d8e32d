"""One file, one way to paint by hints that learns nothing: what a trained model is measured against."""

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.{__name__}, not {__name__}")
