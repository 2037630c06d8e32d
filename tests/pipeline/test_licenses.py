"""Licences come from a closed vocabulary, and where places disagree the strictest stands."""

import pytest

from lcpipe.pipeline.licenses import normal_license, strictest


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("CC-BY-4.0", "CC-BY-4.0"),
        ("cc0-1.0", "CC0-1.0"),
        ("https://creativecommons.org/licenses/by/4.0/", "https://creativecommons.org/licenses/by/4.0/"),
        ("CC-BY-SA-4.0 on repo; third-party characters", "unknown"),
        ("mit license, I think", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_only_exact_names_count(given: str | None, expected: str) -> None:
    assert normal_license(given)[0] == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["MIT", "unknown"], "unknown"),
        (["CC0-1.0", "CC-BY-NC-4.0", "MIT"], "CC-BY-NC-4.0"),
        (["CC0-1.0", "https://creativecommons.org/licenses/by/2.5/"], "https://creativecommons.org/licenses/by/2.5/"),
    ],
)
def test_the_strictest_wins(names: list[str], expected: str) -> None:
    assert strictest(names) == strictest(names[::-1]) == expected
