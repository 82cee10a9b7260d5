"""States of a session: which transition leads where, and that no secret is adopted (session fixation)."""

import base64

import pytest
from flask import Flask

from tests.integration.sessions.steps import cookies_of, rows
from webapp import sessions
from webapp.sessions import VisitNotBegun
from webapp.sessions.states import (
    Begun,
    Copy,
    Ended,
    EndedElsewhere,
    Loaded,
    NotBegun,
    Rotated,
    State,
)

SECRET = b"s" * 32
STORED = (SECRET, 3, {"told-of-leaving": True}, 60, 120)
STATES = {
    "not begun": NotBegun(),
    "loaded": Loaded(*STORED),
    "copy": Copy(*STORED),
    "begun": Begun(SECRET, 120),
    "rotated": Rotated(SECRET, 120, old=Loaded(*STORED), content={}),
    "ended": Ended(),
    "ended elsewhere": EndedElsewhere(),
}
OPEN = {"loaded", "copy", "begun", "rotated"}


def in_state(state: State) -> sessions.Visit:
    """This request's Visit, put into a state."""
    visit = sessions.current()
    visit.state = state
    if isinstance(state, Loaded | Copy):
        visit.hold(state.read)
    return visit


def test_a_secret_that_a_browser_brings_along_is_not_adopted(app: Flask) -> None:
    # Given an attacker who planted a cookie of the right form in a visitor's browser (session fixation)
    planted = base64.urlsafe_b64encode(SECRET).decode().rstrip("=")
    client = app.test_client()
    client.set_cookie("hearth", planted)
    # When they begin
    response = client.post("/en/calls/support-needs/begin")
    # Then the Visit is under another secret, and the planted one opens nothing
    (cookie,) = cookies_of(response).values()
    assert cookie.value != planted
    assert len(rows(app)) == 1
    attacker = app.test_client(use_cookies=False)
    header = {"Cookie": f"hearth={planted}"}
    assert attacker.get("/en/calls/support-needs/page/first", headers=header).status_code == 303


@pytest.mark.parametrize("name", STATES)
def test_begin_makes_a_new_secret_in_every_state(app: Flask, name: str) -> None:
    with app.test_request_context("/en/"):
        visit = in_state(STATES[name])
        sessions.begin()
        assert isinstance(visit.state, Begun)
        assert visit.state.secret != SECRET
        # And only what was stored has a row to be removed
        assert bool(visit.rows_to_remove) == (name in {"loaded", "copy"})
        assert set(visit) == {"csrf_token"}


@pytest.mark.parametrize("name", STATES)
def test_renewing_needs_a_visit_and_keeps_what_it_holds_and_its_end(app: Flask, name: str) -> None:
    with app.test_request_context("/en/"):
        visit = in_state(STATES[name])
        if name not in OPEN:
            with pytest.raises(VisitNotBegun):
                sessions.renew()
            return
        held = dict(visit)
        sessions.renew()
        assert isinstance(visit.state, Begun)
        assert visit.state.secret != SECRET
        assert visit.state.ends_at == 120
        assert dict(visit) == held


@pytest.mark.parametrize(
    ("name", "becomes"), [("loaded", Rotated), ("copy", Begun), ("begun", Begun)]
)
def test_only_what_is_under_way_leaves_a_copy(app: Flask, name: str, becomes: type) -> None:
    with app.test_request_context("/en/"):
        visit = in_state(STATES[name])
        sessions.renew_leaving_a_copy()
        assert type(visit.state) is becomes
        # And the row under the old secret stays for it
        assert visit.rows_to_remove == []


@pytest.mark.parametrize("name", STATES)
def test_after_the_end_nothing_is_held(app: Flask, name: str) -> None:
    with app.test_request_context("/en/"):
        visit = in_state(STATES[name])
        sessions.end(left=True)
        assert visit.state == Ended(left=True)
        assert not visit.begun
        assert dict(visit) == {}
