"""In a real browser: a helper helps a participant to answer; forms come out of the printer."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import Person
from tests.journeys.steps import (
    answer_everything,
    come_back,
    fill,
    follow,
    go_on_from_leaving,
    page_address,
    path,
    press,
    press_first,
    send,
    step_address,
)
from tests.live import OpenBrowser

HELPING = "I am helping someone"
A4 = (595, 842)
POINT = 96 / 72


def test_a_helped_answer_without_scripts(open_browser: OpenBrowser) -> None:
    # Given two people and one old phone
    person = open_browser(scripts=False, phone=True)
    person.go(step_address(""))
    # When one of them says that they help, and gives the phone over
    press(person, HELPING)
    go_on_from_leaving(person)
    assert path(person) == step_address("helped")
    assert not person.scrolls_sideways()
    follow(person, "I am the person who answers")
    assert not person.scrolls_sideways()
    press(person, "Now, with this help")
    # Then they answer together
    expect(person.page.get_by_text("You are helping someone")).to_be_visible()
    answer_everything(person)
    code = send(person, "contact_me", "through_helper")
    expect(person.page.get_by_text("this code belongs to the person")).to_be_visible()
    press(person, "I have kept my code")
    # And the participant comes back alone, and takes the helper out of it
    come_back(person, code)
    person.go("/en/choices/agreed")
    words = "You may ask the person who helped me"
    expect(person.page.get_by_text(words)).to_be_visible()


def test_another_way_leaves_nothing_for_the_next_person_who_presses_back(
    open_browser: OpenBrowser,
) -> None:
    # Given a participant who wrote something, and then a helper beside them
    person = open_browser(scripts=False)
    person.go(step_address(""))
    press(person, "Begin")
    go_on_from_leaving(person)
    fill(person, adult="yes")
    press_first(person)
    person.go(page_address("change"))
    fill(person, change_words="Only I may read this")
    press_first(person)
    person.go(step_address(""))
    press(person, HELPING)
    follow(person, "I am the person who answers")
    # When the participant chooses another way
    press(person, "Another way, or another day")
    # Then Back shows nothing of it, however often it is pressed
    for _ in range(8):
        assert "Only I may read this" not in person.page.content()
        person.page.go_back()


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("form", ["calls/support-needs", "events/small-group"])
def test_a_form_comes_out_of_the_printer(
    open_browser: OpenBrowser, form: str, language: str
) -> None:
    # Given the form on paper, in both sizes
    person = open_browser(language=language)
    pages, sizes = {}, {}
    for name in ("paper", "paper/large"):
        person.look(phone=True)
        person.go(f"/{language}/{form}/{name}")
        assert person.violations() == []
        assert not person.scrolls_sideways()
        person.page.emulate_media(media="print")
        # And no picture or link of the screen's takes ink; a number to ring is words as all others
        links = "main a:not([href^='tel:']):visible"
        expect(person.page.locator(f"svg:visible, nav:visible, {links}")).to_have_count(0)
        plain = "all => all.every(one => getComputedStyle(one).textDecorationLine === 'none')"
        assert person.page.locator("main a[href^='tel:']").evaluate_all(plain)
        sizes[name] = _smallest_points(person)
        printed = person.page.pdf(prefer_css_page_size=True)
        person.page.emulate_media(media="screen")
        # Then it is A4, and more than a blank sheet
        assert set(_paper_sizes(printed)) == {A4}
        assert len(printed) > 20_000
        pages[name] = len(_paper_sizes(printed))
    # And large print is large everywhere, on more sheets
    assert sizes["paper/large"] >= 18
    assert 11 <= sizes["paper"] < 18
    assert 4 <= pages["paper"] < pages["paper/large"]


def _paper_sizes(pdf: bytes) -> list[tuple[int, int]]:
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    return [(round(float(width)), round(float(height))) for width, height in boxes]


def _smallest_points(person: Person) -> float:
    """The size of the smallest words that are printed, in points."""
    script = """() => Math.min(...[...document.querySelectorAll('main *')]
      .filter(one => one.getClientRects().length && one.innerText && one.innerText.trim())
      .map(one => parseFloat(getComputedStyle(one).fontSize)))"""
    return float(person.page.evaluate(script)) / POINT
