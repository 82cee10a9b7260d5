"""Sessions of the desk that ended: their rows, put back, open nothing, and no other coordinator is signed out."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask, Response
from sqlalchemy import Table, delete, func, insert, select

from tests import people
from tests.integration.public.steps import value_of
from tests.turned import an_operator_confirmed
from tests.visitor import Visitor
from webapp import sessions
from webapp.models import DeskVisit, EndedDeskVisit
from webapp.services.infrastructure import ended_visits, stores, visit_rows
from webapp.services.keys.bootstrap import Founded
from webapp.services.worker import chores
from webapp.web import guards

VISITS: Table = DeskVisit.__table__  # type: ignore[assignment]
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.fixture
def stepping_up(app: Flask) -> Iterator[Flask]:
    """An application with a view that rotates the session, as after a fresh second factor, and shows its state."""

    @guards.opens_visit
    @guards.comes_twice
    def step_up() -> Response:
        seen = type(sessions.current().state).__name__
        if sessions.current().begun:
            sessions.renew_leaving_a_copy()
        return Response(seen, mimetype="text/plain")

    app.add_url_rule("/desk/step-up", "step-up", step_up, methods=["POST"])
    return app


def signed_in(app: Flask, founded: Founded) -> tuple[Visitor, str]:
    """A coordinator at the desk, and her cookie of now."""
    desk = Visitor(app.test_client())
    people.sign_in(desk, founded.owner)
    cookie = desk.client.get_cookie("hearth-desk")
    assert cookie is not None
    return desk, cookie.value


def with_cookie(app: Flask, cookie: str, path: str = "/desk/", method: str = "GET") -> str:
    """The status of an answer, or what it says where it says a state."""
    client = app.test_client(use_cookies=False)
    answer = client.open(path, method=method, headers={"Cookie": f"hearth-desk={cookie}"})
    return answer.get_data(as_text=True) if answer.mimetype == "text/plain" else answer.status


def rows() -> list[dict[str, object]]:
    with stores.reading("volatile") as volatile:
        return [dict(row) for row in volatile.execute(select(VISITS)).mappings()]


def remembered() -> int:
    with stores.reading() as main:
        return main.scalar(select(func.count()).select_from(EndedDeskVisit)) or 0


def test_a_rotated_session_that_is_put_back_does_not_work(
    stepping_up: Flask, founded: Founded
) -> None:
    # Given an attacker who copied a session's row and cookie, and a coordinator who stepped up
    app = stepping_up
    desk, old = signed_in(app, founded)
    with app.app_context():
        (row,) = rows()
    assert desk.client.post("/desk/step-up").text == "Loaded"
    # When the row of before is put in the place of the copy that the rotation left
    with app.app_context(), stores.writing("volatile") as volatile:
        volatile.execute(delete(VISITS).where(VISITS.c.id == row["id"]))
        volatile.execute(insert(VISITS), [row])
    # Then the old cookie opens nothing, not even what comes twice, and the new one works
    assert with_cookie(app, old).startswith("303")
    assert with_cookie(app, old, "/desk/step-up", "POST") == "NotBegun"
    assert desk.client.get("/desk/").status_code == 200


def test_a_second_press_still_finds_the_copy(
    stepping_up: Flask, founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a second press that read the row just before the first one rotated it
    app = stepping_up
    desk, old = signed_in(app, founded)
    with app.app_context():
        before = visit_rows.Row(**rows()[0])  # type: ignore[arg-type]
    assert desk.client.post("/desk/step-up").text == "Loaded"
    found, looks = visit_rows.find, iter([before])

    def a_moment_ago(door: str, wanted: bytes) -> visit_rows.Row | None:
        return next(looks, None) or found(door, wanted)

    # When it asks whether that version is over, and it is
    monkeypatch.setattr(visit_rows, "find", a_moment_ago)
    # Then it looks again and finds the copy
    assert with_cookie(app, old, "/desk/step-up", "POST") == "Copy"


def test_signing_out_twice_at_once_is_signing_out(app: Flask, founded: Founded) -> None:
    with app.app_context():
        ended_visits.note([b"i" * 32])
        ended_visits.note([b"i" * 32, b"j" * 32])
        assert remembered() == 2
        assert ended_visits.is_ended(b"i" * 32, 1)
        assert not ended_visits.is_ended(b"k" * 32, 1)
        # And a rotation ends the versions before the copy
        ended_visits.note([b"k" * 32], through=3)
        assert ended_visits.is_ended(b"k" * 32, 3)
        assert not ended_visits.is_ended(b"k" * 32, 4)


def test_while_main_is_lost_no_session_is_believed(
    app: Flask, founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a coordinator at the desk
    desk, _ = signed_in(app, founded)
    reading: Callable[..., object] = stores.reading

    def lost(store: stores.Store = "main") -> object:
        if store == "main":
            raise stores.StoreUnavailable(store)
        return reading(store)

    # When nothing can say whether her session was signed out
    with monkeypatch.context() as patch:
        patch.setattr(stores, "reading", lost)
        assert desk.client.get("/desk/me").status_code == 503
    # Then she gets a page that says so, and goes on when it can
    assert desk.client.get("/desk/me").status_code == 200


def test_signing_out_ends_the_session_although_main_cannot_be_written(
    app: Flask, founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a coordinator at the desk, and a disk that is full
    desk, _ = signed_in(app, founded)
    desk.get("/desk/")
    writing: Callable[..., object] = stores.writing

    def full(store: stores.Store = "main") -> object:
        if store == "main":
            raise stores.StoreUnavailable(store)
        return writing(store)

    # When she signs out
    with monkeypatch.context() as patch:
        patch.setattr(stores, "writing", full)
        desk.client.post("/desk/sign-out", data={"csrf_token": value_of(desk, "csrf_token")})
    # Then her session is over
    assert desk.client.get("/desk/me").status_code == 303
    with app.app_context():
        assert rows() == []


def test_a_participants_visit_is_never_remembered(app: Flask) -> None:
    # Given a participant who begins, begins again and leaves
    visitor = Visitor(app.test_client())
    people.begin(visitor)
    people.begin(visitor)
    visitor.client.get("/leave")
    # Then no list says that there was one
    with app.app_context():
        assert remembered() == 0


def test_the_worker_forgets_sessions_that_are_long_over(app: Flask) -> None:
    with time_machine.travel(NOON, tick=False) as clock, app.app_context():
        # Given a session that was signed out at noon
        an_operator_confirmed()
        ended_visits.note([b"i" * 32])
        for days, left in ((0, 1), (1, 1), (1, 0)):
            clock.shift(timedelta(days=days))
            # When the worker does its chores on that day, and on the next, then it is there still; and then no more
            assert chores.do_all()
            assert remembered() == left
