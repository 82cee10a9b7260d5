"""A session's keyring: filled at sign-in with the purpose keys of then, read when something is opened, gone with it."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, func, select, text, update

from tests.factories import (
    TO_CALL,
    TO_READ,
    code_for,
    publish_demo_call,
    seed_of,
    signed_in,
    submit_one,
)
from webapp import sessions
from webapp.models import (
    AuditEntry,
    Coordinator,
    DeskVisit,
    PurposeKey,
    PurposeKeySeal,
    SessionKeyring,
)
from webapp.rules import clock
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.keys import authentication, coordinators, session_keyrings
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure
from webapp.services.opening.disclosure import NotAuthorisedToOpen, SignInAgainToOpen
from webapp.sessions import IDLE
from webapp.sessions.lifetimes import LONGEST
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.macs import KeySwapped
from webapp.vault.seeds import new_seed

pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture(autouse=True)
def early() -> Iterator[time_machine.Traveller]:
    """A clock that stands still, so that no minute ends meanwhile."""
    with time_machine.travel(clock.now().replace(second=1), tick=False) as traveller:
        yield traveller


def keyrings() -> int:
    with stores.reading("volatile") as volatile:
        return volatile.scalar(select(func.count()).select_from(SessionKeyring)) or 0


def key_ids(call: Call, purpose: str = "testimony") -> list[object]:
    with stores.reading() as main:
        mine = select(PurposeKey.id).where(
            PurposeKey.owner_id == call.id, PurposeKey.purpose == purpose
        )
        return list(main.scalars(mine))


def damage(call: Call, purpose: str = "testimony") -> None:
    """Every seal of this purpose's key is another one's bytes."""
    with stores.writing("erasure") as erasure:
        other = erasure.scalars(
            select(PurposeKeySeal.envelope).where(
                PurposeKeySeal.purpose_key_id.not_in(key_ids(call, purpose))
            )
        ).first()
        erasure.execute(
            update(PurposeKeySeal)
            .where(PurposeKeySeal.purpose_key_id.in_(key_ids(call, purpose)))
            .values(envelope=other)
        )


# At sign-in


def test_a_session_opens_what_was_published_before_it(call: Call, founded: Founded) -> None:
    sent, holder = submit_one(call), signed_in(founded)
    assert keyrings() == 1
    assert disclosure.open_testimony(holder, sent.submission_id, TO_READ).answers


def test_a_session_holds_no_seed(founded: Founded) -> None:
    holder, seed = signed_in(founded), seed_of(founded)
    keys = holder.keys
    held = {keys.keyring_key, keys.totp_key, keys.entry_lookup, keys.entry_key}
    keyring = session_keyrings.open_for(holder)
    assert keyring is not None
    assert keyring.seeds
    assert seed not in held | set(keyring.seeds.values())
    # And no session holds the keyring key of another
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        other = signed_in(founded).keys
    assert keys.keyring_key != other.keyring_key
    assert keys.keyring_id != other.keyring_id


def test_without_the_second_factor_there_is_no_keyring(founded: Founded) -> None:
    with pytest.raises(NotSignedIn):
        authentication.sign_in("ana", founded.owner.passphrase, "000000")
    with pytest.raises(NotSignedIn):
        authentication.sign_in("ana", "a guess", code_for(founded))
    assert keyrings() == 0


def test_a_public_key_that_was_swapped_stops_signing_in(founded: Founded) -> None:
    with stores.writing() as main:
        row = main.scalars(select(Coordinator)).one()
        row.public_key = row.public_key[::-1]
    with pytest.raises(KeySwapped):
        signed_in(founded)
    assert keyrings() == 0


def test_a_seal_that_does_not_open_stops_nobody_from_signing_in(
    call: Call, founded: Founded, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a seal that was damaged, and a coordinator who signs in
    sent = submit_one(call)
    damage(call)
    with caplog.at_level(logging.ERROR):
        holder = signed_in(founded)
    assert "do not open at sign-in: 1" in caplog.text
    # Then what it protects is not as it was written, and everything else opens
    with pytest.raises(DoesNotOpen):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    assert disclosure.open_contact(holder, sent.submission_id, TO_CALL).contact


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("store", "change", "damaged"),
    [
        ("main", "UPDATE purpose_keys SET epoch = 'first'", True),
        ("main", "UPDATE purpose_keys SET epoch = -9", True),
        ("main", "UPDATE purpose_keys SET id = upper(id)", False),
        ("erasure", "UPDATE purpose_key_seals SET envelope = 'words'", True),
    ],
)
def test_rows_of_a_form_that_is_never_written_stop_nobody_from_signing_in(
    founded: Founded, store: stores.Store, change: str, damaged: bool
) -> None:
    """On SQLite, whose columns have no types, an attacker can store anything."""
    with stores.writing(store) as session:
        if store == "main":
            for pragma in ("ignore_check_constraints = ON", "defer_foreign_keys = ON"):
                session.execute(text(f"PRAGMA {pragma}"))
            session.execute(text("DELETE FROM purpose_key_holders"))
        session.execute(text(change))
    keyring = session_keyrings.open_for(signed_in(founded))
    assert keyring is not None
    assert keyring.seeds == {}
    assert bool(keyring.damaged) is damaged


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_a_keyring_that_is_no_bytes_does_not_open(founded: Founded) -> None:
    holder = signed_in(founded)
    with stores.writing("volatile") as volatile:
        volatile.execute(text("UPDATE session_keyrings SET sealed = 'words'"))
    with pytest.raises(DoesNotOpen):
        session_keyrings.open_for(holder)


def test_more_keys_than_fit_stop_nobody_from_signing_in(
    call: Call,
    founded: Founded,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(session_keyrings, "MOST_KEYS", 1)
    keyring = session_keyrings.open_for(signed_in(founded))
    assert keyring is not None
    assert len(keyring.seeds) == 1
    assert "more purpose keys than a keyring holds" in caplog.text


# Later


def test_a_key_that_is_newer_than_the_session_asks_to_sign_in_again(
    call: Call, founded: Founded
) -> None:
    # Given a call that is published while a coordinator is signed in
    holder = signed_in(founded)
    publish_demo_call("later")
    sent = submit_one(published_calls.find_call("later"))
    # When she opens an answer to it, then she is asked to sign in again, and the record has the attempt
    with pytest.raises(SignInAgainToOpen):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    with stores.reading() as main:
        tags = main.scalars(select(AuditEntry.tag)).all()
    assert "opening tried" in tags
    assert "answers opened" not in tags
    # And then it opens
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        again = signed_in(founded)
    assert disclosure.open_testimony(again, sent.submission_id, TO_READ).answers


def test_a_seal_that_was_deleted_opens_nothing_in_a_session_of_before(
    call: Call, founded: Founded
) -> None:
    sent, holder = submit_one(call), signed_in(founded)
    with stores.writing("erasure") as erasure:
        erasure.execute(
            delete(PurposeKeySeal).where(PurposeKeySeal.holder_id == holder.coordinator_id)
        )
    with pytest.raises(NotAuthorisedToOpen):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)


@pytest.mark.parametrize("how", ["another key", "another session's row", "changed"])
def test_a_keyring_of_another_session_opens_nothing(call: Call, founded: Founded, how: str) -> None:
    sent, holder = submit_one(call), signed_in(founded)
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        other = signed_in(founded)
    if how == "another key":
        holder = replace(holder, keys=replace(holder.keys, keyring_key=new_seed()))
    else:
        with stores.writing("volatile") as volatile:
            mine = volatile.get_one(SessionKeyring, holder.keys.keyring_id)
            theirs = volatile.get_one(SessionKeyring, other.keys.keyring_id)
            mine.sealed = theirs.sealed if "row" in how else mine.sealed[:-1] + b"\0"
    with pytest.raises(DoesNotOpen):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)


# It goes with the session


def gone_after(holder: Holder, call: Call, act: object) -> None:
    sent = submit_one(call)
    act()  # type: ignore[operator]
    assert keyrings() == 0
    with pytest.raises(SignInAgainToOpen):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)


def test_signing_out_deletes_it_and_no_other(call: Call, founded: Founded) -> None:
    holder = signed_in(founded)
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
        other = signed_in(founded)
    authentication.sign_out(other)
    assert keyrings() == 1
    gone_after(holder, call, lambda: authentication.sign_out(holder))
    authentication.sign_out(holder)


def test_ending_all_sessions_deletes_it(call: Call, founded: Founded) -> None:
    holder = signed_in(founded)
    gone_after(holder, call, lambda: coordinators.end_visits(holder.coordinator_id))


def visit_of(holder: Holder) -> DeskVisit:
    ends = int(clock.now_minute().timestamp()) + LONGEST["desk"]
    return DeskVisit(
        id=b"v" * 32,
        version=1,
        sealed=b"",
        expires_at=ends,
        ends_at=ends,
        coordinator_id=holder.coordinator_id,
    )


def test_the_worker_deletes_it_when_its_coordinator_has_no_session(
    inside: Flask, founded: Founded, early: time_machine.Traveller
) -> None:
    # Given a keyring whose session is written a moment later: the worker leaves it
    holder = signed_in(founded)
    early.shift(IDLE["desk"] - 61)
    sessions.sweep()
    assert keyrings() == 1
    # And it stays while there is a session
    with stores.writing("volatile") as volatile:
        volatile.add(visit_of(holder))
    early.shift(3600)
    sessions.sweep()
    assert keyrings() == 1
    # But not without one
    with stores.writing("volatile") as volatile:
        volatile.execute(delete(DeskVisit))
    sessions.sweep()
    assert keyrings() == 0


def test_the_worker_deletes_it_at_the_sessions_absolute_end(
    inside: Flask, founded: Founded, early: time_machine.Traveller
) -> None:
    holder = signed_in(founded)
    early.shift(LONGEST["desk"] - 61)
    with stores.writing("volatile") as volatile:
        volatile.add(visit_of(holder))
    sessions.sweep()
    assert keyrings() == 1
    early.shift(120)
    sessions.sweep()
    assert keyrings() == 0
