"""Signing in opens the coordinator's key. An answer does not say what was wrong (user enumeration)."""

from http import HTTPStatus

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.integration.desk.worker import Worker
from tests.integration.tables import everything
from tests.pages import Page
from webapp import sessions
from webapp.services.keys import coordinators, people
from webapp.services.keys.bootstrap import Founded

REFUSED = "That did not work. Check your name and passphrase, and wait for a new code"


def value_of(page: Page, name: str) -> str:
    """What stands in a field."""
    (field,) = [element for element in page.all("input") if element.get("name") == name]
    return field.get("value", "")


def test_the_right_name_passphrase_and_code_open_the_desk(stranger: Worker) -> None:
    # When a coordinator signs in
    page = stranger.sign_in()
    # Then they are greeted by name, and the record knows
    assert stranger.path == "/desk/"
    assert page.h1.endswith(", Ana")
    assert stranger.tags()[0] == "signed in"


def test_names_and_codes_are_read_as_people_type_them(stranger: Worker) -> None:
    # Not even a character that PostgreSQL cannot keep is in the way
    code = stranger.code()
    stranger.sign_in(sign_in_name="  ANA\x00 ", code=f" {code[:3]} {code[3:]} ")
    assert stranger.path == "/desk/"


@pytest.mark.parametrize(
    "changes",
    [
        {"passphrase": "not the six words at all"},
        {"passphrase": "x" * 5_000},
        {"code": "000000"},
        {"sign_in_name": "nobody"},
    ],
    ids=["other-words", "many-words", "code", "name"],
)
def test_whatever_is_wrong_the_answer_is_the_same(
    page_stranger: Worker, changes: dict[str, str]
) -> None:
    # When one of the three is wrong
    page = page_stranger.sign_in(**changes)
    # Then one sentence answers
    assert page_stranger.status == HTTPStatus.BAD_REQUEST
    assert REFUSED in page.text
    # And the name is still there, but neither of the secrets
    assert value_of(page, "sign_in_name") == changes.get("sign_in_name", "ana")
    assert value_of(page, "passphrase") == ""
    assert value_of(page, "code") == ""
    assert page_stranger.founded.owner.passphrase not in page.html
    # And the desk stays closed
    assert page_stranger.get("/desk/").h1 == "Sign in"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sign_in_name": ""}, "Enter your sign-in name"),
        ({"passphrase": ""}, "Enter your passphrase"),
        ({"code": ""}, "Enter the six digits that your app shows now"),
        ({"code": "not a code"}, "Enter the six digits that your app shows now"),
    ],
    ids=["no-name", "no-words", "no-code", "letters"],
)
def test_what_is_left_empty_is_said_for_known_and_unknown_names(
    page_stranger: Worker, changes: dict[str, str], said: str
) -> None:
    # When something is missing, under a name that there is and under one that there is not
    for name in ("ana", "nobody"):
        page = page_stranger.sign_in(**{"sign_in_name": name, **changes})
        # Then the page says what, and the same to both
        assert page_stranger.status == HTTPStatus.BAD_REQUEST
        assert said in page.text
        assert REFUSED not in page.text
        # And neither of the secrets comes back
        assert value_of(page, "passphrase") == ""
        assert value_of(page, "code") == ""


def test_a_wrong_clock_is_one_of_the_things_to_look_at(page_stranger: Worker) -> None:
    assert (
        "Codes only work while your phone’s clock is right."
        in page_stranger.get("/desk/sign-in").text
    )


def test_a_code_opens_the_desk_once(app: Flask, founded: Founded) -> None:
    # Given an attacker who read a code over a coordinator's shoulder
    coordinator, onlooker = Worker(app, founded), Worker(app, founded)
    code = coordinator.code()
    coordinator.sign_in(code=code)
    # When they use it too, or the one before it
    for old in (code, coordinator.code(-1)):
        onlooker.sign_in(code=old)
        # Then it does not open the desk
        assert onlooker.status == HTTPStatus.BAD_REQUEST
    # But the next code does
    onlooker.sign_in(code=coordinator.code(1))
    assert onlooker.path == "/desk/"


def test_an_old_code_is_worth_nothing(stranger: Worker) -> None:
    code = stranger.code()
    with stranger.later(minutes=2):
        stranger.sign_in(code=code)
    assert stranger.status == HTTPStatus.BAD_REQUEST


def test_looking_at_the_page_leaves_no_cookie(stranger: Worker) -> None:
    stranger.get("/desk/sign-in")
    assert "Set-Cookie" not in stranger.response.headers


def test_the_cookie_is_for_this_desk_alone(stranger: Worker) -> None:
    # When a coordinator signs in
    stranger.get("/desk/sign-in")
    answer = stranger.press_for_file(
        "Sign in",
        sign_in_name="ana",
        passphrase=stranger.founded.owner.passphrase,
        code=stranger.code(),
    )
    # Then no script, other site or later day can use their cookie
    (cookie,) = (
        one for one in answer.headers.getlist("Set-Cookie") if one.startswith("hearth-desk=")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Expires" not in cookie
    assert "Max-Age" not in cookie


def test_signing_in_twice_gives_a_new_cookie(worker: Worker) -> None:
    # Given a coordinator who has signed in
    old = worker.client.get_cookie("hearth-desk")
    # When they sign in again (the page leads them on, the address does not refuse)
    assert worker.get("/desk/sign-in").h1.endswith("Ana")
    worker.post(
        "/desk/sign-in",
        {
            "sign_in_name": "ana",
            "passphrase": worker.founded.owner.passphrase,
            "code": worker.code(),
        },
    )
    new = worker.client.get_cookie("hearth-desk")
    # Then the older cookie opens nothing
    assert old is not None and new is not None
    assert old.value != new.value
    worker.client.set_cookie("hearth-desk", old.value)
    assert worker.get("/desk/").h1 == "Sign in"


def test_signing_out_ends_it_for_good(worker: Worker) -> None:
    # Given a cookie that an attacker wrote down
    cookie = worker.client.get_cookie("hearth-desk")
    assert cookie is not None
    # When the coordinator signs out
    worker.press("Sign out")
    # Then they are at the door, and the cookie opens nothing
    assert worker.page.h1 == "Sign in"
    assert "You were away" not in worker.page.text
    worker.client.set_cookie("hearth-desk", cookie.value)
    assert worker.get("/desk/record").h1 == "Sign in"


def test_after_fifteen_idle_minutes_a_kind_word(worker: Worker) -> None:
    # Given a session that was idle for a quarter of an hour
    with worker.later(minutes=16):
        page = worker.get("/desk/contacts")
    # Then it is closed, and says why
    assert page.h1 == "Sign in"
    assert "You were away for a while, so we signed you out." in page.text


def test_who_was_away_is_told_so_after_the_worker_swept_the_session(worker: Worker) -> None:
    with worker.later(minutes=16):
        with worker.app.app_context():
            sessions.sweep()
        assert "You were away for a while" in worker.get("/desk/contacts").text


@pytest.mark.parametrize("act", ["a link, a role or recover", "in the settings"])
def test_whose_session_was_ended_by_an_act_is_not_told_that_they_were_away(
    worker: Worker, act: str
) -> None:
    # Given a session that an act ends, perhaps a thief's: with a link of "get in again", with a new passphrase
    if act == "in the settings":
        other = Worker(worker.app, worker.founded)
        other.sign_in()
        other.get("/desk/me")
        other.press("End all other sessions")
    else:
        with worker.app.app_context():
            (ana,) = people.everyone()
            coordinators.end_visits(ana.id)
    # Then the page does not calm the one person who can notice it, and says what to do
    page = worker.get("/desk/contacts")
    assert page.h1 == "Sign in"
    assert "You were away" not in page.text
    assert "your session was ended" in page.text
    assert "ring a colleague who is an owner today" in page.text


def test_a_coordinator_who_works_is_not_signed_out(worker: Worker) -> None:
    for minutes in (10, 20, 30):
        with worker.later(minutes=minutes):
            assert worker.get("/desk/").h1.endswith("Ana")


def test_a_desk_is_open_for_eight_hours_at_most(worker: Worker) -> None:
    for minutes in range(10, 8 * 60, 10):
        with worker.later(minutes=minutes):
            worker.client.get("/desk/record")
    with worker.later(hours=8, minutes=1):
        assert worker.get("/desk/").h1 == "Sign in"


def test_what_is_pressed_too_late_changes_nothing(worker: Worker) -> None:
    # Given a page that was left open
    participant = worker.answered_by("contact_me")
    worker.look_at(participant)
    # When its button is pressed after lunch
    with worker.later(minutes=40):
        page = worker.press("Open the answers", **{"answers-why": "report"})
    # Then nothing was opened
    assert page.h1 == "Sign in and go on"
    assert "answers opened" not in worker.tags()


def test_a_passphrase_works_for_years(page_stranger: Worker) -> None:
    with page_stranger.later(days=3 * 365):
        page_stranger.sign_in()
        assert page_stranger.path == "/desk/"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_other_sites_cannot_sign_a_coordinator_in(page_stranger: Worker, site: str) -> None:
    page_stranger.post("/desk/sign-in", {"sign_in_name": "ana"}, **{"Sec-Fetch-Site": site})
    assert page_stranger.status == HTTPStatus.FORBIDDEN


def test_a_form_without_its_token_does_nothing(worker: Worker) -> None:
    worker.post("/desk/sign-out")
    assert worker.status == HTTPStatus.FORBIDDEN
    assert worker.get("/desk/").h1.endswith("Ana")


def test_guessing_meets_a_limit(make_page_app: MakeApp, page_founded: Founded) -> None:
    # Given the limits of a real instance
    guesser = Worker(make_page_app(LIMIT_FACTOR="1"), page_founded)
    # When an attacker tries again and again
    tried = []
    for _ in range(12):
        guesser.sign_in(passphrase="a guess")
        tried.append(guesser.status)
        if guesser.status == HTTPStatus.TOO_MANY_REQUESTS:
            break
    # Then they are asked to wait, and so is the coordinator of that name in the same network
    assert tried == [HTTPStatus.BAD_REQUEST] * 10 + [HTTPStatus.TOO_MANY_REQUESTS]
    guesser.sign_in()
    assert guesser.status == HTTPStatus.TOO_MANY_REQUESTS


def test_the_key_is_sealed_where_it_waits(worker: Worker) -> None:
    # The keys of the session are in the Visit, and the Visit is unreadable without the cookie.
    with worker.app.app_context():
        rows = repr(everything()["desk_visits"])
    assert "keyring" not in rows
    assert "Ana" not in rows


def test_eleven_coordinators_in_one_office_sign_in(
    make_page_app: MakeApp, page_founded: Founded
) -> None:
    # Given ten people in one office, each of whom mistyped
    app = make_page_app(LIMIT_FACTOR="1")
    for number in range(10):
        Worker(app, page_founded).sign_in(sign_in_name=f"colleague-{number}")
    # Then the eleventh signs in
    worker = Worker(app, page_founded)
    worker.sign_in()
    assert worker.path == "/desk/"


def test_one_name_is_not_tried_for_ever(make_page_app: MakeApp, page_founded: Founded) -> None:
    # Given an attacker who tries one name again and again, however it is written
    app = make_page_app(LIMIT_FACTOR="1")
    guesser, written = Worker(app, page_founded), ("ana", " ANA ", "Ana")
    statuses = []
    for turn in range(12):
        guesser.sign_in(sign_in_name=written[turn % 3], passphrase="wrong")
        statuses.append(guesser.status)
    # Then they must wait
    assert statuses[:10] == [HTTPStatus.BAD_REQUEST] * 10
    assert HTTPStatus.TOO_MANY_REQUESTS in statuses
    # And from elsewhere Ana signs in
    worker = Worker(app, page_founded)
    worker.client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    worker.sign_in()
    assert worker.path == "/desk/"
