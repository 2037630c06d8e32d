"""The page about measures and filters says what the plug-ins are today, and its examples are valid."""

import re

import pytest
from support.plugin_tables import PAGE, page

from lcpipe.pipeline.filters import expression


def test_the_tables_are_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/support/plugin_tables.py"


@pytest.mark.parametrize("text", re.findall(r'^keep = "(.*)"', PAGE.read_text(encoding="utf-8"), re.MULTILINE))
def test_every_example_of_an_expression_is_valid(text: str) -> None:
    assert expression.Settings(text).keep == text
