"""TOML and YAML that we write say what was meant when others read them."""

import tomllib
from typing import Any

import pyarrow as pa
import pytest
import yaml
from datasets import Features
from hypothesis import given
from hypothesis import strategies as st

from lcpipe.pipeline.toml_text import toml_text
from lcpipe.pipeline.yaml_features import feature_list
from lcpipe.pipeline.yaml_text import scalar, yaml_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SCALARS = st.one_of(
    TEXTS, st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=10
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_toml_reads_back_the_same(value: dict[str, Any]) -> None:
    assert tomllib.loads(toml_text(value)) == value


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_yaml_reads_back_the_same(value: dict[str, Any]) -> None:
    assert yaml.safe_load(yaml_text(value) if value else "{}") == value


@pytest.mark.parametrize(
    "text", ["no", "1e3", "null", "x: y", "- a", "#", "'", '"', "\x7f", "\u0085", "\u2028", "\ufeff", "😀", "a\nb"]
)
def test_strings_stay_strings_in_yaml(text: str) -> None:
    assert yaml.safe_load(scalar(text)) == text


def test_a_recipe_reads_like_one() -> None:
    recipe = {
        "name": "x",
        "sources": {"local": {"kind": "folder", "path": "p"}},
        "pairs": {},
        "render": {"short_side": 512, "color": {"codec": "jpeg"}},
        "lines": {"any": {"extractor": "xdog", "sigma": {"choice": [0.3, 0.4]}}},
    }
    text = toml_text(recipe)
    assert '[sources.local]\nkind = "folder"' in text
    assert "[pairs]" in text
    assert "sigma = { choice = [0.3, 0.4] }" in text


def test_features_are_in_the_words_of_the_hub() -> None:
    schema = pa.schema(
        {
            "color": pa.struct({"bytes": pa.binary(), "path": pa.string()}),
            "params": pa.struct({"extractor": pa.string(), "deep": pa.struct({"sigma": pa.float64()})}),
            "tags": pa.list_(pa.string()),
            "refs": pa.list_(pa.struct({"source": pa.string()})),
            "matrix": pa.list_(pa.float32(), 6),
            "rows": pa.list_(pa.list_(pa.float32())),
            "phash": pa.binary(8),
            "width": pa.int32(),
            "at": pa.timestamp("us", tz="UTC"),
        }
    )
    features = Features._from_yaml_list(feature_list(schema))
    assert str(features["color"]).startswith("Image(")
    assert features["params"]["deep"]["sigma"].dtype == "float64"
    assert features["phash"].dtype == "fixed_size_binary[8]"
    assert Features._from_yaml_list(features._to_yaml_list()) == features
