"""Attacks on the list of sessions: ending another person's, hiding one, reading what the tables say of it."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text, update

from tests.integration.desk.conftest import _early_in_a_step as _early_in_a_step
from tests.integration.desk.conftest import stranger as stranger
from tests.integration.desk.conftest import worker as worker
from tests.integration.desk.newcomer import Newcomer, invite
from tests.integration.desk.test_own_sessions import LAPTOP, PHONE, is_in, listed, on
from tests.integration.desk.worker import Worker
from tests.integration.tables import everything
from tests.pages import Page
from webapp.models import DeskVisit, SessionKeyring
from webapp.services.infrastructure import stores


def token_of(page: Page) -> str:
    return next(
        one.get("value", "") for one in page.all("input") if one.get("name") == "csrf_token"
    )


def sessions(worker: Worker) -> dict[UUID, UUID]:
    """Whose each session is."""
    with worker.app.app_context(), stores.reading("volatile") as volatile:
        rows = volatile.scalars(select(DeskVisit)).all()
        return {row.session_id: row.coordinator_id for row in rows if row.session_id}


def test_nobody_ends_the_session_of_another_person(worker: Worker) -> None:
    # Given a colleague who is signed in, and whose session's id an attacker at the desk has learnt
    bea = Newcomer(worker.app, invite(worker, "owner", name="Bea"))
    bea.join()
    before = sessions(worker)
    bea.sign_in()
    (hers,) = set(sessions(worker)) - set(before)
    # When they end it, by its id, or one that never was
    token = token_of(worker.get("/desk/me"))
    for session_id in (hers, uuid4()):
        worker.post(f"/desk/me/sessions/{session_id}/end", {"csrf_token": token})
        assert "That session was over already." in worker.page.text
    worker.post("/desk/me/sessions/end", {"csrf_token": token})
    # Then she is still signed in
    assert hers in sessions(worker)
    assert bea.get("/desk/me").h1 == "Your settings"
    assert "session ended" not in worker.tags()


def test_another_site_ends_none(worker: Worker) -> None:
    phone = on(worker, PHONE)
    worker.get("/desk/me")
    worker.post("/desk/me/sessions/end", {}, **{"Sec-Fetch-Site": "cross-site"})
    worker.post("/desk/me/sessions/end", {})
    assert is_in(phone)


def test_a_row_put_back_after_its_session_was_ended_opens_nothing(worker: Worker) -> None:
    # Given an attacker who copied a phone's cookie and row
    phone = on(worker, PHONE)
    with worker.app.app_context(), stores.reading("volatile") as volatile:
        rows = [
            {column.key: getattr(row, column.key) for column in table.__table__.columns}
            for table in (DeskVisit,)
            for row in volatile.scalars(select(table)).all()
        ]
    # When the session is ended, and the rows are put back
    worker.get("/desk/me")
    worker.press("End all other sessions")
    with worker.app.app_context(), stores.writing("volatile") as volatile:
        there = set(volatile.scalars(select(DeskVisit.id)).all())
        for row in rows:
            if row["id"] not in there:
                volatile.execute(DeskVisit.__table__.insert().values(row))
    # Then it is over all the same
    assert not is_in(phone)
    assert is_in(worker)


def test_a_session_cannot_be_hidden_under_another_id(worker: Worker) -> None:
    # Given an attacker with a stolen session, who can write to `volatile`
    phone = on(worker, PHONE)
    with worker.app.app_context(), stores.writing("volatile") as volatile:
        volatile.execute(update(DeskVisit).values(session_id=uuid4()))
    # Then a row that says another session than it was sealed for opens no more
    assert not is_in(phone)


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_a_session_cannot_be_hidden_under_another_spelling_of_its_id(worker: Worker) -> None:
    # Given SQLite, whose columns have no types: PostgreSQL has one spelling
    phone = on(worker, PHONE)
    with worker.app.app_context(), stores.writing("volatile") as volatile:
        volatile.execute(text("UPDATE desk_visits SET session_id = '{' || session_id || '}'"))
    # Then it opens no more, and no page breaks over it
    assert phone.get("/desk/me").h1 == "Sign in"


def test_the_tables_tell_no_device(worker: Worker) -> None:
    # Given sessions on two devices
    on(worker, PHONE)
    on(worker, LAPTOP, steps=1)
    # Then no row says which, and their notes are of one size
    with worker.app.app_context():
        found = everything()
        rows = repr([found["desk_visits"], found["session_keyrings"]]).lower()
        with stores.reading("volatile") as volatile:
            notes = volatile.scalars(select(SessionKeyring.note)).all()
    for telling in ("android", "windows", "firefox", "chrome"):
        assert telling not in rows
    assert len({len(note or b"") for note in notes}) == 1


def test_a_note_that_was_swapped_says_nothing(worker: Worker) -> None:
    # Given an attacker who writes the note of one session beside another
    phone = on(worker, PHONE)
    with worker.app.app_context(), stores.writing("volatile") as volatile:
        one, other = volatile.scalars(select(SessionKeyring)).all()
        volatile.execute(update(SessionKeyring).values(note=one.note or other.note))
        volatile.execute(
            update(SessionKeyring)
            .where(SessionKeyring.id == one.id)
            .values(note=other.note if one.note else one.note)
        )
    # Then the list still has both, and calls neither what it is not
    lines = listed(phone)
    assert len(lines) == 2
    assert sum(line.startswith("Chrome on an Android") for line in lines) <= 1
