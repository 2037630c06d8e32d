"""The way to the network: one polite, checked request after another, and a ledger of what became of each."""

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.{__name__}, not {__name__}")
