"""What every filter promises. A new file in pipeline/filters/ is tested here the moment it exists."""

import importlib
import inspect
import pkgutil
from dataclasses import MISSING, fields
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest
from pydantic import TypeAdapter, ValidationError

import lcpipe.pipeline.filters
import lcpipe.pipeline.measures
from lcpipe.pipeline.catalog import METADATA

NAMES = [m.name for m in pkgutil.iter_modules(lcpipe.pipeline.filters.__path__) if not m.name.startswith("_")]
MEASURES = [m.name for m in pkgutil.iter_modules(lcpipe.pipeline.measures.__path__) if not m.name.startswith("_")]
REQUIRED: dict[str, dict[str, Any]] = {  # settings without a default
    "license": {"allow": ["CC0-1.0"]},
    "expression": {"keep": "score < 100 or 'solo' in tags_general"},
}


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"lcpipe.pipeline.filters.{name}")


def _settings(name: str) -> Any:
    return TypeAdapter(_module(name).Settings).validate_python(REQUIRED.get(name, {}))


def _schema(name: str) -> pa.Schema:
    """What a filter is given: identity, metadata and the columns of the measures it names."""
    measured = [importlib.import_module(f"lcpipe.pipeline.measures.{m}").columns for m in _module(name).measures]
    columns = [column for columns in measured for column in columns.items()]
    return pa.schema([("id", pa.string()), ("role", pa.string()), *METADATA, *columns])


@pytest.mark.parametrize("name", NAMES)
def test_defines_version_settings_measures_and_keep(name: str) -> None:
    module = _module(name)
    assert module.version >= 1
    assert module.Settings.__dataclass_params__.frozen
    assert set(module.measures) <= set(MEASURES)
    assert set(getattr(module, "roles", ("color",))) <= {"color", "line_art"}
    assert list(inspect.signature(module.keep).parameters) == ["table", "settings"]
    assert (module.__doc__ or "").strip()


@pytest.mark.parametrize("name", NAMES)
def test_refuses_unknown_settings(name: str) -> None:
    with pytest.raises(ValidationError, match="pixls"):
        TypeAdapter(_module(name).Settings).validate_python({**REQUIRED.get(name, {}), "pixls": 1})


@pytest.mark.parametrize("name", NAMES)
def test_required_settings_are_known_here(name: str) -> None:
    required = {f.name for f in fields(_module(name).Settings) if f.default is MISSING and f.default_factory is MISSING}
    assert required == set(REQUIRED.get(name, {}))


@pytest.mark.parametrize("name", NAMES)
def test_refuses_numbers_that_are_none(name: str) -> None:
    for field in fields(_module(name).Settings):
        if field.type in (int, float):
            for value in (float("nan"), float("inf"), -1):
                with pytest.raises(ValidationError, match=field.name):
                    TypeAdapter(_module(name).Settings).validate_python({field.name: value})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_answers_every_row_with_null_or_its_own_name(name: str, rows: int) -> None:
    table = _schema(name).empty_table() if rows == 0 else pa.Table.from_pylist([{}] * rows, schema=_schema(name))
    verdicts = _module(name).keep(table, _settings(name))
    assert isinstance(verdicts, pa.Array)
    assert verdicts.type == pa.string()
    assert len(verdicts) == rows
    assert set(verdicts.to_pylist()) <= {None, name}


@pytest.mark.parametrize("name", [name for name in NAMES if _module(name).measures])
def test_keeps_what_was_not_measured(name: str) -> None:
    table = pa.Table.from_pylist([{"id": "a"}, {"id": "b"}], schema=_schema(name))
    assert _module(name).keep(table, _settings(name)).to_pylist() == [None, None]


@pytest.mark.parametrize("name", NAMES)
def test_takes_tables_in_chunks(name: str) -> None:
    part = pa.Table.from_pylist([{}, {}], schema=_schema(name))
    whole = _module(name).keep(pa.concat_tables([part, part]), _settings(name))
    assert whole.to_pylist() == _module(name).keep(part, _settings(name)).to_pylist() * 2
