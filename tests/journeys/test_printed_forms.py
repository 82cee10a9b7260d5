"""The forms for paper as a real Chromium prints them: how many sides, and a mark and a number on each."""

import re
import zlib

import pytest

from tests import ways
from tests.browser import OLD_PHONE, Person
from tests.journeys.conftest import NextCode
from tests.live import OpenBrowser, Server
from tests.tally import Tell
from webapp.rules.languages.site_languages import LANGUAGES

CALL, EVENTS = "calls/support-needs", ("events/round-table", "events/small-group")
#: What a support worker can print, staple and hand over.
MOST_SIDES = 10
#: Large print is for reading, and nothing is squeezed: 18 points take more than twice as much room.
MOST_LARGE_SIDES = 30
#: A colour that nothing else has, as Chromium writes it into a PDF.
MAGENTA, PAINTED = "rgb(255, 0, 255)", re.compile(rb"\b1 0 1 rg")
CONTENT = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def printed(person: Person, path: str) -> bytes:
    person.go(path)
    return person.page.pdf(prefer_css_page_size=True, print_background=True)


def sides(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page[^s]", pdf))


def sides_painted(pdf: bytes) -> int:
    """On how many sides there is something of our colour."""
    found = 0
    for stream in CONTENT.findall(pdf):
        try:
            # A stream may end with a byte that looks like the line break behind it: its end is not insisted on.
            found += bool(PAINTED.search(zlib.decompressobj().decompress(stream)))
        except zlib.error:
            continue
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_form_is_ten_sides_at_most(
    open_browser: OpenBrowser, tell: Tell, language: str
) -> None:
    person = open_browser(scripts=False)
    normal = sides(printed(person, f"/{language}/{CALL}/paper"))
    large = sides(printed(person, f"/{language}/{CALL}/paper/large"))
    tell("forms on paper", f"{language}: {normal} sides, {large} in large print")
    assert normal <= MOST_SIDES
    assert large <= MOST_LARGE_SIDES


#: As wide as what a sheet holds between its margins.
ON_A_SHEET = {"width": 695, "height": 1000}
CUT = """() => {
    for (const one of document.querySelectorAll("article *")) one.style.overflowWrap = "normal";
    return [...document.querySelectorAll(".boxes li, h1, h2, h3, .question")]
        .filter(one => one.scrollWidth > one.clientWidth).map(one => one.innerText);
}"""
SPLIT = """() => [...document.querySelectorAll("article h1, article h2, article h3")]
    .filter(one => getComputedStyle(one).breakInside !== "avoid").map(one => one.innerText)"""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", ["", "/large"])
def test_no_word_is_cut_and_no_heading_is_on_two_sheets(
    open_browser: OpenBrowser, language: str, size: str
) -> None:
    person = open_browser()
    person.page.set_viewport_size(ON_A_SHEET)
    person.page.emulate_media(media="print")
    person.go(f"/{language}/{CALL}/paper{size}")
    assert person.page.evaluate(CUT) == []
    assert person.page.evaluate(SPLIT) == []


@pytest.mark.parametrize("event", EVENTS)
def test_a_booking_is_a_few_sides(open_browser: OpenBrowser, event: str) -> None:
    person = open_browser(scripts=False)
    assert sides(printed(person, f"/en/{event}/paper")) <= 4


@pytest.mark.parametrize("what", [CALL, EVENTS[0]])
def test_a_poster_and_its_strips_are_one_side_each(
    open_browser: OpenBrowser, live_server: Server, next_code: NextCode, what: str
) -> None:
    person = open_browser()
    ways.sign_in(person, live_server.sign_in, next_code())
    for paper in ("a4", "a5", "strips", "cards"):
        for language in ("en", "ar"):
            path = f"/desk/{what}/poster?paper={paper}&language={language}"
            assert sides(printed(person, path)) == 1, path
            person.page.set_viewport_size(OLD_PHONE)
            assert not person.scrolls_sideways(), path
        assert person.violations() + person.second_opinion() == [], paper


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("size", ["paper", "paper/large"])
def test_every_side_has_the_mark(open_browser: OpenBrowser, language: str, size: str) -> None:
    # Given a form whose marks are painted in a colour of their own
    person = open_browser()
    person.go(f"/{language}/{CALL}/{size}")
    person.page.evaluate(
        "colour => document.querySelectorAll('.mark span').forEach(one => { one.style.background = colour; })",
        MAGENTA,
    )
    # When it is printed
    pdf = person.page.pdf(prefer_css_page_size=True, print_background=True)
    # Then none of its sides is without one
    assert sides_painted(pdf) == sides(pdf) > 3


def test_every_side_has_its_number(open_browser: OpenBrowser) -> None:
    # Given that the number is the only thing in a margin: without it, a side's own style sheet says nothing there
    person = open_browser()
    person.go(f"/en/{CALL}/paper")
    rules = person.page.evaluate(
        """[...document.styleSheets].flatMap(sheet => [...sheet.cssRules])
           .filter(rule => rule.type === CSSRule.PAGE_RULE).map(rule => rule.cssText).join()"""
    )
    # Then this engine keeps it (one that does not know it would have thrown it away)
    assert "counter(page)" in rules
    assert "counter(pages)" in rules
