"""Mails: sealed by both doors, opened by the worker alone."""

import traceback
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.unit.vault.factories import a_context, flipped, one_element_away, sampled_places
from webapp.vault.contexts import (
    CONTACT,
    FIELDS,
    MAIL,
    MAIL_FIELDS,
    REGISTRANT,
    REGISTRATION_MAIL,
    Context,
    Field,
)
from webapp.vault.envelope import DoesNotOpen, Format, NotAKey, TooLong
from webapp.vault.mailer_keys import make_mailer_key
from webapp.vault.mailroom import MailReader, open_until_written
from webapp.vault.opening import PurposeReader
from webapp.vault.purpose_keys import make_purpose_key
from webapp.vault.sealing import (
    WaitingEnvelope,
    new_erasure_secret,
    seal_for_mailer,
    seal_for_purpose,
    seal_until_written,
)
from webapp.vault.seeds import public_key_of

SEED, PUBLIC_KEY = make_mailer_key()
READER = MailReader(SEED)
SECRET = new_erasure_secret()
CONTEXT = a_context(MAIL)
LETTER = b'{"to": "ana@example.org"}'
NOT_MAILS = [f for f in FIELDS if f.format == Format.PART and f not in MAIL_FIELDS]


def sealed(data: bytes = LETTER, context: Context = CONTEXT) -> bytes:
    return seal_for_mailer(data, public_key=PUBLIC_KEY, secret=SECRET, context=context)


def refuses(act: Callable[[], object]) -> bool:
    """The act ends in a bare DoesNotOpen: no words, no cause to be printed."""
    try:
        act()
    except DoesNotOpen as refusal:
        printed = "".join(traceback.format_exception(refusal))
        return refusal.args == () and "cause" not in printed and "During handling" not in printed
    return False


def test_a_mailer_key_is_a_pair_of_suite_1() -> None:
    assert (len(SEED), len(PUBLIC_KEY)) == (32, 1_216)
    assert public_key_of(SEED) == PUBLIC_KEY
    assert make_mailer_key() != make_mailer_key()


@pytest.mark.parametrize("field", sorted(MAIL_FIELDS, key=str))
@pytest.mark.parametrize("length", [0, 508, 509, 32_764])
def test_a_mail_comes_back(field: Field, length: int) -> None:
    context = a_context(field)

    envelope = sealed(b"m" * length, context)

    assert READER.open_mail(envelope, secret=SECRET, context=context) == b"m" * length


@settings(max_examples=25)
@given(some.binary(max_size=600))
def test_a_mail_comes_back_whatever_it_says(data: bytes) -> None:
    envelope = sealed(data)

    assert READER.open_mail(envelope, secret=SECRET, context=CONTEXT) == data


def test_a_stored_length_does_not_tell_how_long_an_address_is() -> None:
    short, long = b"a@b.example", b"a" * 64 + b"@" + b"b" * 180 + b".example"

    assert len(sealed(short)) == len(sealed(long)) == 512 + 1_198


def test_a_mail_is_bounded() -> None:
    with pytest.raises(TooLong):
        sealed(b"m" * 32_765)


def test_another_key_does_not_open() -> None:
    other = MailReader(make_mailer_key()[0])

    assert refuses(lambda: other.open_mail(sealed(), secret=SECRET, context=CONTEXT))


@pytest.mark.parametrize(
    "secret",
    [None, b"", bytes(32), new_erasure_secret(), SECRET[:31]],
    ids=["none", "empty", "zeros", "another", "cut off"],
)
def test_without_its_erasure_secret_a_mail_is_gone(secret: bytes | None) -> None:
    envelope = sealed()

    assert refuses(lambda: READER.open_mail(envelope, secret=secret, context=CONTEXT))


def test_a_mail_that_was_moved_does_not_open() -> None:
    # Given a mail to one person, put into the row of another, or of what is kept for later mails,
    # or to a coordinator
    envelope = sealed()
    elsewhere = [where for where in one_element_away(CONTEXT) if where.field in MAIL_FIELDS]
    # Then it opens for no recipient
    assert len(elsewhere) == 6
    for where in elsewhere:
        assert refuses(
            lambda where=where: READER.open_mail(envelope, secret=SECRET, context=where)  # type: ignore[misc]
        )


def test_a_mail_with_one_changed_byte_does_not_open() -> None:
    envelope = sealed()
    for at in sampled_places(envelope):
        for bits in (0x01, 0x80):
            changed = flipped(envelope, at, bits)
            assert refuses(
                lambda wrong=changed: READER.open_mail(wrong, secret=SECRET, context=CONTEXT)  # type: ignore[misc]
            )


@settings(max_examples=50)
@given(some.binary(max_size=2_000))
def test_rubbish_does_not_open(rubbish: bytes) -> None:
    assert refuses(lambda: READER.open_mail(rubbish, secret=SECRET, context=CONTEXT))


def test_a_cut_or_lengthened_mail_does_not_open() -> None:
    envelope = sealed()
    for wrong in (b"", envelope[:-1], envelope + b"\0", envelope[:1_170]):
        assert refuses(
            lambda wrong=wrong: READER.open_mail(wrong, secret=SECRET, context=CONTEXT)  # type: ignore[misc]
        )


@pytest.mark.parametrize("field", NOT_MAILS, ids=lambda field: field.purpose)
def test_answers_are_neither_sealed_for_the_mailer_nor_opened_by_it(field: Field) -> None:
    context = a_context(field)
    by_mistake = seal_for_purpose(b"", public_key=PUBLIC_KEY, secret=SECRET, context=context)

    with pytest.raises(ValueError, match=field.purpose):
        sealed(b"", context)
    with pytest.raises(ValueError, match=field.purpose):
        READER.open_mail(by_mistake, secret=SECRET, context=context)


def test_an_answer_passed_off_as_a_mail_does_not_open() -> None:
    # Given an answer that was, wrongly, sealed to the mailer key, and a row that calls it a mail
    for field in (CONTACT, REGISTRANT):
        answer = a_context(field)
        envelope = seal_for_purpose(b"", public_key=PUBLIC_KEY, secret=SECRET, context=answer)
        as_mail = Context(MAIL, answer.owner_id, answer.row_id, answer.epoch, answer.form_version)
        # Then the worker cannot open it
        assert refuses(
            lambda e=envelope, c=as_mail: READER.open_mail(e, secret=SECRET, context=c)  # type: ignore[misc]
        )


def test_a_purpose_key_opens_no_mail() -> None:
    purpose_seed, purpose_key = make_purpose_key()
    to_purpose = seal_for_mailer(LETTER, public_key=purpose_key, secret=SECRET, context=CONTEXT)

    reader = PurposeReader(purpose_seed)
    assert refuses(lambda: reader.open_part(sealed(), secret=SECRET, context=CONTEXT))
    assert refuses(lambda: READER.open_mail(to_purpose, secret=SECRET, context=CONTEXT))


def test_sealing_for_the_mailer_is_sealing_a_part() -> None:
    context = a_context(REGISTRATION_MAIL)
    envelope = seal_for_purpose(LETTER, public_key=PUBLIC_KEY, secret=SECRET, context=context)

    assert READER.open_mail(envelope, secret=SECRET, context=context) == LETTER


def test_what_is_no_key_is_refused() -> None:
    for seed in (b"", b"s" * 31, b"s" * 33):
        with pytest.raises(NotAKey):
            MailReader(seed)
    with pytest.raises(NotAKey):
        seal_for_mailer(LETTER, public_key=SEED, secret=SECRET, context=CONTEXT)
    with pytest.raises(ValueError, match="32 bytes"):
        seal_for_mailer(LETTER, public_key=PUBLIC_KEY, secret=b"short", context=CONTEXT)


def test_a_reader_does_not_show_its_key() -> None:
    assert SEED.hex() not in repr(READER)
    assert str(SEED) not in repr(READER)


def waiting(row: bytes, owner_id: UUID, row_id: UUID) -> WaitingEnvelope:
    return seal_until_written(row, public_key=PUBLIC_KEY, owner_id=owner_id, row_id=row_id)


@pytest.mark.parametrize("length", [0, 2_000, 33_962 + 300])
def test_a_row_that_waits_comes_back(length: int) -> None:
    # Given a row of any length, the longest part that there is included
    row, call, here = b"r" * length, uuid4(), uuid4()
    sealed_row = waiting(row, call, here)
    # Then the worker reads it, in the place where it was put and for its call
    assert open_until_written(sealed_row, mailer_seed=SEED, owner_id=call, row_id=here) == row
    for seed, owner_id, row_id in (
        (make_mailer_key()[0], call, here),
        (SEED, uuid4(), here),
        (SEED, call, uuid4()),
    ):
        assert refuses(
            lambda seed=seed, owner_id=owner_id, row_id=row_id: open_until_written(  # type: ignore[misc]
                sealed_row, mailer_seed=seed, owner_id=owner_id, row_id=row_id
            )
        )


def test_a_row_that_waits_cannot_be_put_together_from_two() -> None:
    call, here = uuid4(), uuid4()
    one, other = waiting(b"one", call, here), waiting(b"other", call, here)
    mixed = WaitingEnvelope(one.sealed_key, other.content)
    assert refuses(lambda: open_until_written(mixed, mailer_seed=SEED, owner_id=call, row_id=here))
