"""The contract of a packed dataset: schema, manifest, digest, decoding, reading and writing."""

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.{__name__}, not {__name__}")
