"""The ways through the service in a real browser. Each yields the name of every page it comes to."""

import time
from collections.abc import Iterator
from typing import Any

import pyotp

from tests.browser import Person
from tests.people import ALL_BOXES, ANSWERS, SOME_WORDS

FIXED = ("safety", "support", "privacy", "accessibility")


def answering(person: Person, language: str = "en") -> Iterator[str]:
    """From the home page to the code, answering everything and agreeing to everything."""
    person.go(f"/{language}/")
    yield "home"
    person.go(f"/{language}/calls/support-needs/")
    yield "start"
    press(person)
    while not _path(person).endswith("/check"):
        yield _path(person).rpartition("/")[2]
        _answer(person)
        press(person)
    yield "check"
    press(person)
    yield "agree"
    for purpose in ALL_BOXES:
        person.page.check(f"#consent-{purpose}")
    press(person)
    yield "code"


def coming_back(person: Person, code: str, language: str = "en") -> Iterator[str]:
    """With the code: see what is held, and erase it."""
    person.go(f"/{language}/choices")
    yield "choices"
    person.page.fill("#code", "K7QF-")
    press(person)
    yield "choices-mistyped"
    person.page.fill("#code", code)
    press(person)
    yield "held"
    person.go(f"/{language}/choices/erase")
    yield "erase"
    press(person)
    yield "erased"


def looking_around(person: Person, language: str = "en") -> Iterator[str]:
    """The pages that are always there."""
    for name in FIXED:
        person.go(f"/{language}/{name}")
        yield name
    person.go(f"/{language}/nowhere")
    yield "not-found"


def at_the_desk(person: Person, known: dict[str, Any]) -> Iterator[str]:
    """Sign in, read one person's answers, look at the contacts and the record."""
    person.go("/desk/sign-in")
    yield "desk-sign-in"
    sign_in(person, known)
    yield "desk-today"
    person.go("/desk/calls/support-needs")
    yield "desk-call"
    person.page.click("main th a")
    yield "desk-submission"
    person.page.check("#answers-why-0")
    person.page.click("form[action$='/answers'] button")
    yield "desk-answers"
    person.page.go_back()
    person.page.check("#contact-why-0")
    person.page.click("form[action$='/contact'] button")
    yield "desk-contact"
    person.go("/desk/contacts")
    yield "desk-contacts"
    person.go("/desk/record")
    yield "desk-record"


def sign_in(person: Person, known: dict[str, Any]) -> None:
    """Sign in at the desk, with a code that nobody has used yet."""
    secret = pyotp.TOTP(known["totp_secret"])
    for _ in range(5):
        person.go("/desk/sign-in")
        person.page.fill("#sign_in_name", known["sign_in_name"])
        person.page.fill("#passphrase", known["passphrase"])
        person.page.fill("#code", secret.now())
        person.page.click("main form button")
        if _path(person) == "/desk/":
            return
        # Each code opens once, also for the test before this one.
        time.sleep(secret.interval - time.time() % secret.interval + 0.5)
    raise AssertionError(f"could not sign in: {person.page.inner_text('main')}")


def shown_code(person: Person) -> str:
    """The code on the page where it is given out."""
    return person.page.inner_text("p.code").replace("\n", "").strip()


def press(person: Person) -> None:
    """Press the page's main button."""
    person.page.click("main form .buttons button >> nth=0")


def _answer(person: Person) -> None:
    """Say something to every question on the page, as tests.people does without a browser."""
    page = person.page
    for name in {
        box.get_attribute("name") or "" for box in page.locator("main input, main textarea").all()
    }:
        said = ANSWERS.get(name)
        boxes = page.locator(f"main [name='{name}']:not([type=hidden])")
        if not boxes.count():
            continue
        kind = boxes.first.get_attribute("type")
        if kind in ("radio", "checkbox"):
            wanted = said if isinstance(said, list) else [said]
            for box in boxes.all() if said else [boxes.first]:
                if not said or box.get_attribute("value") in wanted:
                    box.check()
        else:
            boxes.first.fill(str(said or SOME_WORDS))


def _path(person: Person) -> str:
    return person.page.url.removeprefix(person.base).partition("?")[0]
