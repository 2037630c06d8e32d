"""The dataset described in Croissant, the JSON-LD vocabulary for datasets that search engines and loaders read."""

import re
from typing import Any

import pyarrow as pa

from .card import license_fields
from .dataset.reading import Dataset
from .markup import counted, plain
from .overview import attributions, audience, columns_of, rights_columns
from .recipe_words import plain_processing
from .yaml_features import is_image

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    **{
        term: f"cr:{term}"
        for term in (
            "citeAs column equivalentProperty extract field fileProperty fileObject fileSet format includes "
            "isLiveDataset jsonPath key md5 parentField path recordSet references regex repeated replace samplingRate "
            "separator source subField transform"
        ).split()
    },
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
}
_SPLIT_TYPES = {"train": "cr:TrainingSplit", "validation": "cr:ValidationSplit", "test": "cr:TestSplit"}
_LICENSE_URLS = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    **{
        f"CC-{kind}-{version}": f"https://creativecommons.org/licenses/{kind.lower()}/{version}/"
        for kind in ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND")
        for version in ("2.0", "2.5", "3.0", "4.0")
    },
}
_CREATORS = 100


def croissant(dataset: Dataset) -> dict[str, Any]:
    """JSON-LD with one file set and one record set per config, and every shard by its sha256. It holds no dates."""
    manifest, rights = dataset.manifest, rights_columns(dataset)
    named = dataset.configs
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": re.sub(r"[^A-Za-z0-9_-]+", "-", dataset.name).strip("-") or "dataset",
        "alternateName": plain(dataset.name, 200),
        "description": _description(dataset),
        "version": plain(dataset.version, 80),
        "identifier": dataset.digest,
        "license": _licenses(manifest["licenses"], rights),
        "creator": _creators(rights),
        "keywords": ["line art", "colorization", "illustration", "image-to-image"],
        "isLiveDataset": False,
        **_responsible(dataset, rights),
        "distribution": [*_shards(manifest), *(_file_set(config) for config in named)],
        "recordSet": [_splits(dataset), *(_record_set(dataset, config) for config in named)],
    }


def _description(dataset: Dataset) -> str:
    counts = dataset.manifest["counts"]
    pairs = sum(counts["splits"].get("pairs", {}).values())
    return (
        f"{counted(pairs, 'pair')} of colour illustrations and line drawings, "
        f"of {counted(counts['found'], 'picture')} found. "
        "Every row names its licence, its maker and where it was found."
    )


def _licenses(licenses: dict[str, int], rights: pa.Table) -> list[str]:
    link = license_fields(licenses, rights).get("license_link")
    if len(licenses) == 1 and link:
        return [str(link)]
    return [_LICENSE_URLS.get(name, plain(name, 200)) for name in sorted(licenses)] or ["unknown"]


def _creators(rights: pa.Table) -> list[dict[str, str]]:
    names = sorted({maker.artist for maker in attributions(rights) if maker.artist})
    people = [{"@type": "sc:Person", "name": plain(name, 120)} for name in names[:_CREATORS]]
    return people or [{"@type": "sc:Organization", "name": "not recorded; see the column artist"}]


def _responsible(dataset: Dataset, rights: pa.Table) -> dict[str, Any]:
    """What the RAI vocabulary asks for, and from what the dataset was derived."""
    made = dataset.manifest["provenance"]
    sources = sorted(made["sources"].items())
    above_general, some_unrated = audience(rights)
    contact = made["recipe"].get("crawl", {}).get("contact", "whoever published the dataset")
    return {
        "rai:dataCollection": "Sources: "
        + "; ".join(f"{plain(name, 60)} ({plain(facts.get('kind', ''), 40)})" for name, facts in sources),
        "rai:dataPreprocessingProtocol": plain_processing(made["recipe"]),
        "rai:dataManipulationProtocol": "Line columns are computed; line_authentic is drawn by people.",
        "rai:dataBiases": "The pictures are what the sources hold, not a fair sample of all illustration.",
        "rai:dataLimitations": "Computed line drawings differ from drawings by people; near-duplicates may remain.",
        "rai:personalSensitiveInformation": [
            "Names of artists, for attribution.",
            *(["Some pictures are rated above general."] if above_general else []),
            *(["Some pictures carry no rating."] if some_unrated else []),
        ],
        "rai:dataReleaseMaintenancePlan": f"Takedowns go on the recipe's exclude list; ask {plain(contact, 200)}.",
        "prov:wasDerivedFrom": [plain(f"{name}:{facts.get('catalog', '')}", 160) for name, facts in sources],
        "prov:wasGeneratedBy": f"lcpipe {plain(made['lcpipe']['version'], 40)}",
    }


def _shards(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "@type": "cr:FileObject",
            "@id": file["path"],
            "name": file["path"].rsplit("/", 1)[-1],
            "contentUrl": file["path"],
            "contentSize": f"{file['bytes']} B",
            "encodingFormat": "application/x-parquet",
            "sha256": file["sha256"],
        }
        for file in manifest["files"]
        if file.get("config")
    ]


def _file_set(config: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{config}-files",
        "name": f"{config}-files",
        "description": f"The shards of the config {config}, in the folder of this file.",
        "encodingFormat": "application/x-parquet",
        "includes": f"data/{config}/*.parquet",
    }


def _splits(dataset: Dataset) -> dict[str, Any]:
    names = sorted({split for config in dataset.configs for split in dataset.splits(config)})
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"},
            {"@type": "cr:Field", "@id": "splits/url", "name": "url", "dataType": "sc:URL"},
        ],
        "data": [{"splits/name": name, "splits/url": _SPLIT_TYPES[name]} for name in names if name in _SPLIT_TYPES],
    }


def _record_set(dataset: Dataset, config: str) -> dict[str, Any]:
    fields = [_field(config, field) for field in columns_of(dataset, config)]
    return {
        "@type": "cr:RecordSet",
        "@id": config,
        "name": config,
        "key": {"@id": f"{config}/id"},
        "field": [_split_field(config), *fields],
    }


def _split_field(config: str) -> dict[str, Any]:
    """The split of a row is in the name of its file; mlcroissant takes it out twice, and would warn of every row."""
    return {
        "@type": "cr:Field",
        "@id": f"{config}/split",
        "name": "split",
        "dataType": "sc:Text",
        "source": {
            "fileSet": {"@id": f"{config}-files"},
            "extract": {"fileProperty": "fullpath"},
            "transform": {"regex": f"^(?:.*data/{config}/)?([a-z]+)(?:-[0-9]+-of-[0-9]+[.]parquet)?$"},
        },
        "references": {"field": {"@id": "splits/name"}},
    }


def _field(config: str, field: pa.Field) -> dict[str, Any]:
    entry: dict[str, Any] = {"@type": "cr:Field", "@id": f"{config}/{field.name}", "name": field.name}
    inner, repeated = _inner(field.type)
    source = _source(config, field.name)
    if is_image(inner):
        return {**entry, "dataType": "sc:ImageObject", "source": {**source, "transform": {"jsonPath": "bytes"}}}
    if pa.types.is_struct(inner):
        parts = [_part(f"{config}/{field.name}", source, inner.field(number)) for number in range(inner.num_fields)]
        return {**entry, **repeated, "subField": parts}
    return {**entry, **repeated, "dataType": _data_type(inner), "source": source}


def _part(parent: str, source: dict[str, Any], field: pa.Field) -> dict[str, Any]:
    """A part of a struct, reached by its name."""
    inner, repeated = _inner(field.type)
    return {
        "@type": "cr:Field",
        "@id": f"{parent}/{field.name}",
        "name": field.name,
        **repeated,
        "dataType": _data_type(inner),
        "source": {**source, "transform": {"jsonPath": field.name}},
    }


def _inner(kind: pa.DataType) -> tuple[pa.DataType, dict[str, bool]]:
    """The type of the items, and whether there are several."""
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        return kind.value_type, {"repeated": True}
    return kind, {}


def _source(config: str, column: str) -> dict[str, Any]:
    return {"fileSet": {"@id": f"{config}-files"}, "extract": {"column": column}}


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind):
        return "sc:Integer"
    if pa.types.is_floating(kind):
        return "sc:Float"
    if pa.types.is_timestamp(kind):
        return "sc:DateTime"
    return "sc:Boolean" if pa.types.is_boolean(kind) else "sc:Text"
