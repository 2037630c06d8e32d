"""The page about measures and filters says what the plug-ins are today, and its examples are valid."""

import re
import tomllib

import pyarrow as pa
import pytest
from pydantic import TypeAdapter
from support.plugin_tables import PAGE, page

from lcpipe.pipeline.filters import expression
from lcpipe.pipeline.measure_asks import owners
from lcpipe.pipeline.measures import onnx
from lcpipe.pipeline.recipe import NAMED


def test_the_tables_are_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/support/plugin_tables.py"


@pytest.mark.parametrize("text", re.findall(r'^keep = "(.*)"', PAGE.read_text(encoding="utf-8"), re.MULTILINE))
def test_every_example_of_an_expression_is_valid(text: str) -> None:
    columns = {column: kind for column, (_, kind) in owners(()).items()}
    expression.check(expression.Settings(text), NAMED | columns | net_columns())


def net_columns() -> dict[str, pa.DataType]:
    """The columns of the page's example of a net."""
    (block,) = re.findall(r"```toml\n(\[measures\..*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    ((name, table),) = tomllib.loads(block)["measures"].items()
    assert table.pop("kind") == "onnx"
    return onnx.columns(name, TypeAdapter(onnx.Settings).validate_python(table))
