"""The domain gap in a dataset's report."""

from pathlib import Path

from lcpipe.pipeline.dataset import open_dataset
from lcpipe.pipeline.report import report_html
from lcpipe.pipeline.report_lines import AUTHENTIC, domain_gap, statistics


def test_compares_every_column_with_authentic_lines(tiny_dataset: Path) -> None:
    dataset = open_dataset(str(tiny_dataset))
    found = statistics(dataset)
    assert AUTHENTIC in found
    assert set(found) - {AUTHENTIC} == set(dataset.line_columns) - {AUTHENTIC}
    assert all(0 < one.ink < 0.5 for measured in found.values() for one in measured)


def test_stands_in_the_report_and_is_the_same_every_time(tiny_dataset: Path) -> None:
    dataset = open_dataset(str(tiny_dataset))
    section = domain_gap(dataset)
    assert "Domain gap" in section
    assert section == domain_gap(dataset)
    assert section in report_html(dataset)
