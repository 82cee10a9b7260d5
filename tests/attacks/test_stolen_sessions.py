"""A stolen session: its cookie, `volatile` and the desk's configuration, while a coordinator is signed in.

Before (248f356) the Visit held her long-term seed: it opened every seal of before and after, and was the key that her
passphrase unlocks. Now it holds keys of the session.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.attacks.test_sign_in_rows import Intruder, copied_rows, put_back, signed_in
from tests.factories import publish_demo_call, seed_of, submit_one
from webapp.models import (
    Coordinator,
    ErasureSecret,
    Part,
    PurposeKey,
    PurposeKeySeal,
    SessionKeyring,
    Slot,
)
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
from webapp.services.keys import authentication
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.purpose_key_generation import seal_context
from webapp.services.sealed.parts import part_context
from webapp.vault import keyring, session_keyrings, visits
from webapp.vault.contexts import SESSION_KEYRING, SLOT, TOTP_SECRET, Context
from webapp.vault.envelope import VaultError
from webapp.vault.labels import Label
from webapp.vault.opening import PurposeReader
from webapp.vault.phrases import phrase_of
from webapp.vault.purpose_key_seals import SealReader
from webapp.vault.symmetric import open_keyed


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands still, early in the half minute of a six-digit code and in the minute of a timeout."""
    now = datetime.now(UTC).replace(second=1, microsecond=0)
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@dataclass(frozen=True)
class Loot:
    """What the thief reads out of the session, and every key in it: of the Visit and of its keyring."""

    intruder: Intruder
    visit: dict[str, Any]
    purpose_seeds: dict[UUID, bytes]

    @property
    def keys(self) -> set[bytes]:
        texts = {value for value in self.visit.values() if isinstance(value, str)}
        bare = {bytes.fromhex(text) for text in texts if len(text) == 64}
        return bare | set(self.purpose_seeds.values())

    def opens(self, part: Part, secret: bytes) -> bool:
        """Whether any key of the session opens this part."""
        return any(
            tried(PurposeReader(key).open_part, part.envelope, secret=secret, context=where)
            for key in self.keys
            for where in (part_context(part),)
        )


def tried(act: Any, *given: Any, **options: Any) -> Any:
    try:
        return act(*given, **options)
    except VaultError:
        return None


@pytest.fixture
def loot(app: Flask, founded: Founded) -> Loot:
    """A coordinator at the desk, and a thief of everything that her session leads to."""
    _, intruder = signed_in(app, founded)
    (row,) = copied_rows(app)
    header = visits.VisitHeader(
        row["version"],
        row["expires_at"],
        row["ends_at"],
        row["coordinator_id"],
        row["session_id"],
    )
    key = app.extensions["hearth_settings"].desk_visit_key
    visit = json.loads(
        visits.open_visit(row["sealed"], intruder.secret, "desk", header, door_key=key)
    )
    with app.app_context(), stores.reading("volatile") as volatile:
        kept = volatile.get_one(SessionKeyring, UUID(hex=visit["keyring"]))
    found = session_keyrings.open_keyring(
        kept.sealed,
        key=bytes.fromhex(visit["keyring-key"]),
        context=Context(SESSION_KEYRING, owner_id=kept.coordinator_id, row_id=kept.id),
    )
    return Loot(intruder, visit, dict(found.seeds))


def part_of(submission_id: UUID) -> tuple[Part, bytes]:
    with stores.reading() as main:
        part = main.scalars(
            select(Part).where(Part.submission_id == submission_id, Part.purpose == "testimony")
        ).one()
    with stores.reading("erasure") as erasure:
        return part, erasure.get_one(ErasureSecret, part.secret_id).secret


def all_seals() -> list[tuple[PurposeKey, PurposeKeySeal]]:
    with stores.reading() as main:
        keys = {key.id: key for key in main.scalars(select(PurposeKey))}
    with stores.reading("erasure") as erasure:
        seals = erasure.scalars(select(PurposeKeySeal)).all()
    return [(keys[seal.purpose_key_id], seal) for seal in seals]


def test_it_leads_to_no_long_term_key(app: Flask, founded: Founded, loot: Loot) -> None:
    with app.app_context():
        seed = seed_of(founded)
        with stores.reading() as main:
            ana = main.scalars(select(Coordinator)).one()
            slots = main.scalars(select(Slot)).all()
        # Then no key of the session is hers, as it is or as her public key says
        assert len(loot.keys) > 4
        assert seed not in loot.keys
        assert seed.hex() not in json.dumps(loot.visit)
        assert ana.public_key not in {keyring.public_key_of(key) for key in loot.keys}
        # Nor does any open a slot, or a seal: neither those of before nor those that are made later
        publish_demo_call("later")
        seals = all_seals()
        for key in loot.keys:
            for slot in slots:
                where = Context(SLOT, owner_id=slot.coordinator_id, row_id=slot.id)
                for label in (Label.SLOT_PASSPHRASE_CONTENT, Label.SLOT_RECOVERY_CONTENT):
                    assert not tried(open_keyed, slot.envelope, key=key, label=label, context=where)
            reader = SealReader(key)
            for purpose_key, seal in seals:
                where = seal_context(purpose_key, seal.holder_id)
                assert not tried(reader.open_seal, seal.envelope, context=where)
        # But with her seed hers open: the attempts above were real ones
        own, hers = SealReader(seed), [one for one in seals if one[1].holder_id == ana.id]
        assert hers
        for purpose_key, seal in hers:
            assert own.open_seal(seal.envelope, context=seal_context(purpose_key, ana.id))


def test_it_opens_what_was_sealed_to_the_keys_of_then_and_nothing_later(
    app: Flask, loot: Loot
) -> None:
    with app.app_context():
        # Given answers to a call of before, and to one whose keys were made after the theft
        before = submit_one()
        publish_demo_call("later")
        after = submit_one(published_calls.find_call("later"))
        # Then the first open, as the threat model says, and the second do not
        assert loot.opens(*part_of(before.submission_id))
        assert not loot.opens(*part_of(after.submission_id))


def test_it_is_no_sign_in_once_it_is_over(
    app: Flask, founded: Founded, loot: Loot, clock: time_machine.Traveller
) -> None:
    # Given a thief who reads the secret of her second factor, and her session, which ended
    ana = UUID(hex=loot.visit["coordinator_id"])
    with app.app_context():
        with stores.reading() as main:
            envelope = main.get_one(Coordinator, ana).totp_envelope
        where = Context(TOTP_SECRET, owner_id=ana, row_id=ana)
        key = bytes.fromhex(loot.visit["totp-key"])
        secret = keyring.open_totp(envelope, key=key, context=where).decode()
        rows = copied_rows(app)
        clock.shift(timedelta(hours=9))
        digits = pyotp.TOTP(secret).at(int(datetime.now(UTC).timestamp()))
        # When they try to sign in with right digits and all keys of the session in the place of words
        for guess in sorted(loot.keys):
            for words in (guess.hex(), " ".join(phrase_of(guess, Label.RECOVERY_WORDS_CHECK))):
                with pytest.raises(NotSignedIn):
                    authentication.sign_in("ana", words, digits)
    # Or put the session's row back, then they are not in
    put_back(app, rows)
    assert not loot.intruder.gets_in()
    # But with her passphrase and the same digits they would be: it is the passphrase that is missing
    with app.app_context():
        assert authentication.sign_in("ana", founded.owner.passphrase, digits)
