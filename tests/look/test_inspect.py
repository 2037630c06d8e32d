"""The summary counts what is there, and prints it in lines that cannot do anything to a terminal."""

import json

import pytest

from lcpipe.pipeline.dataset.reading import Dataset
from lcpipe.pipeline.inspect import lines, summary


def test_counts_are_those_of_the_manifest(tiny: Dataset) -> None:
    facts = summary(tiny)
    assert facts["found"] == facts["kept"] + facts["paired"] + facts["dropped"]
    assert facts["splits"]["pairs"] == {"train": 22, "validation": 1, "test": 1}
    assert facts["line_columns"] == ["xdog_03", "xdog_05"]
    assert facts["reasons"]["measure"] == {"decode_failed": 1}
    assert "color" in facts["columns"]["pairs"]
    assert sum(facts["ratings"].values()) == 26
    assert json.loads(json.dumps(facts)) == facts


@pytest.mark.parametrize("name", ["tiny", "hostile", "empty"])
def test_lines_are_short_and_plain(name: str, request: pytest.FixtureRequest) -> None:
    told = lines(summary(request.getfixturevalue(name)))
    assert all(len(line) <= 200 for line in told)
    assert all(line.isprintable() for line in told)


def test_a_person_finds_what_matters(tiny: Dataset) -> None:
    text = "\n".join(lines(summary(tiny)))
    for word in (tiny.digest, "pairs train", "CC0-1.0", "near_duplicate", "line_xdog_03", "general"):
        assert word in text
