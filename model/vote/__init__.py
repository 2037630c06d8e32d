"""A blind vote on two evaluations: a page on loopback shows two pictures of one drawing and asks which is better."""

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.{__name__}, not {__name__}")
