"""Attacks on step-up: a session that was left open, another session, old cookies, codes that were seen."""

from http import HTTPStatus

from tests.integration.desk.conftest import _early_in_a_step as _early_in_a_step
from tests.integration.desk.conftest import page_stranger as page_stranger
from tests.integration.desk.conftest import page_worker as page_worker
from tests.integration.desk.conftest import stranger as stranger
from tests.integration.desk.conftest import worker as worker
from tests.integration.desk.newcomer import invite
from tests.integration.desk.worker import Worker
from tests.integration.test_statements import statements
from tests.pages import Page

ASKED = "Confirm that it is you"


def token_of(page: Page) -> str:
    return next(
        one.get("value", "") for one in page.all("input") if one.get("name") == "csrf_token"
    )


def test_a_step_up_in_one_session_opens_nothing_in_another(worker: Worker) -> None:
    # Given two sessions of one coordinator, both older than five minutes, one of them in an attacker's hands
    other = Worker(worker.app, worker.founded)
    other.sign_in()
    with worker.later(minutes=6):
        # When the coordinator confirms in theirs
        assert not invite(worker, "analyst", name="Bea")
        worker.confirm()
        assert worker.path.startswith("/desk/people/invitations/")
        # Then the other is asked as before
        assert not invite(other, "analyst", name="Mallory")
        assert other.page.h1 == ASKED


def test_the_mark_cannot_be_sent_along(worker: Worker) -> None:
    # Given an attacker at a desk that was left open, who makes up what our pages hold
    with worker.later(minutes=6):
        token = token_of(worker.get("/desk/organisations"))
        for name in ("confirmed-at", "confirmed_at", "fresh"):
            data = {"csrf_token": token, "name": "Mallory Ltd", name: "99999999999"}
            worker.post("/desk/organisations", data)
            assert (worker.status, worker.page.h1) == (HTTPStatus.FORBIDDEN, ASKED)
        assert "Mallory Ltd" not in worker.get("/desk/organisations").text


def test_another_site_confirms_nothing(page_worker: Worker) -> None:
    # Given a right code that another site got its hands on
    with page_worker.later(minutes=6):
        page_worker.get("/desk/")
        data = {"second_factor": page_worker.code(), "to": "/desk/contacts"}
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
            page_worker.post("/desk/confirm", data, **headers)
            assert page_worker.status == HTTPStatus.FORBIDDEN
        # And from our own page without its token
        page_worker.post("/desk/confirm", data)
        assert page_worker.status == HTTPStatus.FORBIDDEN
        # Then nothing is fresh, and the code is not even used up
        page_worker.get("/desk/confirm?to=/desk/contacts")
        page_worker.confirm()
        assert page_worker.path == "/desk/contacts"


def test_a_code_is_replayed_neither_here_nor_elsewhere(worker: Worker) -> None:
    # Given a code that was seen while it was typed
    other = Worker(worker.app, worker.founded)
    other.sign_in()
    with worker.later(minutes=6):
        seen = worker.code()
        invite(worker, "analyst", name="Bea")
        worker.confirm(second_factor=seen)
        # When it is typed once more, in another session or at sign-in
        assert not invite(other, "analyst", name="Mallory")
        other.confirm(second_factor=seen)
        assert other.status == HTTPStatus.BAD_REQUEST
        again = Worker(worker.app, worker.founded)
        again.sign_in(code=seen)
        assert again.status == HTTPStatus.BAD_REQUEST
        # Then nobody of that name was invited
        assert "Mallory" not in worker.get("/desk/people").text


def test_a_cookie_of_before_a_step_up_opens_nothing(worker: Worker) -> None:
    # Given a cookie that an attacker copied
    with worker.later(minutes=6):
        assert not invite(worker, "analyst", name="Bea")
        copied = worker.client.get_cookie("hearth-desk")
        assert copied is not None
        # When the coordinator confirms
        worker.confirm()
        assert worker.get("/desk/").h1.endswith("Ana")
        # Then the copy opens nothing
        worker.client.set_cookie("hearth-desk", copied.value)
        assert worker.get("/desk/").h1 == "Sign in"


def as_thief(worker: Worker, cookie: str) -> Worker:
    """Another browser, with a copied cookie."""
    thief = Worker(worker.app, worker.founded)
    thief.client.set_cookie("hearth-desk", cookie)
    return thief


def cookie_of(worker: Worker) -> str:
    cookie = worker.client.get_cookie("hearth-desk")
    assert cookie is not None
    return cookie.value


def add(worker: Worker, token: str, name: str, **more: str) -> Page:
    return worker.post("/desk/organisations", {"csrf_token": token, "name": name, **more})


def test_a_code_that_was_seen_does_no_other_act_with_the_old_cookie(worker: Worker) -> None:
    # Given an attacker who copied the cookie, and sees the digits as they are typed
    with worker.later(minutes=6):
        token = token_of(worker.get("/desk/organisations"))
        copied, seen = cookie_of(worker), worker.code()
        add(worker, token, "The Mill")
        worker.confirm(second_factor=seen)
        assert "The Mill" in worker.page.text
        # When they do something else with them
        thief = as_thief(worker, copied)
        add(thief, token, "Mallory Ltd", second_factor=seen)
        assert (thief.status, thief.page.h1) == (HTTPStatus.FORBIDDEN, "Sign in and go on")
        thief = as_thief(worker, copied)
        thief.post(
            "/desk/confirm", {"csrf_token": token, "to": "/desk/people", "second_factor": seen}
        )
        assert thief.get("/desk/people").h1 == "Sign in"
        # Then nothing was done
        assert "Mallory Ltd" not in worker.get("/desk/organisations").text


def repeated(worker: Worker) -> Worker:
    """A thief who repeats the very same press, as a second press would: a row of their own, of the same session."""
    token = token_of(worker.get("/desk/organisations"))
    copied, seen = cookie_of(worker), worker.code()
    add(worker, token, "The Mill")
    worker.confirm(second_factor=seen)
    thief = as_thief(worker, copied)
    add(thief, token, "The Mill", second_factor=seen)
    assert thief.get("/desk/").h1.endswith("Ana")
    return thief


def test_a_repeated_press_is_confirmed_for_nothing_else(worker: Worker) -> None:
    with worker.later(minutes=6):
        thief = repeated(worker)
        add(thief, token_of(thief.get("/desk/organisations")), "Mallory Ltd")
        assert thief.page.h1 == ASKED


def test_signing_out_ends_every_row_of_the_session(worker: Worker) -> None:
    with worker.later(minutes=6):
        thief = repeated(worker)
        worker.get("/desk/")
        worker.press("Sign out")
        assert thief.get("/desk/").h1 == "Sign in"


def test_ending_all_other_sessions_ends_other_rows_of_this_one(worker: Worker) -> None:
    with worker.later(minutes=6):
        thief = repeated(worker)
        worker.get("/desk/me")
        worker.press("End all other sessions")
        assert worker.get("/desk/").h1.endswith("Ana")
        assert thief.get("/desk/").h1 == "Sign in"
        assert "session ended" in worker.tags()


def test_a_clock_that_was_ahead_leaves_no_session_fresh(worker: Worker) -> None:
    # Given a session that began while the clock was an hour ahead
    with worker.later(hours=1):
        worker.sign_in_anew()
    # When the clock is right again
    assert not invite(worker, "analyst", name="Bea")
    # Then it counts as confirmed too long ago
    assert worker.page.h1 == ASKED


def test_a_wrong_code_and_a_replayed_one_take_the_same_way(worker: Worker) -> None:
    # Given a code that another session used up
    other = Worker(worker.app, worker.founded)
    with worker.later(minutes=6):
        other.sign_in()
        taken = []
        # When it is tried here, and one that is wrong
        for typed in (worker.code(), "000000"):
            invite(worker, "analyst", name="Bea")
            with statements(worker.app) as seen:
                worker.confirm(second_factor=typed)
            assert worker.status == HTTPStatus.BAD_REQUEST
            taken.append(list(seen))
        # Then the same is done in both cases, so that no clock tells them apart
        assert taken[0] == taken[1]
