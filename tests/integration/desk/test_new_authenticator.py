"""A new authenticator at the desk: another phone takes over, and the codes of the one before are worth nothing."""

import pyotp
import pytest

from tests.integration.desk.worker import Worker
from tests.pages import Page, words
from webapp.rules import clock
from webapp.services.keys import second_factor

OTHER_CLOCK = second_factor.STEP_SECONDS * 20


def begin(worker: Worker) -> str:
    """Open the page. Returns the key for the new phone's app."""
    worker.get("/desk/me")
    worker.follow("Set up a new phone")
    (letters,) = [words(one) for one in worker.page.all("code")]
    return letters.replace(" ", "")


def change(worker: Worker, key: str, **changes: str) -> Page:
    typed = {"passphrase_now": worker.founded.owner.passphrase, "code": code_of(key), **changes}
    return worker.press("Use this phone from now on", **typed)


def code_of(key: str, seconds: int = 0) -> str:
    return pyotp.TOTP(key).at(int(clock.now().timestamp()) + seconds)


def test_another_phone_takes_over(worker: Worker) -> None:
    # Given two browsers in which she is signed in
    other = Worker(worker.app, worker.founded)
    other.sign_in()
    told = worker.answered_by("quote")
    # When she sets up another phone in one of them
    key = begin(worker)
    page = change(worker, key)
    # Then that one goes on, and opens what she could open
    assert "Changed. From now on, the new phone shows the six digits" in page.text
    assert "Opened answers" in worker.open_answers(told).title
    # And the other one is signed out
    assert other.get("/desk/").path == "/desk/sign-in"
    # And only the new phone's codes count, each of them once
    with other.later(minutes=2):
        other.sign_in()
        assert other.path == "/desk/sign-in"
        other.sign_in(code=code_of(key))
        assert other.path == "/desk/"
    assert "authenticator changed" in worker.tags()


def test_the_code_that_proved_the_new_phone_is_used_up(worker: Worker) -> None:
    key = begin(worker)
    proof = code_of(key)
    change(worker, key, code=proof)
    other = Worker(worker.app, worker.founded)
    other.sign_in(code=proof)
    assert other.path == "/desk/sign-in"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"passphrase_now": "wrong words all along"}, "This is not your passphrase now"),
        ({"passphrase_now": ""}, "Enter the passphrase that you sign in with now"),
        ({"code": "12"}, "Enter the six digits that your app shows now"),
        ({"code": "000000"}, "That code is wrong"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(
    page_worker: Worker, changes: dict[str, str], said: str
) -> None:
    key = begin(page_worker)
    assert said in change(page_worker, key, **changes).text
    assert page_worker.status == 400
    # And the key that was scanned by now is still the one on the page
    (letters,) = [words(one) for one in page_worker.page.all("code")]
    assert letters.replace(" ", "") == key
    # And the phone of before still counts
    with page_worker.later(minutes=2):
        page_worker.press("Sign out")
        page_worker.sign_in()
        assert page_worker.path == "/desk/"


def test_a_phone_whose_clock_is_wrong_is_told_by_how_much(page_worker: Worker) -> None:
    key = begin(page_worker)
    page = change(page_worker, key, code=code_of(key, OTHER_CLOCK))
    assert "clock is about 10 minutes wrong" in page.text


def test_a_key_that_was_not_offered_is_not_taken(page_worker: Worker) -> None:
    begin(page_worker)
    page = change(page_worker, "A" * 32, passphrase_app_key="AAAA")
    assert "Scan the square below, then enter the six digits" in page.text


def test_the_second_press_of_the_button_changes_nothing(page_worker: Worker) -> None:
    key = begin(page_worker)
    twice = page_worker.page
    change(page_worker, key)
    page_worker.page = twice
    change(page_worker, key)
    assert page_worker.path == "/desk/me/authenticator"
    page_worker.get("/desk/me")
    page_worker.press("Sign out")
    with page_worker.later(minutes=2):
        page_worker.sign_in(code=code_of(key))
        assert page_worker.path == "/desk/"
