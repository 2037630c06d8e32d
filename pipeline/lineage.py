"""Where a model, a run or a dataset comes from: a tree in which every link says whether its digest was checked."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import plugins
from .dataset.canonical import sha256_hex
from .dataset.errors import LcpipeError
from .dataset.manifest import read_manifest
from .dataset.storage import filesystem, join, read_bytes, storage_errors
from .line_weights import needs_weights, sha256_of
from .markup import counted, plain
from .safetensors_header import own_metadata, read_header

Node = dict[str, Any]

VERIFIED = "verified"  # the digest recorded above equals the one found here
MISMATCH = "MISMATCH"  # something is there, but it is not what was recorded
NOT_FOUND = "not found"  # nothing is there to compare with
RECORDED = "recorded"  # named in a place that was verified, and nothing to compare with by nature
_MARKS = {VERIFIED: "✓", MISMATCH: "✗", NOT_FOUND: "?", RECORDED: "·"}
_NOTHING: Mapping[str, Any] = {}
_MAX_JSON_BYTES = 64 * 1024**2


def lineage(path: str, datasets: Sequence[str] = ()) -> Node:
    """The tree above a model file, a run or checkpoint folder, or a dataset.

    `datasets` are further places where the dataset may lie. Raises LcpipeError when `path` is none of these.
    """
    place = Path(path)
    if place.suffix == ".safetensors" and not place.is_dir():
        return _model(place, datasets)
    folder = place.parent if place.name in ("manifest.json", "run.json") else place
    if (folder / "run.json").is_file():
        return _run(folder, datasets, VERIFIED, "named on the command line")
    if (folder.parent / "run.json").is_file() and folder.name.startswith("checkpoint-"):
        return _checkpoint(folder, datasets)
    if _holds_manifest(path if folder == place else str(folder)):
        root = path if folder == place else str(folder)
        return _dataset_node(root, read_manifest(root), VERIFIED, "the manifest's own sha256 is right")
    hint = "give a model.safetensors, a run, a checkpoint, or a dataset's folder"
    raise LcpipeError("neither a model, a run nor a dataset", where=path, hint=hint)


def worst(node: Node) -> str:
    """The gravest state in a tree: MISMATCH, then not found, then the others."""
    states = {node["state"], *(worst(child) for child in node["from"])}
    return next(state for state in (MISMATCH, NOT_FOUND, VERIFIED, RECORDED) if state in states)


def lines(node: Node) -> list[str]:
    """The tree for people, one node a line, with what was checked below it."""
    return [_headline(node), *_facts(node, "  "), *_branches(node, "")]


def _branches(node: Node, indent: str) -> list[str]:
    told = []
    for number, child in enumerate(node["from"]):
        last = number == len(node["from"]) - 1
        below = indent + ("   " if last else "│  ")
        told.append(f"{indent}{'└─ ' if last else '├─ '}{_headline(child)}")
        told += [*_facts(child, below + ("│  " if child["from"] else "   ")), *_branches(child, below)]
    return told


def _headline(node: Node) -> str:
    where = f"  {plain(node['where'], 300)}" if node["where"] else ""
    return f"{_MARKS[node['state']]} {node['kind']} {plain(node['name'])}{where}"


def _facts(node: Node, indent: str) -> list[str]:
    told = [f"{name} {plain(value, 200)}" for name, value in node["facts"].items() if value not in (None, "")]
    return [f"{indent}{line}" for line in (f"{node['state']}: {node['because']}", *told)]


def _node(
    kind: str, name: str, where: str, state: str, because: str, facts: Mapping[str, Any], above: list[Node]
) -> Node:
    return {
        "kind": kind,
        "name": name,
        "where": where,
        "state": state,
        "because": because,
        "facts": dict(facts),
        "from": above,
    }


def _model(path: Path, datasets: Sequence[str]) -> Node:
    header = read_header(path)
    metadata = own_metadata(header, path)
    run = _table(metadata.get("run"))
    facts = {
        "preset": metadata.get("preset"),
        "trained": f"{run.get('step', '?')} steps, {run.get('images', '?')} images" if run else "",
        "size": f"{header.parameters:,} numbers in {counted(header.tensors, 'tensor')}",
        "lcpipe": metadata.get("lcpipe"),
    }
    above = [_run_of_model(path, run, _table(metadata.get("dataset")), datasets)]
    return _node("model", path.name, str(path), VERIFIED, "the header is whole", facts, above)


def _run_of_model(path: Path, run: Mapping[str, Any], claimed: Mapping[str, Any], datasets: Sequence[str]) -> Node:
    """The run beside a model file, or in the folder above a checkpoint."""
    recorded = run.get("sha256")
    folder = next((place for place in (path.parent, path.parent.parent) if (place / "run.json").is_file()), None)
    if folder is None:
        facts = {"run.json sha256": recorded}
        above = [_dataset(claimed, path.parent, datasets)] if claimed else []
        return _node("run", "", "", NOT_FOUND, "no run.json beside the model", facts, above)
    if recorded is None:
        return _run(folder, datasets, RECORDED, "the model does not record the sha256 of its run.json", claimed)
    same = sha256_hex(read_bytes(str(folder / "run.json"))) == recorded
    state = VERIFIED if same else MISMATCH
    because = "run.json has the sha256 that the model records" if same else "run.json is not the one of the model"
    return _run(folder, datasets, state, because, claimed)


def _checkpoint(folder: Path, datasets: Sequence[str]) -> Node:
    """A checkpoint, with its files held against the inventory in its state.json."""
    state = _read_json(folder / "state.json")
    files = _table(state.get("files"))
    damaged = [name for name, facts in files.items() if not _is_file(folder / name, facts)]
    because = f"not as they were written: {', '.join(damaged)}" if damaged else "its files are as they were written"
    seen = MISMATCH if damaged else VERIFIED if files else NOT_FOUND
    above = [_run(folder.parent, datasets, RECORDED, "the checkpoint lies in the run's folder")]
    facts = {"step": state.get("step")}
    return _node("checkpoint", folder.name, str(folder), seen, because if files else "no state.json", facts, above)


def _is_file(path: Path, facts: Any) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == str(facts["sha256"])
    except (OSError, TypeError, KeyError):
        return False


def _run(
    folder: Path, datasets: Sequence[str], state: str, because: str, claimed: Mapping[str, Any] = _NOTHING
) -> Node:
    """A run, and the dataset that it (or else the model) names."""
    document = _read_json(folder / "run.json")
    if not document:
        raise LcpipeError("run.json is not valid", where=str(folder), hint="restore it from a copy of the run")
    dataset = _table(document.get("dataset")) or claimed
    config = _table(document.get("config"))
    facts = {
        "preset": document.get("preset") or config.get("preset"),
        "seed": document.get("seed") or config.get("seed"),
    }
    if claimed and dataset and dataset.get("digest") != claimed.get("digest"):
        state, because = MISMATCH, "the run names another dataset digest than the model"
    above = [_dataset(dataset, folder, datasets)] if dataset else []
    return _node("run", folder.resolve().name, str(folder), state, because, facts, above)


def _read_json(path: Path) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    try:
        document = json.loads(path.read_bytes()) if path.stat().st_size <= _MAX_JSON_BYTES else None
    except (OSError, ValueError, RecursionError):
        document = None
    return _table(document)


def _table(value: Any) -> dict[str, Any]:
    """The value where it is a JSON object: files of others are not trusted to have one there."""
    return value if isinstance(value, dict) else {}


def _dataset(claimed: Mapping[str, Any], folder: Path, datasets: Sequence[str]) -> Node:
    """The dataset with a digest, looked for where the run says and where the caller says."""
    digest = str(claimed.get("digest", ""))
    others = {}
    for root in _candidates(claimed, folder, datasets):
        manifest = _manifest_at(root)
        if manifest and manifest["digest"] == digest:
            return _dataset_node(root, manifest, VERIFIED, "its digest is the recorded one, and its manifest is whole")
        if manifest:
            others[root] = str(manifest["digest"])
    name = f"{claimed.get('name', '')} {claimed.get('version', '')}".strip()
    if others:
        where, found = next(iter(others.items()))
        facts = {"recorded digest": digest, "digest found": found}
        return _node("dataset", name, where, MISMATCH, "another dataset lies where the recorded one was", facts, [])
    because = "it does not lie where the run says; name its folder to have it checked"
    return _node("dataset", name, str(claimed.get("path", "")), NOT_FOUND, because, {"recorded digest": digest}, [])


def _candidates(claimed: Mapping[str, Any], folder: Path, datasets: Sequence[str]) -> list[str]:
    """Where the caller says, where the run lay, and the same path seen from the run's folder."""
    recorded = [str(claimed.get("path") or ""), str(_read_json(folder / "places.json").get("dataset") or "")]
    named = [place for path in recorded if path for place in _seen_from(folder, path)]
    return [*datasets, *named]


def _seen_from(folder: Path, path: str) -> list[str]:
    return [path] if "://" in path or Path(path).is_absolute() else [str(folder / path), path]


def _holds_manifest(root: str) -> bool:
    try:
        read_bytes(join(root, "manifest.json"))
    except LcpipeError:
        return False
    return True


def _manifest_at(root: str) -> dict[str, Any] | None:
    """The manifest of a dataset; None where there is none, or none that is whole."""
    try:
        return read_manifest(root) if _holds_manifest(root) else None
    except LcpipeError:
        return None


def _dataset_node(root: str, manifest: Mapping[str, Any], state: str, because: str) -> Node:
    counts = manifest["counts"]
    splits = counts["splits"]
    rows = {config: sum(splits[config].values()) for config in sorted(splits, reverse=True)}
    facts = {
        "digest": manifest["digest"],
        "rows": ", ".join(f"{number:,} in {config}" for config, number in rows.items() if number),
        "lcpipe": manifest["provenance"]["lcpipe"]["version"],
    }
    name = f"{manifest['name']} {manifest['version']}"
    lacking = _lacking(root, manifest)
    if lacking:
        state, because = MISMATCH, f"{lacking[0]} is missing or of another size; `lcpipe verify` tells all"
    return _node("dataset", name, root, state, because, facts, [_recipe(manifest)])


def _lacking(root: str, manifest: Mapping[str, Any]) -> list[str]:
    """The files of a dataset that are not there, or not as large as its manifest says: no byte of them is read."""
    fs, base = filesystem(root)
    with storage_errors(root):
        there = {path: entry["size"] for path, entry in fs.find(base, detail=True).items()}
    sizes = {path.removeprefix(base.rstrip("/") + "/"): size for path, size in there.items()}
    return [entry["path"] for entry in manifest["files"] if sizes.get(entry["path"]) != entry["bytes"]]


def _recipe(manifest: Mapping[str, Any]) -> Node:
    made = manifest["provenance"]
    recipe = made["recipe"]
    facts = {
        "filters": ", ".join(recipe.get("filters", {})),
        "lines": ", ".join(f"{name} ({line.get('extractor', '?')})" for name, line in recipe.get("lines", {}).items()),
        "plug-ins": ", ".join(f"{name} {version}" for name, version in made["plugins"].items()),
    }
    sources = [_source(name, source) for name, source in sorted(made["sources"].items())]
    networks = [_weights(name, str(sha256)) for name, sha256 in sorted(_table(made.get("weights")).items())]
    because = "it lies whole in the verified manifest"
    above = [*networks, *sources]
    return _node("recipe", str(recipe.get("name", manifest["name"])), "", VERIFIED, because, facts, above)


def _weights(name: str, sha256: str) -> Node:
    """The weights that drew lines or measured, held against the file that would do so here."""
    facts = {"sha256": sha256}
    kind, _, plugin = name.partition("/")
    if kind != "extractors":
        return _node("weights", name, "", RECORDED, "the recipe names the file, relative to itself", facts, [])
    try:
        module = plugins.load("extractors", plugin)
        same = needs_weights(module) and sha256_of(module) == sha256
    except LcpipeError:
        return _node("weights", name, "", NOT_FOUND, "there is no such file here", facts, [])
    because = "the file here has this sha256" if same else "the file here is another one"
    return _node("weights", name, "", VERIFIED if same else NOT_FOUND, because, facts, [])


def _source(name: str, source: Mapping[str, Any]) -> Node:
    facts = {"found": counted(int(source.get("found", 0)), "picture"), "catalog sha256": source.get("catalog")}
    because = "the manifest names it; a crawl is an input and is not repeated"
    return _node("source", f"{name} ({source.get('kind', '?')})", "", RECORDED, because, facts, [])
