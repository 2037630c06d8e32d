"""Whether a file of weights is what it is said to be: it is read into its network, and a checksum in its name is true.

Only tensors are read; Inception's file is a program, which is read and not run.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from lcpipe.pipeline.dataset.errors import WeightsError

from .features import build_features, load_layers, vgg16_layers
from .imports import anime2sketch, informative, sketchkeras
from .inception import load_program
from .inception_v3 import load_inception_v3
from .lpips import BACKBONES, alexnet_layers, read_heads
from .weights import file_record

DEEPEST = 23  # modules of VGG16's `features` that anything of ours looks at
NAMED = re.compile(r"-([0-9a-f]{8,64})\.[a-z]+$")  # how publishers put the first digits of the sha256 into a name

CHECKS: Mapping[str, Callable[[Path], object]] = {
    "alexnet": lambda path: load_layers(alexnet_layers(), "alexnet", str(path)),
    "anime2sketch": anime2sketch.convert,
    "illustration2vec": lambda path: build_features("illustration2vec", str(path)),
    "inception": load_program,
    "inception_legacy": lambda path: load_inception_v3(str(path)),
    "informative": informative.convert,
    "lpips_heads": lambda path: [read_heads(path, network) for network in BACKBONES],
    "materials": lambda path: build_features("materials", str(path)),
    "sketchkeras": sketchkeras.convert,
    "vgg16": lambda path: load_layers(vgg16_layers(DEEPEST), "vgg16", str(path)),
}


def check_weights(path: Path, network: str) -> None:
    """Raises WeightsError for a file that holds no weights of that network."""
    CHECKS[network](path)


def check_named_digest(path: Path) -> None:
    """Raises WeightsError where a file's name holds the start of a checksum that is not its own."""
    promised = NAMED.search(path.name)
    if promised and not (digest := file_record(path).sha256).startswith(promised[1]):
        what = f"the name promises the sha256 {promised[1]}…, the file has {digest}"
        raise WeightsError(what, where=str(path), hint="get the file again; a file of your own needs another name")
