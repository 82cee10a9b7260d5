"""What people do in a browser, in words that the journeys share."""

import sqlite3
from collections.abc import Callable

from playwright.sync_api import Locator

from tests.browser import Person
from tests.live import Server
from tests.people import ANSWERS, NO_CONTACT, SOME_WORDS

CALL = "support-needs"
TITLE = "How support needs are decided"
PICKED = ("radio", "checkbox")
See = Callable[[str], None]


def page_address(key: str, language: str = "en") -> str:
    return f"/{language}/calls/{CALL}/page/{key}"


def step_address(step: str, language: str = "en") -> str:
    return f"/{language}/calls/{CALL}/{step}"


def path(person: Person) -> str:
    """Where the browser is, without the host and where on the page."""
    return person.page.url.removeprefix(person.base).partition("#")[0]


def press(person: Person, words: str) -> None:
    """Press a button, by its words, and wait for what comes."""
    _and_wait(person, person.page.get_by_role("button", name=words, exact=True).first)


def press_first(person: Person) -> None:
    """Press the page's main button, whatever the language: the first one that sends something."""
    _and_wait(person, person.page.locator("main form button").first)


def follow(person: Person, words: str) -> None:
    """Use a link, by its words."""
    _and_wait(person, person.page.get_by_role("link", name=words, exact=True).first)


def _and_wait(person: Person, target: Locator) -> None:
    with person.page.expect_navigation():
        target.click()


def begin(person: Person, language: str = "en") -> None:
    """Read the start page and, once, how to leave fast; then begin."""
    person.go(f"/{language}/calls/{CALL}/")
    press_first(person)
    go_on_from_leaving(person)


def go_on_from_leaving(person: Person) -> None:
    """From the page that says how to leave fast, where it is shown, to what comes after it."""
    if "/leaving" in path(person):
        press_first(person)


def fill(person: Person, **answers: str | list[str]) -> None:
    """Put these answers into the form, by the names of its fields."""
    for name, answer in answers.items():
        first = person.page.locator(f"main [name='{name}']").first
        if first.get_attribute("type") in PICKED:
            for value in [answer] if isinstance(answer, str) else answer:
                person.page.locator(f"main [name='{name}'][value='{value}']").check()
        else:
            first.fill(str(answer))


def answers_here(person: Person) -> dict[str, str | list[str]]:
    """Something to say to every question on the page."""
    answers: dict[str, str | list[str]] = {}
    for field in person.page.locator("main form :is(input, textarea)").all():
        name, kind = field.get_attribute("name") or "", field.get_attribute("type")
        if kind == "hidden" or name in answers:
            continue
        said = ANSWERS.get(name)
        if said:
            answers[name] = said  # type: ignore[assignment]
        else:
            answers[name] = field.get_attribute("value") or "" if kind in PICKED else SOME_WORDS
    return answers


def answer_everything(person: Person, see: See = lambda name: None) -> None:
    """Answer every page there is, up to "check your answers"; `see` is told each page's name."""
    while not path(person).endswith("/check"):
        see(path(person).rpartition("/")[2])
        if "/page/" in path(person):
            fill(person, **answers_here(person))
        press_first(person)


def send(person: Person, *consents: str) -> str:
    """From "check your answers" to the code: tick these boxes, press Send. Returns the code."""
    press_first(person)
    fill(person, consent=list(consents))
    press_first(person)
    if path(person).endswith("/agree/contact"):
        press(person, NO_CONTACT)
    return shown_code(person)


def shown_code(person: Person) -> str:
    """The code on the page where it is given out."""
    return "".join(person.page.locator(".code").inner_text().split())


def come_back(person: Person, code: str, language: str = "en") -> None:
    """Hand in a code at "My choices"."""
    person.go(f"/{language}/choices")
    fill(person, code=code)
    press_first(person)


# Entering at the desk for a participant


def draft_of(person: Person) -> str:
    """The address of the draft that a coordinator is in."""
    return path(person).partition("/page/")[0]


def twenty_minutes_later(server: Server) -> None:
    """The clock turned: every coordinator has pressed nothing for too long."""
    with sqlite3.connect(server.instance / "volatile.sqlite3", timeout=10) as volatile:
        volatile.execute("UPDATE desk_visits SET expires_at = 1")
