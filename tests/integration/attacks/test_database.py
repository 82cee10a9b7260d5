"""What an attacker who can write to the database tried. Each test is one of their ways in, closed."""

from datetime import timedelta
from uuid import UUID, uuid4

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import Table, delete, insert, select

from tests.factories import IN_DANGER, TO_READ, signed_in, submit_one
from tests.integration.attacks.steps import export
from tests.rows import change
from tests.turned import the_day_is_over
from webapp.models import AuditNote, Coordinator, ErasureSecret, OwnCopy, Part, Tombstone
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.references import reference
from webapp.services.answers import erasing, own_copies
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import authentication
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.bootstrap import Founded
from webapp.services.opening import disclosure
from webapp.services.opening.disclosure import Erased
from webapp.services.worker import chores
from webapp.vault.contexts import TOTP_SECRET, Context
from webapp.vault.labels import Label
from webapp.vault.sealing import seal_for_holder
from webapp.vault.symmetric import seal_keyed

PARTS: Table = Part.__table__  # type: ignore[assignment]


@pytest.mark.parametrize("purpose", ["contact", "testimony"])
def test_no_participant_is_handed_anothers_part(
    inside: Flask, founded: Founded, purpose: str
) -> None:
    # Given two people, and a coordinator who may open both
    one, other, third = submit_one(), submit_one(), submit_one()
    holder = signed_in(founded)
    opening = {"contact": disclosure.open_contact, "testimony": disclosure.open_testimony}[purpose]
    opening(holder, one.submission_id, IN_DANGER)
    # When an attacker exchanges their parts in the database
    exchange_parts(purpose, one.submission_id, other.submission_id)
    # Then neither opens, and nothing of either leaves in a list
    for submission_id in (one.submission_id, other.submission_id):
        with pytest.raises(RowForged):
            opening(holder, submission_id, IN_DANGER)
    if purpose == "contact":
        listed = export(holder).content.decode()
        assert reference(one.submission_id) not in listed
        assert reference(other.submission_id) not in listed
        assert reference(third.submission_id) in listed
    # And the third person is not concerned
    opening(holder, third.submission_id, IN_DANGER)


def exchange_parts(purpose: str, one: UUID, other: UUID) -> None:
    """Give each the other's part, without touching anything else in it."""
    with stores.writing() as main:
        found = select(PARTS).where(
            PARTS.c.submission_id.in_([one, other]), PARTS.c.purpose == purpose
        )
        rows = [dict(row) for row in main.execute(found).mappings()]
        assert len(rows) == 2
        main.execute(delete(PARTS).where(PARTS.c.id.in_([row["id"] for row in rows])))
        swapped = {one: other, other: one}
        for row in rows:
            row["submission_id"] = swapped[row["submission_id"]]
        main.execute(insert(PARTS), rows)


def test_a_second_factor_of_ones_own_opens_nothing(inside: Flask, founded: Founded) -> None:
    # Given an attacker who found the passphrase, and can write to the database, but does not know the key
    owner, own_secret = founded.owner, pyotp.random_base32()
    with stores.reading() as main:
        row = main.scalars(select(Coordinator)).one()
    context = Context(TOTP_SECRET, owner_id=row.id, row_id=row.id)
    forged = [
        seal_keyed(own_secret.encode(), key=key, label=Label.TOTP_CONTENT, context=context)
        for key in (row.public_key[:32], row.public_key_mac, bytes(32))
    ]
    # When they seal a secret of their own under everything that they have, then it is not even made for a public key
    with pytest.raises(ValueError, match=r"\w"):
        seal_for_holder(own_secret.encode(), public_key=row.public_key, context=context)
    for envelope in forged:
        with stores.writing() as main:
            # Even in a row that is authenticated: here the seal alone is looked at.
            change(main, select(Coordinator), {"totp_envelope": envelope, "totp_last_step": 0})
        # And with none of them a code of theirs opens the desk
        with pytest.raises(NotSignedIn):
            authentication.sign_in(
                owner.sign_in_name,
                owner.passphrase,
                pyotp.TOTP(own_secret).at(int(clock.now().timestamp())),
            )
    # And with what stood there before, hers does
    with stores.writing() as main:
        change(main, select(Coordinator), {"totp_envelope": row.totp_envelope})
    assert signed_in(founded).coordinator_id == row.id


def test_a_planted_tombstone_destroys_nothing(inside: Flask, founded: Founded) -> None:
    # Given a participant whose parts are all said to be erased, and are not
    sent = submit_one()
    holder = signed_in(founded)
    secrets = set(secret_ids())
    with stores.writing() as main:
        for table in (Part, OwnCopy):
            for row in main.scalars(select(table)):
                main.add(planted(row.id, row.secret_id))
        main.add(planted(uuid4(), main.scalars(select(Part.secret_id)).first()))
        main.add(planted(sent.submission_id, None))
    # When the worker finishes erasures and sweeps
    assert chores.do_all()
    # Then no secret is gone, and everything opens
    assert set(secret_ids()) == secrets
    disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    assert own_copies.find_held(sent.receipt).answers
    # And a participant who wants to be erased still is, whole
    assert erasing.erase_held(own_copies.find_held(sent.receipt)).complete
    assert secret_ids() == []
    with pytest.raises(Erased):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)


def planted(row_id: UUID, secret_id: UUID | None) -> Tombstone:
    return Tombstone(id=row_id, erased_on=clock.today(), secret_id=secret_id, done=False)


def secret_ids() -> list[UUID]:
    with stores.reading("erasure") as erased:
        return list(erased.scalars(select(ErasureSecret.id)))


def test_only_what_happens_at_the_public_door_enters_the_record(inside: Flask) -> None:
    # Given notes that the public door never leaves, beside one that it does
    today, subject_id = clock.today(), uuid4()
    before = audit.verify()
    notes = [
        ("contacts exported, invite", today),
        ("signed in", today),
        (AuditEvent.CONSENT_GIVEN.upper(), today),
        (AuditEvent.CONSENT_WITHDRAWN, today + timedelta(days=1)),
        (AuditEvent.SUBMISSION_ERASED, today),
    ]
    with stores.writing() as main:
        main.add_all(
            AuditNote(id=uuid4(), on=on, tag=tag, subject_id=subject_id) for tag, on in notes
        )
    # When the worker links them
    # Then only that one is in the record
    assert the_day_is_over() == 1
    assert the_day_is_over() == 0
    assert audit.verify() == before + 1
    assert audit.recent(1)[0].tag == AuditEvent.SUBMISSION_ERASED
    # And one of tomorrow waits for its day
    with time_machine.travel(clock.now() + timedelta(days=1)):
        assert the_day_is_over() == 1
    assert audit.recent(1)[0].tag == AuditEvent.CONSENT_WITHDRAWN


def test_many_false_notes_do_not_keep_a_true_one_out(inside: Flask) -> None:
    with stores.writing() as main:
        main.add_all(
            AuditNote(id=UUID(int=n), on=clock.today(), tag="false", subject_id=uuid4())
            for n in range(audit.BATCH + 1)
        )
        audit.note(main, AuditEvent.CONSENT_GIVEN, uuid4())
    assert the_day_is_over() == 1
