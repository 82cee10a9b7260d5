"""Two tabs of one browser: what both write is kept, and ended in one is ended in the other."""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import people
from tests.integration.at_once import at_once
from tests.integration.sessions.steps import rows, token
from tests.visitor import Visitor
from webapp import sessions
from webapp.models import DeskVisit, PublicVisit
from webapp.services.infrastructure import stores
from webapp.services.keys.bootstrap import Founded
from webapp.sessions import store
from webapp.sessions.states import Loaded


def twins(app: Flask) -> tuple[Visitor, Visitor]:
    """One visitor in an unfinished form, with two tabs: two clients that share one cookie."""
    first = Visitor(app.test_client())
    people.begin(first)
    cookie = first.client.get_cookie("hearth")
    assert cookie is not None
    second = Visitor(app.test_client())
    second.client.set_cookie("hearth", cookie.value)
    return first, second


WHERE = "/en/calls/support-needs/page"


def test_two_tabs_that_write_at_once_lose_nothing(app: Flask) -> None:
    # Given a visitor with two tabs, each on a page of its own
    one, other = twins(app)
    one.press_first(adult="yes")
    one.get(f"{WHERE}/health")
    other.get(f"{WHERE}/change")
    for turn in range(20):
        # When both are sent at the same moment
        health = {"csrf_token": token(one), "health_words": f"Health {turn}."}
        change = {"csrf_token": token(other), "change_words": f"Change {turn}."}
        done = at_once(
            app,
            partial(one.post, f"{WHERE}/health", health),
            partial(other.post, f"{WHERE}/change", change),
        )
        # Then both answers are there
        assert not [one for one in done if isinstance(one, Exception)]
        one.get(f"{WHERE}/health")
        other.get(f"{WHERE}/change")
        assert f"Health {turn}." in one.page.html
        assert f"Change {turn}." in other.page.html
    # And there is one Visit
    assert len(rows(app)) == 1


def test_many_tabs_at_once_lose_nothing(app: Flask) -> None:
    # Given an impatient visitor, whose browser sends five pages at once
    first, _ = twins(app)
    cookie = first.client.get_cookie("hearth")
    assert cookie is not None
    pages = {
        "health": "health_words",
        "change": "change_words",
        "how-it-was-done": "done_words",
        "the-people": "people_words",
        "later": "later_words",
    }
    proof = token(first)

    def write(page: str, field: str) -> None:
        tab = app.test_client()
        tab.set_cookie("hearth", cookie.value)
        answer = tab.post(f"{WHERE}/{page}", data={"csrf_token": proof, field: f"On {page}."})
        assert answer.status_code == 303, answer.status

    done = at_once(app, *[partial(write, page, field) for page, field in pages.items()])
    # Then every answer is there
    assert done == [None] * len(pages)
    for page in pages:
        first.get(f"{WHERE}/{page}")
        assert f"On {page}." in first.page.html


def test_ended_in_one_tab_is_ended_in_the_other(app: Flask) -> None:
    # Given a visitor with two tabs who leaves in one of them
    one, other = twins(app)
    inside = one.path
    one.client.get("/leave")
    # Then the Visit is gone, whatever cookie the other tab still sends
    assert rows(app) == []
    assert other.client.get(inside).status_code == 303
    assert rows(app) == []


def test_a_late_write_does_not_bring_an_ended_visit_back(app: Flask) -> None:
    # Given a tab whose request is under way while the other one leaves
    for _ in range(10):
        one, other = twins(app)
        begun = one.client.get_cookie("hearth")
        assert begun is not None
        shared = begun.value
        data = {"csrf_token": token(one), "adult": "yes"}
        done = at_once(
            app,
            partial(one.client.get, "/leave"),
            partial(other.client.post, f"{WHERE}/first", data=data),
        )
        assert not [one for one in done if isinstance(one, Exception)]
        cookie = one.client.get_cookie("hearth")
        assert cookie is not None
        assert cookie.value == "left"
        # Then the cookie that both had leads to nothing
        left = rows(app)
        copy = app.test_client(use_cookies=False)
        response = copy.get(f"{WHERE}/first", headers={"Cookie": f"hearth={shared}"})
        assert response.status_code == 303
        # And there is at most one row, that of a Visit which the late tab opened anew
        assert [row.id for row in rows(app)] == [row.id for row in left]
        tab = other.client.get_cookie("hearth")
        assert tab is not None
        assert len(left) == (tab.value not in (shared, "left"))
        with app.app_context(), stores.writing("volatile") as volatile:
            for row in left:
                volatile.delete(volatile.get_one(PublicVisit, row.id))


def test_a_write_that_was_read_before_the_end_is_dropped(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a request that has read the Visit, and a leave that ends it before the request writes
    one, other = twins(app)
    real, stop = store._update, []

    def slow(visit: sessions.Visit, loaded: Loaded) -> None:
        if not stop:
            stop.append(True)
            one.client.get("/leave")
        real(visit, loaded)

    monkeypatch.setattr(store, "_update", slow)
    other.client.post(f"{WHERE}/first", data={"csrf_token": token(one), "adult": "yes"})
    # Then the write is dropped: leaving wins over everything
    assert stop
    assert rows(app) == []


def test_signing_out_in_one_tab_signs_out_the_other(app: Flask, founded: Founded) -> None:
    # Given a coordinator with two tabs
    desk = Visitor(app.test_client())
    people.sign_in(desk, founded.owner)
    cookie = desk.client.get_cookie("hearth-desk")
    assert cookie is not None
    desk.press("Sign out")
    # When the other tab, or an attacker with a copy of the cookie, goes on
    copy = app.test_client(use_cookies=False)
    response = copy.get("/desk/", headers={"Cookie": f"hearth-desk={cookie.value}"})
    # Then there is nothing to go on with
    assert response.status_code == 303
    with app.app_context(), stores.reading("volatile") as volatile:
        assert volatile.scalar(select(func.count()).select_from(DeskVisit)) == 0
