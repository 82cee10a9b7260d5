"""Drafts at the desk: only the coordinator who entered one opens it, and only while its secret is there."""

import secrets
from dataclasses import replace
from uuid import uuid4

import pytest

from webapp.vault import entry_drafts
from webapp.vault.contexts import ENTRY_DRAFT, RETURN_DRAFT, Context
from webapp.vault.entry_drafts import open_entry, seal_entry
from webapp.vault.envelope import DoesNotOpen, TooLong

WORDS = "Half a form – by phone".encode()


def key() -> bytes:
    return entry_drafts.labels(secrets.token_bytes(32)).key


def test_it_opens_with_the_key_and_the_secret_and_for_its_place_alone() -> None:
    mine, secret = key(), secrets.token_bytes(32)
    context = Context(ENTRY_DRAFT, owner_id=uuid4(), row_id=uuid4(), epoch=3)
    envelope = seal_entry(WORDS, key=mine, secret=secret, context=context)
    assert open_entry(envelope, key=mine, secret=secret, context=context) == WORDS
    others = [
        (key(), secret, context),
        (mine, secrets.token_bytes(32), context),
        (mine, None, context),
        (mine, secret, replace(context, owner_id=uuid4())),
        (mine, secret, replace(context, row_id=uuid4())),
        (mine, secret, replace(context, epoch=2)),
    ]
    for other_key, other_secret, other_place in others:
        with pytest.raises(DoesNotOpen):
            open_entry(envelope, key=other_key, secret=other_secret, context=other_place)


def test_lookup_and_key_are_independent_and_never_shown() -> None:
    found = entry_drafts.labels(bytes(32))
    assert found.lookup != found.key
    assert found == entry_drafts.labels(bytes(32))
    assert found.key.hex() not in repr(found) and repr(found.key) not in repr(found)


def test_nothing_is_sealed_without_a_secret_or_for_another_field() -> None:
    secret = secrets.token_bytes(32)
    with pytest.raises(ValueError):
        seal_entry(WORDS, key=key(), secret=secret, context=Context(RETURN_DRAFT, uuid4(), uuid4()))
    with pytest.raises(ValueError):
        entry_drafts.labels(b"short")
    context = Context(ENTRY_DRAFT, owner_id=uuid4(), row_id=uuid4())
    with pytest.raises(TooLong):
        seal_entry(bytes(600_000), key=key(), secret=secret, context=context)
