"""The contract of a packed dataset: schema, manifest, digest, decoding, reading and writing."""

if not __name__.startswith("lcpipe."):
    raise ImportError(f"import lcpipe.{__name__}, not {__name__}")


def __getattr__(name: str) -> object:
    """What users import, loaded when it is asked for: `lcpipe --help` reads errors from this package, not Parquet."""
    if name == "open_dataset":
        from .reading import open_dataset

        return open_dataset
    if name == "decoded_rows":
        from .streaming import decoded_rows

        return decoded_rows
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
