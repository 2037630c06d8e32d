"""The columns are those of the contract, and the published description of them is current."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from lcpipe.pipeline.dataset.errors import DatasetError
from lcpipe.pipeline.dataset.schema import (
    IMAGE,
    SCHEMA_VERSION,
    image_columns,
    is_line_name,
    line_art_schema,
    line_names,
    pairs_schema,
    schema_document,
    schema_problems,
)

PARAMS = pa.struct([("extractor", pa.string()), ("sigma", pa.float64())])
PUBLISHED = Path(__file__).parents[2] / "manifests" / "dataset.schema.json"


def test_line_columns_stand_behind_the_color_each_with_its_parameters():
    schema = pairs_schema({"xdog_03": PARAMS, "sketch": PARAMS})
    assert schema.names[:7] == [
        "id", "color", "line_xdog_03", "line_xdog_03_params", "line_sketch", "line_sketch_params", "line_authentic",
    ]  # fmt: skip
    assert line_names(schema) == ("xdog_03", "sketch")
    assert image_columns(schema) == ("color", "line_xdog_03", "line_sketch", "line_authentic")


def test_what_may_be_null_is_what_the_contract_says():
    required = {field.name for field in pairs_schema({}) if not field.nullable}
    assert required == {
        "id", "width", "height", "original_width", "original_height", "phash", "cluster", "license", "refs",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["xdog_03", "a", "x1"])
def test_names_of_line_columns(name):
    assert is_line_name(name)


@pytest.mark.parametrize("name", ["", "1x", "XDoG", "authentic", "x_params", "a b", "ä", "a.b", "x\n"])
def test_names_that_no_line_column_can_have(name):
    assert not is_line_name(name)
    with pytest.raises(DatasetError, match="no line column can have this name"):
        pairs_schema({name: PARAMS})


def test_schemas_fit_themselves_and_nullable_additions():
    for config, schema in (("pairs", pairs_schema({"a": PARAMS})), ("line_art", line_art_schema())):
        assert schema_problems(config, schema) == []
        assert schema_problems(config, schema.append(pa.field("later", pa.int8()))) == []


def test_misfits_are_named():
    schema = pairs_schema({"a": PARAMS})
    gone = schema.remove(schema.get_field_index("cluster"))
    assert schema_problems("pairs", gone) == ["no column cluster"]
    width = schema.get_field_index("width")
    assert schema_problems("pairs", schema.set(width, pa.field("width", pa.int64()))) == [
        "column width is int64, not int32"
    ]
    loose = schema.set(0, pa.field("id", pa.string()))
    assert schema_problems("pairs", loose) == ["column id may be null"]
    assert schema_problems("other", schema) == ["unknown config 'other'"]
    without_params = pa.schema([field for field in schema if field.name != "line_a_params"])
    assert schema_problems("pairs", without_params) == ["no column line_a_params"]


def test_the_document_describes_every_column():
    document = schema_document()
    named = pairs_schema({"name": PARAMS}).names
    described = [column["name"].replace("<name>", "name") for column in document["configs"]["pairs"]]
    assert described == named
    assert [column["name"] for column in document["configs"]["line_art"]] == line_art_schema().names
    assert all(column["meaning"] for columns in document["configs"].values() for column in columns)
    assert {c["name"]: c["null"] for c in document["configs"]["pairs"]}["color"] is False
    assert {c["name"]: c["type"] for c in document["configs"]["pairs"]}["color"] == "image"
    assert document["schema_version"] == SCHEMA_VERSION


def test_the_published_document_is_current():
    """If this fails, the columns have changed: think about SCHEMA_VERSION, then write the file anew."""
    assert json.loads(PUBLISHED.read_text()) == schema_document()


def test_an_image_is_what_hugging_face_stores():
    assert IMAGE == pa.struct([("bytes", pa.binary()), ("path", pa.string())])
