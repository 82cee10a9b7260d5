"""Changing one's own passphrase at the desk: the slot is made anew, other sessions end, nothing else changes."""

import pytest

from tests.integration.desk.worker import Worker
from tests.pages import Page, words

OWN = "seven grey herons over the lake"


def change(worker: Worker, present: str = "", **changes: str) -> Page:
    worker.get("/desk/me")
    worker.follow("Change your passphrase")
    typed = {
        "passphrase_now": present or worker.founded.owner.passphrase,
        "way": "words",
        **changes,
    }
    return worker.press("Change my passphrase", **typed)


def own(passphrase: str, again: str | None = None) -> dict[str, str]:
    return {
        "way": "own",
        "own_passphrase": passphrase,
        "own_passphrase_again": passphrase if again is None else again,
    }


def test_six_new_words(worker: Worker) -> None:
    # Given two browsers in which she is signed in
    other = Worker(worker.app, worker.founded)
    other.sign_in()
    told = worker.answered_by("quote")
    worker.get("/desk/me/passphrase")
    (offered,) = [words(one) for one in worker.page.all("code")]
    # When she takes the six words in one of them
    page = worker.press(
        "Change my passphrase", passphrase_now=worker.founded.owner.passphrase, way="words"
    )
    # Then that one goes on, and opens what she could open
    assert "Changed. Sign in with the new passphrase" in page.text
    assert "Opened answers" in worker.open_answers(told).title
    # And the other one is signed out
    assert other.get("/desk/").path == "/desk/sign-in"
    # And only the new passphrase opens
    with other.later(minutes=2):
        other.sign_in()
        assert other.path == "/desk/sign-in"
        other.sign_in(steps=1, passphrase=offered)
        assert other.path == "/desk/"
    assert "passphrase changed" in worker.tags()


def test_a_passphrase_of_ones_own_in_any_normal_form(page_worker: Worker) -> None:
    change(page_worker, **own("Ångström ﬁsh over the harbour"))
    page_worker.press("Sign out")
    with page_worker.later(minutes=2):
        page_worker.sign_in(passphrase="A\u030angstro\u0308m fish over the harbour")
        assert page_worker.path == "/desk/"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"passphrase_now": "wrong words all along"}, "This is not your passphrase now"),
        ({"passphrase_now": " "}, "This is not your passphrase now"),
        ({"way": ""}, "Choose which passphrase you use"),
        (own(""), "Enter your passphrase"),
        (own("short"), "Use at least 15 letters"),
        (own("passwordpasswordpassword"), "This is too easy to guess"),
        (own(OWN, "another one"), "The two passphrases differ"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(
    page_worker: Worker, changes: dict[str, str], said: str
) -> None:
    page = change(page_worker, **changes)
    assert page_worker.status == 400
    assert said in page.text
    # And the words that may be on paper by now are still offered
    (offered,) = [words(one) for one in page.all("code")]
    change(page_worker)
    assert "Changed." in page_worker.page.text
    assert offered


def test_the_present_one_is_no_new_one(page_worker: Worker) -> None:
    present = page_worker.founded.owner.passphrase
    assert "the one that you have now" in change(page_worker, **own(present)).text


def test_words_that_were_not_offered_are_not_taken(page_worker: Worker) -> None:
    page_worker.get("/desk/me/passphrase")
    page = page_worker.press(
        "Change my passphrase",
        passphrase_now=page_worker.founded.owner.passphrase,
        way="words",
        offered_passphrase="aaaaaa",
    )
    assert "Write down these six words, and choose them again" in page.text
