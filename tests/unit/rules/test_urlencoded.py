"""Long forms are read as the standard library reads them, with a fraction of the memory."""

import tracemalloc
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as some

from webapp.rules.urlencoded import MOST_FIELDS, TooManyFields, read_form

TEXT = some.text(some.characters(exclude_categories=["Cs"]))


@given(some.lists(some.tuples(TEXT, TEXT)))
def test_what_a_browser_sends_comes_back(pairs: list[tuple[str, str]]) -> None:
    body = urlencode(pairs).encode()
    assert read_form(body) == pairs == parse_qsl(body.decode(), keep_blank_values=True)


@given(some.binary(max_size=300))
def test_bytes_that_are_no_form_are_read_all_the_same(body: bytes) -> None:
    assert all(isinstance(part, str) for pair in read_form(body) for part in pair)


def test_half_an_escape_and_no_escape_stay_as_they_are() -> None:
    assert read_form(b"a=100%&b=%zz%4&c&=d&&") == [
        ("a", "100%"), ("b", "%zz%4"), ("c", ""), ("", "d"),
    ]  # fmt: skip


def test_more_fields_than_any_form_has_are_refused() -> None:
    with pytest.raises(TooManyFields):
        read_form(b"a=b&" * MOST_FIELDS)


def test_a_page_full_of_wide_letters_takes_a_few_times_its_size() -> None:
    body = urlencode({"words": "\U0001e900" * 51_200}).encode()
    tracemalloc.start()
    read_form(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * len(body)
