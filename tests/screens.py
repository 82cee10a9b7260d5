"""Screenshots of the running demo.

`make screens` renews those in docs/screens; `python -m tests.screens FOLDER` takes one of every page and state in every
look: at a desk and on a phone 320 px wide, in English and Arabic, light and dark.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests import event_ways, live, ways
from tests.browser import Person, launch, person_at
from tests.journeys.conftest import NextCode, codes
from tests.journeys.steps import begin, fill, path, press, press_first, send, shown_code
from tests.meetings import beside

README = Path(__file__).parents[1] / "docs" / "screens"
#: Whose picture is in the README: language, whether on a phone, whether in the dark; and each page's file name.
SHOWN: dict[tuple[str, bool, bool], dict[str, str]] = {
    ("en", False, False): {
        "home": "home",
        "check": "check",
        "code": "receipt",
        "held": "choices",
        "desk-today": "desk",
    },
    ("en", True, False): {
        "leaving": "leaving-phone",
        "how-it-was-done": "question-phone",
        "agree": "agree-phone",
        "paper": "paper-phone",
    },
    ("ar", True, True): {"how-it-was-done": "question-arabic-dark"},
    ("ar", False, False): {"start": "start-arabic"},
    ("ti", True, False): {"home": "home-tigrinya-phone"},
}
WINDOW = {"width": 1200, "height": 800}
WINDOW_PHONE = {"width": 320, "height": 640}
#: Pictures of a desk are made smaller; a README is read quickly, and on slow lines, too.
SMALLER = 0.6
#: Pixels.
TALLEST = 12_000


def renew(browser: Browser, server: live.Server) -> None:
    """The pictures of the README: what fits a window."""
    some_answers(browser, server)
    next_code = codes(server)
    for (language, phone, dark), names in SHOWN.items():
        look: dict[str, Any] = {"phone": phone, "dark": dark, "language": language}
        scale = 1 if phone else SMALLER
        with person_at(browser, server.url, device_scale_factor=scale, **look) as person:
            person.page.set_viewport_size(WINDOW_PHONE if phone else WINDOW)
            wanted = set(names)
            for state in _way(person, server, next_code, language, set(names)):
                if state in wanted:
                    person.page.screenshot(path=README / f"{names[state]}.png")
                    wanted.remove(state)
                if not wanted:
                    break


def _way(
    person: Person, server: live.Server, next_code: NextCode, language: str, wanted: set[str]
) -> Iterator[str]:
    if "paper" in wanted:
        yield from ways.helping(person, language)
    yield from ways.answering(person, language)
    if "held" in wanted:
        yield from ways.coming_back(person, shown_code(person), language)
    if "desk-today" in wanted:
        yield from ways.at_the_desk(person, server.sign_in, next_code)


def some_answers(browser: Browser, server: live.Server) -> None:
    """A few people have answered, so that the desk has something to say."""
    for language in ("en", "en", "ar"):
        with person_at(browser, server.url, scripts=False) as person:
            begin(person, language)
            fill(person, adult="yes")
            press_first(person)
            person.go(f"/{language}/calls/support-needs/check")
            send(person, "quote")
            assert path(person).endswith("/done")


def take_all(browser: Browser, server: live.Server, folder: Path) -> None:
    """Every page and state in every look, whole."""
    with person_at(browser, server.url) as person:
        for language in ("en", "ar"):
            for state in _everywhere(person, server, language):
                for phone in (False, True):
                    for dark in (False, True):
                        person.look(phone=phone, dark=dark)
                        size, light = "phone" if phone else "desk", "dark" if dark else "light"
                        name = f"{state}-{language}-{size}-{light}.png"
                        _take(person, folder / name)


def _take(person: Person, file: Path) -> None:
    """The whole page, or as much of it as a reader looks at: the words of a language are a very long list."""
    # From the top: what stays in view is drawn where the page stands, in the middle of a whole one.
    script = """scrollTo(0, 0),
        [document.documentElement.clientWidth, document.documentElement.scrollHeight]"""
    width, height = person.page.evaluate(script)
    whole = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST)}
    person.page.screenshot(path=file, full_page=True, clip=whole)


def _everywhere(person: Person, server: live.Server, language: str) -> Iterator[str]:
    yield from ways.looking_around(person, language)
    yield from ways.helping(person, language)
    yield from ways.answering(person, language, mistakes=True)
    code = shown_code(person)
    next_code = codes(server)

    def sign_in_anew() -> None:
        person.go("/desk/")
        press(person, "Sign out")
        ways.sign_in(person, server.sign_in, next_code())

    if language == "en":
        yield from ways.at_the_desk(person, server.sign_in, next_code, mistakes=True)
        person.go("/desk/languages/ar")
        yield "desk-language"
        # The caller at the desk was given a new code, so this one opens nothing: send once more.
        for _ in ways.answering(person, language):
            pass
        code = shown_code(person)
    yield from ways.coming_back(person, code, language, mistakes=True)
    yield from ways.after_leaving(person, language)
    with beside(server) as meetings:
        yield from event_ways.registering(person, meetings, language)
        yield from event_ways.coming_back(person, meetings, language)
        if language == "en":
            # Still signed in at the desk: leaving is the public door's own.
            yield from event_ways.running_events(person, meetings, sign_in_anew)


def main(folder: Path | None) -> None:
    """Walk through a fresh demo, and keep the pictures: all of them in a folder, or those of the README."""
    (folder or README).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        server = live.start(Path(data) / "instance")
        browser = launch(playwright, whole=True)
        try:
            if folder:
                take_all(browser, server, folder)
            else:
                renew(browser, server)
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
