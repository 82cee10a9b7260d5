"""Passkeys under attack: false sites, replayed and borrowed answers, clones, and rows that were put in by hand."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from tests import colleagues, passkeys
from tests.authenticator import PRESENT, Device
from tests.factories import code_for, sheets_of, signed_in
from tests.integration.desk.test_passkeys import add, challenge, sign_in
from tests.integration.desk.worker import Worker
from webapp.models import Passkey
from webapp.rules import clock
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import mac_of_values
from webapp.services.keys import authentication, own_passkeys, recovery, second_factor
from webapp.services.keys import passkeys as challenges
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.second_factor import PasskeyAnswer, WrongCode
from webapp.vault.contexts import PASSKEY, Context
from webapp.vault.passkeys import Credential, seal_credential

TABLE: Any = Passkey.__table__


@pytest.fixture
def ana(app: Flask, founded: Founded) -> Any:
    """The demo coordinator, who has a passkey on her phone."""
    with app.app_context():
        yield signed_in(founded)


def newest_tag() -> str:
    return audit.recent(1)[0].tag


def refused(holder: Holder, answer: PasskeyAnswer) -> bool:
    """Whether an answer is no second factor; the record then says that there was an attempt."""
    try:
        second_factor.confirm_second_factor(holder, answer)
    except WrongCode as error:
        assert error.args == ()
        assert newest_tag() in ("wrong passkey", "passkey counter went back")
        return True
    return False


# False sites


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "http://localhost.evil.example"},
        {"origin": "https://localhost"},
        {"origin": "http://localhost:8000"},
        {"rp_id": "evil.example"},
        {"cross_origin": True},
        {"type": "webauthn.create"},
        {"flags": 0},
        {"flags": PRESENT},
        {"handle": b"another-person-s"},
        {"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"},
    ],
    ids=str,
)
def test_an_answer_to_another_site_is_worth_nothing(ana: Holder, wrong: dict[str, Any]) -> None:
    # Given a page that looks like ours, and a person who uses the passkey there; or a key that was only touched
    device = passkeys.add(ana)
    assert refused(ana, passkeys.answered(device, **wrong))
    # But the same device, asked by us, is good
    assert not refused(ana, passkeys.answered(device))


# Answers of others, and answers of before


def test_a_replayed_answer_is_refused_in_every_session(ana: Holder, founded: Founded) -> None:
    # Given an attacker with the passphrase, and an answer that was read on its way, challenge and all
    device = passkeys.add(ana, Device(step=0))
    answer = passkeys.answered(device)
    assert not refused(ana, answer)
    # When it is sent again, inside a session and to sign in
    assert refused(ana, answer)
    with pytest.raises(NotSignedIn):
        authentication.sign_in("ana", founded.owner.passphrase, answer)


def test_an_answer_to_another_challenge_is_refused(ana: Holder) -> None:
    device = passkeys.add(ana)
    old = passkeys.answered(device)
    assert refused(ana, PasskeyAnswer(old.json, challenges.new_challenge(passkeys.SITE)))
    assert refused(ana, PasskeyAnswer(old.json, None))


def test_the_passkey_of_another_coordinator_is_refused(ana: Holder, founded: Founded) -> None:
    # Given a colleague with a passkey of her own
    bea = colleagues.join("Bea")
    hers, device = signed_in(bea), passkeys.add(ana)
    other = passkeys.add(hers)
    # When she knows Ana's passphrase and uses hers, under either handle
    for handle in (hers.coordinator_id.bytes, ana.coordinator_id.bytes, b""):
        answer = passkeys.answered(other, handle=handle)
        with pytest.raises(NotSignedIn):
            authentication.sign_in("ana", founded.owner.passphrase, answer)
    # Then only Ana's own opens
    assert refused(ana, passkeys.answered(other))
    assert not refused(ana, passkeys.answered(device))


def test_the_challenge_of_another_visit_is_refused(app: Flask, founded: Founded) -> None:
    # Given Ana's passkey, and an attacker who had her answer a challenge of the attacker's own visit
    ana, attacker = Worker(app, founded), Worker(app, founded)
    ana.sign_in(steps=-1)
    device = add(ana)
    ana.press("Sign out")
    attacker.get("/desk/sign-in")
    theirs = challenge(attacker)
    # When that answer is handed in within Ana's visit
    ana.get("/desk/sign-in")
    challenge(ana)
    right = {"sign_in_name": "ana", "passphrase": founded.owner.passphrase}
    page = ana.press("Sign in", **right, code="", passkey=device.answer(theirs))
    # Then it opens nothing
    assert page.h1 == "Sign in"
    # And a challenge is used up by a wrong answer, too
    ana.get("/desk/sign-in")
    asked = challenge(ana)
    ana.press("Sign in", **right, code="", passkey="{}")
    page = ana.press("Sign in", **right, code="", passkey=device.answer(asked))
    assert page.h1 == "Sign in"
    sign_in(ana, device)
    assert ana.path == "/desk/"


def test_one_answer_opens_one_session(app: Flask, founded: Founded) -> None:
    # Given an attacker who copied the cookie of a visit that is about to sign in, and what is sent in it
    ana, attacker = Worker(app, founded), Worker(app, founded)
    ana.sign_in(steps=-1)
    device = add(ana, Device(step=0))
    ana.press("Sign out")
    ana.get("/desk/sign-in")
    sent = {
        "sign_in_name": "ana",
        "passphrase": founded.owner.passphrase,
        "code": "",
        "passkey": device.answer(challenge(ana)),
    }
    cookie = ana.client.get_cookie("hearth-desk")
    assert cookie is not None
    ana.press("Sign in", **sent)
    assert ana.path == "/desk/"
    # When both are used again
    attacker.client.set_cookie("hearth-desk", cookie.value)
    attacker.post("/desk/sign-in", sent, Origin="http://localhost")
    # Then it opens nothing
    assert attacker.page.h1 == "Sign in"


# Clones


def test_a_counter_that_went_back_is_refused_and_in_the_record(ana: Holder) -> None:
    # Given a copy of a security key, made before it was used twice more
    device = passkeys.add(ana)
    before = device.count
    for _ in range(2):
        assert not refused(ana, passkeys.answered(device))
    # When the copy is used: behind, or level with the last use
    for count in (before, before + 1, before + 2, 0):
        assert refused(ana, passkeys.answered(device, count=count))
        # Then it is refused, and named for what it is
        assert newest_tag() == "passkey counter went back"
    # And a wrong signature with a counter behind is just wrong
    assert refused(ana, passkeys.answered(device, count=0, signature=b"\x30\x00"))
    assert newest_tag() == "wrong passkey"


def test_at_sign_in_it_looks_like_any_refusal(ana: Holder, founded: Founded) -> None:
    device = passkeys.add(ana)
    with pytest.raises(NotSignedIn) as error:
        authentication.sign_in("ana", founded.owner.passphrase, passkeys.answered(device, count=0))
    assert (error.value.args, error.value.__cause__) == ((), None)
    assert newest_tag() == "passkey counter went back"


# Rows by hand


def by_hand(ana: Holder, device: Device, key: bytes, *, row_key: bool) -> None:
    """Put in a passkey of an attacker's, sealed under a key that they have; signed where they have the row key, too."""
    row_id = uuid4()
    context = Context(PASSKEY, owner_id=ana.coordinator_id, row_id=row_id)
    credential = Credential("phone", device.credential_id, device.public_key(), 0)
    values: dict[str, Any] = {
        "id": row_id,
        "coordinator_id": ana.coordinator_id,
        "envelope": seal_credential(credential, key=key, context=context),
        "added_on": clock.today(),
    }
    mac = mac_of_values(Passkey, values) if row_key else bytes(32)
    with stores.writing() as main:
        main.execute(insert(TABLE).values(**values, row_mac=mac))


@pytest.mark.parametrize("row_key", [False, True], ids=["database", "database-and-row-key"])
def test_a_row_that_was_put_in_lets_nobody_in(ana: Holder, founded: Founded, row_key: bool) -> None:
    # Given an attacker with the passphrase who can write to the database, perhaps with the configuration
    mine, device = passkeys.add(ana), Device()
    by_hand(ana, device, b"k" * 32, row_key=row_key)
    # When they sign in with a passkey of their own
    with pytest.raises(NotSignedIn):
        authentication.sign_in("ana", founded.owner.passphrase, passkeys.answered(device))
    # Then they are not let in, no page lists it, and Ana's own works on
    assert [one.name for one in own_passkeys.listed(ana)] == ["my phone"]
    assert not refused(ana, passkeys.answered(mine))
    assert authentication.sign_in("ana", founded.owner.passphrase, code_for(founded, 1))


def test_a_row_of_a_colleague_cannot_be_moved(ana: Holder, founded: Founded) -> None:
    # Given the passkey of a colleague, whose row is given to Ana with the key of rows in hand
    bea = signed_in(colleagues.join("Bea"))
    device = passkeys.add(bea)
    with stores.reading() as main:
        row = main.scalars(select(Passkey)).one()
        values = {**row.under_mac(), "coordinator_id": ana.coordinator_id}
    with stores.writing() as main:
        moved = {**values, "row_mac": mac_of_values(Passkey, values)}
        main.execute(update(TABLE).where(TABLE.c.id == row.id).values(**moved))
    # When the colleague signs in as Ana
    with pytest.raises(NotSignedIn):
        authentication.sign_in("ana", founded.owner.passphrase, passkeys.answered(device))
    assert own_passkeys.listed(ana) == []


def test_what_remains_a_removed_row_that_is_put_back(ana: Holder, founded: Founded) -> None:
    # Given an attacker with a stolen phone and the passphrase, and a copy of the row of the passkey on it
    device = passkeys.add(ana)
    with stores.reading() as main:
        copied = dict(main.execute(select(TABLE)).mappings().one())
    (hers,) = own_passkeys.listed(ana)
    own_passkeys.remove(ana, hers.id, code_for(founded, 1))
    assert refused(ana, passkeys.answered(device))
    # When they put the row back (rollback), then it counts again: the threat model says so
    with stores.writing() as main:
        main.execute(insert(TABLE).values(**copied))
    assert authentication.sign_in("ana", founded.owner.passphrase, passkeys.answered(device))
    # But once Ana was let back in with the sheets, it opens nothing, passphrase or not
    back = recovery.let_back_in("ana", *sheets_of(founded, 1, 2))
    with stores.writing() as main:
        main.execute(insert(TABLE).values(**copied))
    for passphrase in (founded.owner.passphrase, back.given.passphrase):
        with pytest.raises(NotSignedIn):
            authentication.sign_in("ana", passphrase, passkeys.answered(device))


@pytest.mark.parametrize(
    "damage",
    [
        lambda envelope: envelope[:-1] + bytes((envelope[-1] ^ 1,)),
        lambda envelope: b"",
        lambda envelope: bytes(len(envelope)),
    ],
    ids=["a-bit", "empty", "zeros"],
)
def test_a_row_that_was_changed_is_none(
    ana: Holder, founded: Founded, damage: Callable[[bytes], bytes]
) -> None:
    device = passkeys.add(ana)
    with stores.writing() as main:
        envelope = main.execute(select(TABLE.c.envelope)).scalar_one()
        main.execute(update(TABLE).values(envelope=damage(envelope)))
    assert refused(ana, passkeys.answered(device))
    # And the six digits still are a way in
    assert authentication.sign_in("ana", founded.owner.passphrase, code_for(founded, 1))


# What is sent in place of an answer


@pytest.mark.parametrize(
    "sent",
    ["{}", "null", "[" * 20_000, json.dumps({"id": "x" * 40_000}), "\x00", "😀" * 1000],
    ids=["empty", "null", "deep", "long", "nul", "emoji"],
)
def test_rubbish_is_wrong_and_no_error(page_app: Flask, page_founded: Founded, sent: str) -> None:
    worker = Worker(page_app, page_founded)
    worker.get("/desk/sign-in")
    challenge(worker)
    worker.press(
        "Sign in", sign_in_name="ana", passphrase=page_founded.owner.passphrase, passkey=sent
    )
    assert worker.page.h1 == "Sign in"
    assert "That did not work." in worker.page.text
