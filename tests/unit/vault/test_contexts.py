"""What sealed values are bound to."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.unit.vault.factories import ELEMENTS, a_context, one_element_away
from webapp.vault.contexts import CONTACT, FIELDS, MAIL_FIELDS, OWN_COPY, Context
from webapp.vault.envelope import Format
from webapp.vault.framing import framed
from webapp.vault.labels import Label


def test_a_context_is_written_as_documented() -> None:
    context = Context(CONTACT, UUID(int=1), UUID(int=2), epoch=3, form_version=4)

    assert context.encode(1, Format.PART) == (
        b"\0\0\0\x01\x01"
        b"\0\0\0\x01\x01"
        b"\0\0\0\x07contact"
        b"\0\0\0\x04part"
        b"\0\0\0\x10" + bytes(15) + b"\x01"
        b"\0\0\0\x08" + bytes(7) + b"\x03"
        b"\0\0\0\x10" + bytes(15) + b"\x02"
        b"\0\0\0\x08" + bytes(7) + b"\x04"
    )


def test_every_element_changes_the_bytes() -> None:
    context = a_context()
    written = {c.encode(1, Format.PART) for c in [context, *one_element_away(context)]}

    # Four numbers and ids, and the nine other fields that are sealed as parts.
    assert len(written) == 1 + 4 + 9
    assert {"field", "owner_id", "row_id", "epoch", "form_version"} == ELEMENTS
    assert context.encode(2, Format.PART) not in written


def test_no_two_fields_are_written_alike() -> None:
    assert len({(field.purpose, field.name) for field in FIELDS}) == len(FIELDS)


def test_the_worker_opens_mails_and_no_answers() -> None:
    assert {field.purpose for field in MAIL_FIELDS} == {
        *("mail", "registration-mail", "coordinator-mail"),
    }
    assert all(f.format == Format.PART and f.takes_secret for f in MAIL_FIELDS)


def test_a_field_is_sealed_in_its_own_format_only() -> None:
    with pytest.raises(ValueError, match="own-copy"):
        a_context(OWN_COPY).encode(1, Format.PART)


@pytest.mark.parametrize("number", [-1, 2**64])
def test_numbers_outside_8_bytes_are_refused(number: int) -> None:
    with pytest.raises(OverflowError):
        Context(CONTACT, UUID(int=1), UUID(int=2), epoch=number).encode(1, Format.PART)


@given(some.lists(some.binary(max_size=5)), some.lists(some.binary(max_size=5)))
def test_no_two_lists_are_framed_alike(one: list[bytes], other: list[bytes]) -> None:
    assert (framed(*one) == framed(*other)) == (one == other)


def test_no_label_begins_another() -> None:
    labels = [label.value for label in Label]

    assert not [(a, b) for a in labels for b in labels if a is not b and b.startswith(a)]
