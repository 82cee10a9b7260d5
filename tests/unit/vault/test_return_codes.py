"""Return codes: what a code for unfinished answers opens, and that a receipt opens none of it."""

from dataclasses import astuple

import pytest

from tests.unit.vault.factories import a_context, flipped, one_element_away, sampled_places
from webapp.vault import receipts
from webapp.vault.contexts import OWN_COPY, RETURN_DRAFT
from webapp.vault.envelope import DoesNotOpen, TooLong
from webapp.vault.return_codes import (
    MistypedCode,
    labels,
    new_return_code,
    open_draft,
    seal_draft,
)
from webapp.vault.sealing import new_erasure_secret

SALT = b"s" * 32


def test_a_return_code_looks_like_a_receipt_and_does_not_repeat() -> None:
    codes = {new_return_code() for _ in range(200)}

    assert len(codes) == 200
    assert {receipts.read_receipt(code) for code in codes} == codes


def test_one_code_gives_other_keys_than_a_receipt_of_the_same_letters() -> None:
    code = new_return_code()

    receipt = receipts.labels(code, SALT)
    keys = {*astuple(labels(code, SALT)), receipt.lookup}
    keys |= set(receipt.copy_keys.values())

    # Then a receipt that is tried here, or a return code tried there, finds nothing
    assert len(keys) == 2 + 1 + 3
    assert astuple(labels(code.lower().replace("-", " "), SALT)) == astuple(labels(code, SALT))
    assert not keys & set(astuple(labels(code, b"t" * 32)))


def test_keys_do_not_show_in_a_log() -> None:
    assert repr(labels(new_return_code(), SALT)) == "ReturnLabels()"


def test_only_a_whole_code_and_a_whole_salt_give_keys() -> None:
    with pytest.raises(MistypedCode):
        labels("0000-0000-0000-0000-0000-0001", SALT)
    with pytest.raises(ValueError, match="32 bytes"):
        labels(new_return_code(), b"")


@pytest.mark.parametrize("length", [0, 508, 509, 32_764])
def test_a_draft_comes_back(length: int) -> None:
    key, secret, context = new_erasure_secret(), new_erasure_secret(), a_context(RETURN_DRAFT)

    envelope = seal_draft(b"a" * length, copy_key=key, secret=secret, context=context)

    assert open_draft(envelope, copy_key=key, secret=secret, context=context) == b"a" * length


def test_a_draft_opens_only_with_all_that_belongs_to_it() -> None:
    key, secret, context = new_erasure_secret(), new_erasure_secret(), a_context(RETURN_DRAFT)
    envelope = seal_draft(b"my words", copy_key=key, secret=secret, context=context)

    wrong_ways: list[dict[str, object]] = [
        {"copy_key": secret},
        {"secret": key},
        {"secret": None},
        {"envelope": b""},
    ]
    wrong_ways += [{"envelope": flipped(envelope, at)} for at in sampled_places(envelope)]
    wrong_ways += [
        {"context": other} for other in one_element_away(context) if other.field == context.field
    ]
    right: dict[str, object] = {
        "envelope": envelope,
        "copy_key": key,
        "secret": secret,
        "context": context,
    }
    for wrong in wrong_ways:
        with pytest.raises(DoesNotOpen):
            open_draft(**{**right, **wrong})  # type: ignore[arg-type]


def test_a_draft_is_bounded_and_needs_its_field_and_secret() -> None:
    key, secret = new_erasure_secret(), new_erasure_secret()
    with pytest.raises(TooLong):
        seal_draft(b"a" * 262_141, copy_key=key, secret=secret, context=a_context(RETURN_DRAFT))
    with pytest.raises(ValueError, match="draft"):
        seal_draft(b"", copy_key=key, secret=secret, context=a_context(OWN_COPY))
    with pytest.raises(ValueError, match="secret"):
        seal_draft(b"", copy_key=key, secret=None, context=a_context(RETURN_DRAFT))  # type: ignore[arg-type]
