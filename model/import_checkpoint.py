"""Makes a model file, ready to paint, from a generator that other code has trained."""

from pathlib import Path

from lcpipe.pipeline.dataset.errors import UsageError, WeightsError
from lcpipe.pipeline.dataset.storage import storage_errors

from .checkpoints import save_model
from .features import build_features
from .imports.alacgan import convert, layout
from .networks import Generator
from .weights import fill

I2V_CHANNELS = 512


def import_checkpoint(file: str, out: str, *, features_file: str = "", overwrite: bool = False) -> Path:
    """Converts an official `.pth` and writes a model file with its local features network inside; returns its path.

    Raises WeightsError for a file of another kind, or where Illustration2Vec, which such a generator needs, is missing.
    """
    source, target = Path(file), Path(out)
    if not source.is_file():
        raise WeightsError("no such checkpoint", where=file, hint="check the path")
    if target.exists() and not overwrite:
        raise UsageError("there is a file already", where=out, hint="give another --out, or --overwrite")
    tensors, metadata = convert(source)
    config = layout(tensors, source)
    if config.feature_channels not in (0, I2V_CHANNELS):
        what = f"its local features have {config.feature_channels} channels, not {I2V_CHANNELS}"
        raise WeightsError(
            what, where=file, hint="only generators with Illustration2Vec, or without features, are known"
        )
    features = build_features("illustration2vec" if config.feature_channels else "none", features_file)
    generator = Generator(config)
    fill(generator, tensors, file)
    record = {"preset": "imported", "imported": metadata, "substitutes": {}, "metrics": {}}
    with storage_errors(out):
        target.parent.mkdir(parents=True, exist_ok=True)
        save_model(str(target), generator, features, record)
    return target
