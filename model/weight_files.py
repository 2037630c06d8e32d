"""Pretrained files in the folder of weights: which are there, fetching published ones, and importing the user's own."""

import hashlib
import importlib
import pkgutil
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

from lcpipe.pipeline.dataset.errors import UsageError, WeightsError
from lcpipe.pipeline.dataset.storage import atomic_writer, write_bytes

from .presets import nearest
from .weight_checks import check_named_digest, check_weights
from .weights import FILE_NAMES, IMPORTED, file_record, own_file, shipped_file, vouched_for, weights_folder

MAX_BYTES = 4 * 2**30
CHUNK_BYTES = 2**20
TIMEOUT_S = 60
SHA256 = re.compile("[0-9a-f]{64}")

OnBytes = Callable[[int, int], None]


@dataclass(frozen=True)
class Published:
    """Where a file is published, and the start of its sha256 as its publisher states it."""

    url: str
    sha256: str


# The publisher of these puts the first digits of the sha256 into the name; more are checked where they are known.
PUBLISHED = {
    "alexnet": Published("https://download.pytorch.org/models/alexnet-owt-7be5be79.pth", "7be5be79"),
    "vgg16": Published("https://download.pytorch.org/models/vgg16-397923af.pth", "397923af"),
    "inception_legacy": Published("https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth", "0cc3c7bd"),
}
USES = {
    "alexnet": "LPIPS (alex)",
    "anime2sketch": "extractor anime2sketch",
    "illustration2vec": "local features of alacgan and alacgan-paper",
    "inception": "FID and KID",
    "inception_legacy": "fid_legacy",
    "informative": "extractor informative",
    "lpips_heads": "LPIPS",
    "materials": "local features of our own",
    "sketchkeras": "extractor sketchkeras",
    "vgg16": "perceptual loss, LPIPS (vgg)",
}


@dataclass(frozen=True)
class Listed:
    """One network: what it is for, and its file if there is one; `vouched` when the user imported it."""

    name: str
    use: str
    file: str | None
    sha256: str | None
    vouched: bool
    advice: str


def listed() -> Iterator[Listed]:
    """Every network whose weights may be looked for, in the order of their names."""
    for name in sorted(FILE_NAMES):
        found = own_file(name) or shipped_file(name)
        if found is None:
            way = f"`lcpipe weights fetch {name}`" if name in PUBLISHED else f"`lcpipe weights import FILE --as {name}`"
            yield Listed(name, USES.get(name, ""), None, None, False, way)
        else:
            record = file_record(found)
            yield Listed(name, USES.get(name, ""), record.name, record.sha256, vouched_for(record.sha256), "")


def fetch(name: str, on_bytes: OnBytes = lambda done, total: None, *, url: str = "", sha256: str = "") -> Path:
    """Downloads a published file into the folder, or one from `url` with its `sha256`. Raises WeightsError, UsageError.

    The file is checked while it comes and appears under its name only when it is whole and the right one.
    """
    check_name(name)
    if url and not SHA256.fullmatch(sha256.lower()):
        raise UsageError(
            "a file from elsewhere needs its checksum", where="--sha256", hint="give 64 hexadecimal digits"
        )
    published = Published(url, sha256.lower()) if url else PUBLISHED.get(name)
    if published is None:
        hint = f"get the file yourself, then `lcpipe weights import FILE --as {name}`"
        raise WeightsError(f"no place is known that publishes {name} with a checksum", hint=hint)
    file_name = Path(urlsplit(published.url).path).name
    if file_name not in FILE_NAMES[name]:
        file_name = FILE_NAMES[name][0] if file_name.endswith(".safetensors") else FILE_NAMES[name][-1]
    target = weights_folder() / file_name
    if target.is_file() and file_record(target).sha256.startswith(published.sha256):
        return target
    _download(published, target, on_bytes)
    return target


def check_name(name: str) -> None:
    """Raises UsageError for a network that is none."""
    if name not in FILE_NAMES:
        raise UsageError(f"no network is called '{name}'", where="weights", hint=nearest(name, sorted(FILE_NAMES)))


def _download(published: Published, target: Path, on_bytes: OnBytes) -> None:
    if urlsplit(published.url).scheme not in ("http", "https"):
        raise UsageError("only http and https addresses can be fetched", where=published.url, hint="check the address")
    digest, done = hashlib.sha256(), 0
    with atomic_writer(str(target)) as file:
        for chunk, total in _chunks(published.url):
            done += len(chunk)
            if done > MAX_BYTES:
                raise WeightsError(f"more than {MAX_BYTES} bytes", where=published.url, hint="check the address")
            digest.update(chunk)
            file.write(chunk)
            on_bytes(done, total)
        if not digest.hexdigest().startswith(published.sha256):
            what = f"the file has the sha256 {digest.hexdigest()}, not {published.sha256}"
            raise WeightsError(what, where=published.url, hint="try again; if it stays so, do not use that place")


def _chunks(url: str) -> Iterator[tuple[bytes, int]]:
    """The body of an address with its claimed length, 0 for none. Raises WeightsError."""
    import requests

    try:
        with requests.get(url, stream=True, timeout=TIMEOUT_S) as answer:
            answer.raise_for_status()
            length = answer.headers.get("content-length", "")
            for chunk in answer.iter_content(CHUNK_BYTES):
                yield chunk, int(length) if length.isdigit() else 0
    except requests.RequestException as error:
        what = f"cannot fetch the weights: {type(error).__name__}"
        raise WeightsError(what, where=url, hint="check the connection, or import the file") from None


def import_file(path: str, name: str = "") -> Path:
    """Copies a file into the folder under a name that is looked for, as safetensors where there is a converter.

    What does not fit its network, or the checksum in its name, is refused before anything is written. Whoever imports
    a file vouches for it: its digest is kept. Raises WeightsError, UsageError.
    """
    source = Path(path)
    if not source.is_file():
        raise WeightsError("no such file", where=path, hint="check the path")
    network = name or next((network for network, names in FILE_NAMES.items() if source.name in names), "")
    if not network:
        hint = f"say which one: --as {' or --as '.join(sorted(FILE_NAMES))}"
        raise UsageError("the file's name does not say which network it is", where=source.name, hint=hint)
    check_name(network)
    check_named_digest(source)
    target = _converted(source, network) or _copied(source, network)
    digest = file_record(target).sha256
    if not vouched_for(digest):
        known = weights_folder() / IMPORTED
        before = known.read_text(encoding="utf-8") if known.is_file() else ""
        write_bytes(str(known), f"{before}{digest}  {target.name}\n".encode())
    return target


def _converted(source: Path, network: str) -> Path | None:
    """The file as safetensors, where its format is one that a converter knows."""
    converter = _converter(network)
    if converter is None or source.suffix == ".safetensors":
        return None
    from safetensors.torch import save

    tensors, metadata = converter.convert(source)
    target = weights_folder() / f"{network}.safetensors"
    texts = {str(key): str(value) for key, value in metadata.items()}
    write_bytes(str(target), save({key: tensor.contiguous() for key, tensor in tensors.items()}, texts))
    return target


def _converter(network: str) -> ModuleType | None:
    """The module of imports/ that knows a network's foreign formats."""
    try:
        package = importlib.import_module(".imports", __package__)
    except ModuleNotFoundError:
        return None
    names = {module.name for module in pkgutil.iter_modules(package.__path__)}
    return importlib.import_module(f".imports.{network}", __package__) if network in names else None


def _copied(source: Path, network: str) -> Path:
    names = FILE_NAMES[network]
    fitting = [name for name in names if Path(name).suffix == source.suffix]
    if not fitting:
        kinds = ", ".join(sorted({Path(name).suffix for name in names}))
        raise WeightsError(f"{network} is read from {kinds}", where=str(source), hint="give a file of that kind")
    target = weights_folder() / (source.name if source.name in names else fitting[0])
    check_weights(source, network)
    if target.exists() and target.samefile(source):
        return target
    with source.open("rb") as opened, atomic_writer(str(target)) as file:
        shutil.copyfileobj(opened, file, CHUNK_BYTES)
    return target
