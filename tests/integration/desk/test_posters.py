"""Posters, strips and cards: of what is published, in each language that people can open, and neutral in a pocket."""

from http import HTTPStatus

import pytest

from tests.factories import DEMO_CALL, OPEN_DAYS, publish_demo_event
from tests.integration.desk.worker import Worker
from tests.pages import Page, words

POSTER = f"/desk/calls/{DEMO_CALL}/poster"
SVG = "{http://www.w3.org/2000/svg}svg"
ADDRESS = "http://localhost/{language}/calls/support-needs/"


def lines(page: Page) -> str:
    """The words of the sheet alone, without the bar above it."""
    (sheet,) = page.all("article")
    return words(sheet)


def test_a_poster_says_what_the_call_is_and_where(page_worker: Worker) -> None:
    page_worker.get(f"/desk/calls/{DEMO_CALL}")
    page = page_worker.follow("Print a poster, strips or cards")
    told = lines(page)
    for part in (
        "How support needs are decided",
        "You do not need to give your name.",
        "Open until",
        "We are not the government and not the police.",
        ADDRESS.format(language="en"),
    ):
        assert part in told
    # And its code leads to the same address, drawn into the page
    assert [one.get("aria-label") for one in page.all(SVG)] == [ADDRESS.format(language="en")]
    # And the bar leads back to the call
    assert page_worker.follow("Back to the desk").h1 == "How support needs are decided"


@pytest.mark.parametrize("paper", ["a4", "a5", "strips", "cards"])
def test_each_sheet_leads_to_its_own_language(page_worker: Worker, paper: str) -> None:
    page = page_worker.get(f"{POSTER}?paper={paper}&language=ar")
    assert (page.root.get("lang"), page.root.get("dir")) == ("ar", "rtl")
    squares = [one.get("aria-label") for one in page.all(SVG)]
    assert set(squares) == {ADDRESS.format(language="ar")}
    assert len(squares) == {"a4": 1, "a5": 1, "strips": 9, "cards": 8}[paper]
    # And the bar above it stays in English
    (bar,) = page.all("nav")
    assert (bar.get("lang"), bar.get("dir")) == ("en", "ltr")
    assert "Print this page from the menu of your browser." in words(bar)


def test_a_strip_and_a_card_say_the_address_and_nothing_else(page_worker: Worker) -> None:
    # Then whoever finds one in a pocket reads nothing of what it leads to
    cards = page_worker.get(f"{POSTER}?paper=cards")
    assert set(lines(cards).split()) == {ADDRESS.format(language="en")}
    page = page_worker.get(f"{POSTER}?paper=strips")
    (below,) = [one for one in page.all("ul") if one.get("class") == "strips"]
    strips = [words(one) for one in below]
    assert strips == [ADDRESS.format(language="en")] * 8


def test_an_unknown_sheet_or_language_is_the_poster_in_english(page_worker: Worker) -> None:
    page = page_worker.get(f"{POSTER}?paper=a0&language=tlh")
    assert page.root.get("lang") == "en"
    assert "How support needs are decided" in lines(page)


def test_an_events_poster_says_when_and_until_when(page_worker: Worker) -> None:
    with page_worker.app.app_context():
        event = publish_demo_event(last_day_before=3)
    told = lines(page_worker.get(f"/desk/events/{event.slug}/poster"))
    assert "UK time" in told
    day = event.last_day_to_book
    assert day is not None
    assert f"You can book until the end of {day.day} {day:%B %Y}." in told
    assert f"http://localhost/en/events/{event.slug}/" in told


def test_what_nobody_can_open_has_no_poster(page_worker: Worker) -> None:
    # Given a call that has closed, then there is none to put up by mistake
    with page_worker.later(days=OPEN_DAYS + 1):
        page_worker.sign_in()
        page_worker.get(POSTER)
        assert page_worker.status == HTTPStatus.NOT_FOUND
    # And none where the desk does not know the public address
    told = page_worker.app.extensions["hearth_settings"]
    page_worker.app.extensions["hearth_settings"] = told.model_copy(update={"doors": ("desk",)})
    page_worker.get(POSTER)
    assert page_worker.status == HTTPStatus.NOT_FOUND
