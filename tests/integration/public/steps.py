"""What people do at the public door, in words that the tests share."""

import gzip
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import time_machine
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import demo_form
from tests.integration.tables import counts
from tests.pages import FIELDS, Page, Scales, header_problems, problems_of, words
from tests.people import begin, go_on_from_leaving, send, tell_more
from tests.visitor import Value, Visitor
from webapp.extensions import db
from webapp.rules import clock

CALL = "support-needs"
TITLE = "How support needs are decided"
START = f"/en/calls/{CALL}/"
HELPING = "I am helping someone"
#: What the person says to the question whether to answer with this help.
HERE = "Now, with this help"
#: A page that any visitor may see, without a Visit.
OPEN_PAGES = ("", f"calls/{CALL}/", "choices", "safety", "support", "privacy", "accessibility")
#: Kept with a person's answers; none of these is written before a participant presses Send.
KEPT = ("submissions", "parts", "own_copies", "consents", "erasure_secrets")
#: The heading while a key is not as it was made.
NOT_SAFELY = "We cannot take answers safely right now"


def page_address(key: str, language: str = "en") -> str:
    return f"/{language}/calls/{CALL}/page/{key}"


def step_address(step: str, language: str = "en") -> str:
    return f"/{language}/calls/{CALL}/{step}"


def correction_page(key: str, language: str = "en") -> str:
    return f"/{language}/choices/correct/page/{key}"


def correction_step(step: str, language: str = "en") -> str:
    return f"/{language}/choices/correct/{step}"


def more_page(key: str, language: str = "en") -> str:
    return f"/{language}/calls/{CALL}/more/page/{key}"


def walk_to(visitor: Visitor, key: str, **said: Value) -> None:
    """Begin if need be, answer only this, and open a page by its address."""
    answer(visitor, **said)
    visitor.get(page_address(key))
    assert visitor.path.endswith(f"/page/{key}"), f"there is no page {key} on this way"


def answer(visitor: Visitor, **said: Value) -> None:
    """Begin if need be, and answer only this (and being an adult), without looking at other pages."""
    said.setdefault("adult", "yes")
    if f"/calls/{CALL}/page/" not in visitor.path:
        begin(visitor)
    for page in demo_form().pages:
        here = {one.key: said[one.key] for one in page.questions if one.key in said}
        if here and page.section != "equality":
            visitor.get(page_address(page.key))
            visitor.press("Continue", **here)
            assert not visitor.path.endswith(f"/page/{page.key}"), errors(visitor)


def begin_helped(visitor: Visitor, choice: str = HERE) -> None:
    """A helper begins, reads how to leave fast where it was not told yet, and gives the phone to the person."""
    visitor.get(START)
    visitor.press(HELPING)
    go_on_from_leaving(visitor)
    visitor.follow("I am the person who answers")
    visitor.press(choice)


def go_to_check(visitor: Visitor, **said: Value) -> None:
    """The same, up to "check your answers"."""
    answer(visitor, **said)
    visitor.get(step_address("check"))


def walk_to_check(visitor: Visitor, **said: Value) -> list[str]:
    """Go through every page, answering only this, up to "check your answers". Returns the pages seen."""
    said.setdefault("adult", "yes")
    if f"/calls/{CALL}/page/" not in visitor.path:
        begin(visitor)
    seen = [visitor.path.rpartition("/")[2]]
    while not visitor.path.endswith("/check"):
        _go_on(visitor, said)
        seen.append(visitor.path.rpartition("/")[2])
    return seen


def _go_on(visitor: Visitor, said: dict[str, Value]) -> None:
    here = {element.get("name") for element in visitor.page.all(*FIELDS)}
    before = visitor.path
    visitor.press_first(**{name: value for name, value in said.items() if name in here})
    assert visitor.path != before, f"{before} does not go on: {errors(visitor)}"


def send_answers(visitor: Visitor, boxes: tuple[str, ...] = (), **said: Value) -> str:
    """Answer only this and send it; what is about equality, after that. Returns the code."""
    go_to_check(visitor, **said)
    code = send(visitor, boxes)
    more = {
        key: value for key, value in said.items() if demo_form().question(key).part == "equality"
    }
    if more:
        tell_more(visitor, **more)
    return code


def errors(visitor: Visitor) -> list[str]:
    """The words of the error summary."""
    summaries = [one for one in visitor.page.elements if one.get("role") == "alert"]
    return [words(link) for one in summaries for link in one.iter("a")]


def value_of(visitor: Visitor, name: str) -> str | list[str]:
    """What stands in a field: its text, or the values that are ticked."""
    fields = [one for one in visitor.page.all(*FIELDS) if one.get("name") == name]
    if fields[0].get("type") in ("radio", "checkbox"):
        return [one.get("value", "") for one in fields if one.get("checked") is not None]
    if fields[0].tag == "textarea":
        return (fields[0].text or "").removeprefix("\n")
    if fields[0].tag == "select":
        chosen = [one for one in fields[0].iter("option") if one.get("selected") is not None]
        return next((one.get("value", words(one)) for one in chosen), "")
    return fields[0].get("value", "")


def answer_to(visitor: Visitor, question: str) -> str | None:
    """What a list of answers says beside a question; None when it is not in the list."""
    for group in visitor.page.all("dl"):
        for row in group.iter("div"):
            asked, *said = [words(one) for one in row]
            if asked == question:
                return " / ".join(said)
    return None


def kept(app: Flask) -> dict[str, int]:
    """How much is kept that participants told us."""
    with app.app_context():
        return {name: count for name, count in counts().items() if name in KEPT}


def rows_in(app: Flask, table: str) -> int:
    with app.app_context():
        return counts().get(table, 0)


def lose(app: Flask, *stores: str) -> None:
    """Take SQLite files away from under a running application."""
    settings = app.extensions["hearth_settings"]
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
    for store in stores:
        file = settings.instance / f"{store}.sqlite3"
        file.rename(file.with_suffix(".away"))
        # A file would be made again, empty; a folder is in its way.
        file.mkdir()


def bring_back(app: Flask, store: str) -> None:
    """Put a lost file back where it was."""
    file = app.extensions["hearth_settings"].instance / f"{store}.sqlite3"
    file.rmdir()
    file.with_suffix(".away").rename(file)


@contextmanager
def later(**time: float) -> Iterator[None]:
    """Inside, it is so much later than now."""
    with time_machine.travel(clock.now() + timedelta(**time)):
        yield


def printed(app: Flask, path: str) -> Page:
    """A form on paper, through every check of a page. A whole form in one page is weighed as it is sent zipped."""
    with FlaskClient(app, use_cookies=False).get(path) as response:
        assert response.status_code == 200
        assert list(header_problems(response)) == []
        page = Page(response.get_data(), path)
    assert problems_of(page) == []
    return page


def weight_of_printed(app: Flask, page: Page) -> tuple[int, int]:
    """How heavy a form on paper is as it is sent: bytes (its HTML zipped) and requests."""
    size, requests = Scales(app).weigh(page)
    whole = page.html.encode()
    return size - len(whole) + len(gzip.compress(whole)), requests


def seen(element: ET.Element) -> int:
    """How many words of an element show when its page opens: not what is behind a closed "Read more"."""
    if element.get("hidden") is not None:
        return 0
    inside = [one for one in element if element.tag != "details" or one.tag == "summary"]
    tails = "" if element.tag == "details" else " ".join(one.tail or "" for one in element)
    own = "" if element.tag == "details" else (element.text or "")
    said = [word for word in f"{own} {tails}".split() if any(map(str.isalnum, word))]
    return len(said) + sum(map(seen, inside))
