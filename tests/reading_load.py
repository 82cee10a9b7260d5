"""Reading load: words, screens of a small phone, grade (Flesch-Kincaid) and longest sentence of each page on the way.

`python -m tests.reading_load` walks through a fresh demo in English from the home page to the code and prints a table;
`python -m tests.reading_load no` does so for a participant who answers nothing that can be left out.
"""

import math
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests import live, ways
from tests.browser import Person, launch, person_at
from tests.journeys.steps import path, press_first
from tests.readability import grade, sentences, words_in

#: An iPhone SE of 2016, in CSS pixels.
SMALL_PHONE = {"width": 320, "height": 568}


@dataclass(frozen=True)
class Load:
    """What one page asks of a reader. `words`: shown in main; `screens`: the whole page's height in phone screens."""

    page: str
    words: int
    screens: float
    grade: float
    longest: int


def load_of(person: Person, name: str) -> Load:
    """Measure the page that is shown now, with its "Read more" closed."""
    text = person.page.inner_text("main")
    height = person.page.evaluate("document.documentElement.scrollHeight")
    said = [sentence for sentence in sentences(text) if words_in(sentence)]
    return Load(
        page=name,
        words=len(words_in(text)),
        screens=round(height / SMALL_PHONE["height"], 1),
        grade=round(grade([text]), 1),
        longest=max((len(words_in(sentence)) for sentence in said), default=0),
    )


def whole_way(person: Person) -> Iterator[Load]:
    """From the home page to the code, answering everything."""
    for state in ways.answering(person):
        yield load_of(person, state)


def shortest_way(person: Person) -> Iterator[Load]:
    """The same, leaving out whatever may be left out."""
    person.go("/en/")
    yield load_of(person, "home")
    person.go("/en/calls/support-needs/")
    while not path(person).endswith("/done"):
        yield load_of(person, path(person).rpartition("/")[2] or "start")
        if path(person).endswith("/first"):
            person.page.check("[name='adult'][value='yes']")
        press_first(person)
    yield load_of(person, "code")


def main(shortest: bool) -> None:
    """Print the table, with sums up to the first question and up to the code."""
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        server = live.start(Path(data) / "instance")
        browser = launch(playwright)
        try:
            with person_at(browser, server.url, phone=True) as person:
                person.page.set_viewport_size(SMALL_PHONE)
                loads = list((shortest_way if shortest else whole_way)(person))
        finally:
            browser.close()
            server.stop()
    for load in loads:
        print(f"{load.page:24}{load.words:6}{load.screens:7}{load.grade:7}{load.longest:5}")
    pages = [load.page for load in loads]
    before, code = pages.index("first"), pages.index("code") + 1
    for name, some in (("to question 1", loads[:before]), ("to the code", loads[:code])):
        words, screens = sum(one.words for one in some), sum(math.ceil(one.screens) for one in some)
        print(f"{name}: {len(some)} pages, {words} words, {screens} screens")


if __name__ == "__main__":
    main(sys.argv[1:] == ["no"])
