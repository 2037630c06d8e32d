"""Canonical JSON is the same for equal values, and digests of it are fixed for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lcpipe.pipeline.dataset.canonical import canonical, digest_of, sha256_hex

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text('aü\n"\\漢'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abü"), inner, max_size=4),
)


def test_the_form_is_fixed():
    assert canonical({"b": [1, 2.5, None, True], "a": "ü"}) == '{"a":"ü","b":[1,2.5,null,true]}'.encode()
    assert digest_of({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert sha256_hex(memoryview(b"")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.dictionaries(st.text("abc"), JSON))
def test_the_order_of_keys_does_not_count(value):
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_json_has_not_are_refused(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical([number])
