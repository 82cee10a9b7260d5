"""What remains possible with sessions: a whole row of before is put back (replay), or made with the configuration.

Each test shows an attack that works, and where it ends, as `docs/threat-model.md` says it. What does not work is in
`test_sign_in_rows.py`.
"""

import base64
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests import people
from tests.attacks.test_sign_in_rows import (
    COOKIE,
    Intruder,
    copied_rows,
    put_back,
    sealed_as_now,
    signed_in,
)
from tests.factories import code_for, publish_demo_event, submit_one
from tests.integration.tables import everything, written
from tests.replay import copied, take_out
from tests.replay import put_back as replay
from tests.visitor import Visitor
from webapp.desk.shared.blueprint import SESSION_KEYS
from webapp.models import Coordinator, DeskVisit, EndedDeskVisit, PublicVisit, SessionKeyring
from webapp.services.infrastructure import stores
from webapp.services.keys import authentication, coordinators
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.bootstrap import Founded
from webapp.vault import visits

PAGE = "/en/calls/support-needs/page/"
MY_WORDS = "My words on change_words."


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands still, early in the half minute of a six-digit code and in the minute of a timeout."""
    now = datetime.now(UTC).replace(second=1, microsecond=0)
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


# At the desk


@pytest.fixture
def replayed(app: Flask, founded: Founded) -> Intruder:
    """A session whose coordinator signed out, put back with its cookie, and the note of its end in `main` deleted."""
    desk, intruder = signed_in(app, founded)
    rows = copied_rows(app)
    desk.press("Sign out")
    put_back(app, rows)
    assert not intruder.gets_in()
    with app.app_context():
        take_out(EndedDeskVisit)
    put_back(app, rows)
    return intruder


@pytest.mark.parametrize(("minutes", "works"), [(0, True), (13, True), (15, False)])
def test_a_session_that_ended_works_again_until_its_idle_timeout(
    replayed: Intruder, clock: time_machine.Traveller, minutes: int, works: bool
) -> None:
    clock.shift(timedelta(minutes=minutes))
    assert replayed.gets_in() is works


def test_a_session_that_is_used_goes_on_until_its_absolute_end(
    replayed: Intruder, clock: time_machine.Traveller
) -> None:
    """Once it works it is a session like any other: each page that is looked at moves its idle timeout."""
    assert looked_at(replayed.gets_in, clock, every=10) == timedelta(hours=8)


def looked_at(works: Callable[[], bool], clock: time_machine.Traveller, every: int) -> timedelta:
    """After how long a session that is looked at every so many minutes is over."""
    began = datetime.now(UTC)
    while works():
        clock.shift(timedelta(minutes=every))
    return datetime.now(UTC) - began


def test_a_row_that_was_away_when_all_sessions_ended_works_afterwards(
    app: Flask, founded: Founded, clock: time_machine.Traveller
) -> None:
    # Given an attacker who takes the row out before a new passphrase ends all sessions of its coordinator
    _, intruder = signed_in(app, founded)
    rows = copied_rows(app)
    with app.app_context():
        take_out(DeskVisit)
        coordinators.end_visits(rows[0]["coordinator_id"])
    assert not intruder.gets_in()
    # When they put it in again, it works until its idle timeout
    put_back(app, rows)
    assert intruder.gets_in()
    clock.shift(timedelta(minutes=16))
    assert not intruder.gets_in()


def test_a_session_of_the_desks_configuration_opens_no_answer(
    app: Flask, founded: Founded, page_of_answers: str
) -> None:
    # Given an attacker who can write to the databases and has the desk's configuration
    with app.app_context():
        publish_demo_event()
        with stores.reading() as main:
            ana = main.scalars(select(Coordinator)).one()
    theirs, hers = (Visitor(app.test_client()) for _ in range(2))
    people.sign_in(hers, founded.owner)
    intruder = Intruder(app)
    # And puts the keyring of her own session beside keys of their own
    with app.app_context():
        (keyring,) = copied(SessionKeyring)
    made_session(app, intruder, ana, keyring["id"])
    # Then they are signed in as any coordinator, and change events in her name
    assert intruder.gets_in()
    assert intruder.sets_a_joining_link()
    # But no answer opens: what was sealed to her is not theirs to put in
    theirs.client.set_cookie(COOKIE, cookie_of(intruder))
    theirs.get(page_of_answers)
    answer = theirs.press_for_file("Open the answers", **{"answers-why": "report"})
    assert answer.status_code == 500
    assert "This was changed or damaged" in answer.get_data(as_text=True)
    assert MY_WORDS not in answer.get_data(as_text=True)
    # And to her own session it does open: the attempt was a real one
    hers.get(page_of_answers)
    hers.press("Open the answers", **{"answers-why": "report"})
    assert MY_WORDS in hers.page.text


@pytest.fixture
def page_of_answers(app: Flask) -> str:
    with app.app_context():
        return f"/desk/submissions/{submit_one().submission_id}"


def made_session(app: Flask, intruder: Intruder, ana: Coordinator, keyring: UUID) -> None:
    """A row of the attacker's for any coordinator, sealed with the key of the desk's configuration."""
    in_an_hour = int(datetime.now(UTC).timestamp()) // 60 * 60 + 3600
    content = {
        "coordinator_id": ana.id.hex,
        "name": ana.name,
        "role": "owner",
        "keyring": keyring.hex,
        **{name: secrets.token_hex(32) for name in SESSION_KEYS},
        "csrf_token": secrets.token_hex(32),
    }
    row: dict[str, Any] = {
        "id": visits.visit_id(intruder.secret, "desk"),
        "version": 1,
        "expires_at": in_an_hour,
        "ends_at": in_an_hour,
        "coordinator_id": ana.id,
    }
    key = app.extensions["hearth_settings"].desk_visit_key
    row["sealed"] = sealed_as_now(content, intruder.secret, row, key)
    put_back(app, [row])


def cookie_of(intruder: Intruder) -> str:
    return base64.urlsafe_b64encode(intruder.secret).decode().rstrip("=")


# Signing in


def test_a_coordinators_whole_row_lets_a_used_code_open_once_more(
    app: Flask, founded: Founded, clock: time_machine.Traveller
) -> None:
    owner = founded.owner
    with app.app_context():
        # Given a sign-in that an attacker watched, and the coordinator's row of before
        before, code = copied(Coordinator), code_for(founded)
        authentication.sign_in(owner.sign_in_name, owner.passphrase, code)
        with pytest.raises(NotSignedIn):
            authentication.sign_in(owner.sign_in_name, owner.passphrase, code)
        # When the whole row is put back, the code opens again, and only with the passphrase
        replay(Coordinator, before)
        with pytest.raises(NotSignedIn):
            authentication.sign_in(owner.sign_in_name, "a guess", code)
        authentication.sign_in(owner.sign_in_name, owner.passphrase, code)
        # And not after its minute and a half
        replay(Coordinator, before)
        clock.shift(timedelta(seconds=60))
        with pytest.raises(NotSignedIn):
            authentication.sign_in(owner.sign_in_name, owner.passphrase, code)


def test_wrong_digits_write_more_rows_than_a_wrong_passphrase(app: Flask, founded: Founded) -> None:
    """What a clock may tell an attacker who has the right passphrase: the answers are the same to the letter.

    Three rows: an entry of the record, the record's head, and the bucket of a rate limit.
    """
    owner = founded.owner
    with app.app_context():
        wrong = {}
        # A first attempt of each makes the day's rows.
        for _ in range(2):
            for name, passphrase in (("passphrase", "a guess"), ("digits", owner.passphrase)):
                before = everything()
                with pytest.raises(NotSignedIn):
                    authentication.sign_in(owner.sign_in_name, passphrase, "000000")
                wrong[name] = {
                    table: len(rows) for table, rows in written(before, everything()).items()
                }
    assert wrong["passphrase"] == {"failed_sign_ins": 1}
    more = {table for table in wrong["digits"] if table not in wrong["passphrase"]}
    assert more == {"rate_buckets", "audit_entries", "audit_head"}


# At the public door


@pytest.fixture
def participant(app: Flask) -> Visitor:
    """A participant who has written a page of answers that they did not send yet, and is on the next one."""
    visitor = Visitor(app.test_client())
    people.begin(visitor)
    while visitor.path != f"{PAGE}later":
        visitor.press_first(**people.answers_for(visitor))
    return visitor


def shows(app: Flask, cookie: str, page: str) -> bool:
    """Whether this page, with this cookie, shows what the participant wrote on it."""
    client = app.test_client(use_cookies=False)
    answer = client.get(PAGE + page, headers={"Cookie": f"hearth={cookie}"})
    return people.SOME_WORDS in answer.get_data(as_text=True)


def cookie_in(visitor: Visitor) -> str:
    cookie = visitor.client.get_cookie("hearth")
    assert cookie is not None
    return cookie.value


@pytest.fixture
def left(app: Flask, participant: Visitor) -> str:
    """The old cookie of a Visit that ended with "Leave now", whose row was put back."""
    cookie = cookie_in(participant)
    assert shows(app, cookie, "health")
    with app.app_context():
        rows = copied(PublicVisit)
    participant.client.get("/leave")
    assert not shows(app, cookie, "health")
    with app.app_context():
        assert copied(PublicVisit) == []
        replay(PublicVisit, rows)
    return cookie


@pytest.mark.parametrize(("minutes", "works"), [(0, True), (119, True), (131, False)])
def test_a_visit_that_was_left_works_again_until_its_idle_timeout(
    app: Flask, clock: time_machine.Traveller, left: str, minutes: int, works: bool
) -> None:
    clock.shift(timedelta(minutes=minutes))
    assert shows(app, left, "health") is works


def test_a_visit_that_is_used_goes_on_until_its_absolute_end(
    app: Flask, clock: time_machine.Traveller, left: str
) -> None:
    lasted = looked_at(lambda: shows(app, left, "health"), clock, every=60)
    assert lasted == timedelta(hours=24)


def test_an_older_version_of_a_visit_loses_what_was_typed_since(
    app: Flask, participant: Visitor
) -> None:
    # Given a copy of a Visit, and a participant who wrote another page
    cookie = cookie_in(participant)
    with app.app_context():
        before = copied(PublicVisit)
    participant.press_first(**people.answers_for(participant))
    assert shows(app, cookie, "later")
    # When the older version is put in the place of the newer one
    with app.app_context():
        replay(PublicVisit, before)
    # Then what was written since is gone from it, and what was there stays
    assert not shows(app, cookie, "later")
    assert shows(app, cookie, "health")
