"""Booking on paper: the same questions, what a registrant must know first, and no promise that paper cannot keep."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.factories import demo_event
from tests.integration.public.booker import Booker, at, call_off, close, fill_up, publish
from tests.integration.public.steps import printed, rows_in, weight_of_printed
from tests.pages import MOST_BYTES, MOST_REQUESTS, Page, words
from webapp.rules.forms.texts import text_in

DEMO_EVENTS = ("round-table", "small-group")
#: With and without a code for the room, and being asked for one's age.
ROUND_TABLE, SMALL_GROUP = DEMO_EVENTS


def paper(app: Flask, slug: str, language: str = "en", *, large: bool = False) -> Page:
    """The event's booking form on paper."""
    return printed(app, f"/{language}/events/{slug}/paper{'/large' if large else ''}")


def handed_in(page: Page) -> str:
    """What is on the sheets that a registrant gives away."""
    (sheets,) = (one for one in page.all("section") if "apart" in one.get("class", "").split())
    return words(sheets)


def links(booker: Booker) -> list[str]:
    return [one.get("href", "") for one in booker.page.all("a")]


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("slug", DEMO_EVENTS)
def test_every_question_is_there(page_app: Flask, slug: str, language: str) -> None:
    publish(page_app, slug)
    # When the form is printed
    told = handed_in(paper(page_app, slug, language))
    # Then every question of the booking page is on it, with its hint and why it is needed
    asked = demo_event(slug).form.questions
    texts = [one.label for one in asked]
    texts += [text for one in asked for text in (one.hint, one.reason) if text]
    texts += [choice.label for one in asked for choice in one.all_choices]
    missing = [text for text in texts if text_in(text, language)[0] not in told]
    assert missing == []


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("slug", DEMO_EVENTS)
def test_the_words_of_the_event_page_come_first(
    page_app: Flask, booker: Booker, slug: str, language: str
) -> None:
    publish(page_app, slug)
    booker.get(f"/{language}/events/{slug}/")
    (when,) = (words(one) for one in booker.page.all("p") if one.get("class") == "lead")
    # When the form is printed
    page = paper(page_app, slug, language)
    # Then it says when it is, for whom, who reads it and what is kept, in the same words, before it asks
    about = demo_event(slug)
    first, asked, _ = page.text.partition(handed_in(page))
    assert asked
    for text in (about.title, about.audience, about.how, about.host, about.readers, about.kept):
        for paragraph in text_in(text, language)[0].split("\n\n"):
            assert paragraph in first
    assert when in first


def test_it_says_what_our_mails_say(page_app: Flask) -> None:
    publish(page_app)
    told = paper(page_app, ROUND_TABLE).text
    assert "We e-mail you when you book." in told
    assert "Anyone who can read your e-mails can open it." in told


def test_boxes_lines_and_nothing_to_fill_in_on_the_screen(page_app: Flask) -> None:
    publish(page_app, SMALL_GROUP)
    page = paper(page_app, SMALL_GROUP)
    asked = demo_event(SMALL_GROUP).form.questions
    boxes = [
        li
        for ul in page.all("ul")
        if "boxes" in ul.get("class", "").split()
        for li in ul.iter("li")
    ]
    assert len(boxes) == sum(len(one.choice_keys) for one in asked)
    lines = [one for one in page.all("div") if one.get("class") == "line"]
    assert len(lines) >= sum(not one.choice_keys for one in asked)
    assert page.all("input", "textarea", "button") == []


@pytest.mark.parametrize("slug", DEMO_EVENTS)
def test_what_is_handed_in_does_not_name_the_event(page_app: Flask, slug: str) -> None:
    # Given that an address, beside what a registrant is coming to, could give them away
    publish(page_app, slug)
    page = paper(page_app, slug)
    given = handed_in(page)
    # Then the sheets with the answers say on which day it is, and not what it is about
    about = demo_event(slug)
    assert "UK time" in given
    for text in (about.title, about.summary, about.audience):
        assert text["en"].split("\n\n")[0] not in given
    # And the rest stays with the person
    assert "Give us only the sheets with the questions. You can keep the others" in page.text
    assert "Print on one side of each sheet only" in page.text


def test_a_seat_is_promised_only_by_the_mail(page_app: Flask) -> None:
    publish(page_app)
    told = paper(page_app, ROUND_TABLE).text
    assert "This paper does not book a seat by itself." in told
    assert "Our e-mail tells you if you have a seat" in told
    # And nothing that only a form sent here brings
    assert "My choices" not in handed_in(paper(page_app, ROUND_TABLE))


def test_a_registrant_who_needs_a_code_for_the_room_reads_how_it_comes(page_app: Flask) -> None:
    for slug in DEMO_EVENTS:
        publish(page_app, slug)
    about_the_code = "You need a code to join, and we do not e-mail it."
    assert about_the_code in paper(page_app, SMALL_GROUP).text
    assert about_the_code not in paper(page_app, ROUND_TABLE).text


def test_a_child_reads_where_to_stop(page_app: Flask) -> None:
    publish(page_app, SMALL_GROUP)
    told = paper(page_app, SMALL_GROUP).text
    stop = told.index("If you ticked “No” in question 1:")
    # Before the next question asks them for an address
    assert stop < told.index("Childline") < told.index("What is your e-mail address?")


def test_a_full_event_says_so(page_app: Flask) -> None:
    event = publish(page_app)
    full = "All seats are taken, but you can join the waiting list."
    assert full not in paper(page_app, ROUND_TABLE).text
    fill_up(page_app, event)
    assert full in paper(page_app, ROUND_TABLE).text


def test_where_to_hand_it_in_comes_from_the_settings(make_page_app) -> None:  # type: ignore[no-untyped-def]
    app = make_page_app(HAND_IN="The desk at 1 Example Street, or 01632 960001")
    publish(app)
    assert "The desk at 1 Example Street, or 01632 960001" in paper(app, ROUND_TABLE).text


def test_large_print_has_the_same_words(page_app: Flask) -> None:
    publish(page_app)
    normal, large = (paper(page_app, ROUND_TABLE, large=size) for size in (False, True))
    assert [one.get("class") for one in large.all("article")] == ["large"]
    assert handed_in(normal) == handed_in(large)
    assert [words(one) for one in normal.all("h3")] == [words(one) for one in large.all("h3")]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_it_is_light_as_it_is_sent(page_app: Flask, language: str) -> None:
    publish(page_app, SMALL_GROUP)
    size, requests = weight_of_printed(page_app, paper(page_app, SMALL_GROUP, language))
    assert size <= MOST_BYTES
    assert requests <= MOST_REQUESTS


def test_the_event_page_leads_there_and_back(page_app: Flask, booker: Booker) -> None:
    # Given a registrant on the event's page
    publish(page_app)
    booker.get("/en/events/round-table/")
    # When they follow each link to a form on paper
    for name in ("A form to print", "A form in large print"):
        booker.get("/en/events/round-table/")
        booker.follow(name)
        assert booker.status == 200
        # Then nothing was begun by reading it, and a link leads back
        assert "/en/events/round-table/" in links(booker)
    assert rows_in(page_app, "public_visits") == 0


@pytest.mark.parametrize("size", ["paper", "paper/large"])
@pytest.mark.parametrize(
    ("change", "heading"),
    [(close, "Booking has closed"), (call_off, "This meeting is called off")],
)
def test_what_cannot_be_booked_is_not_printed(
    page_app: Flask, booker: Booker, change: Callable[..., None], heading: str, size: str
) -> None:
    # Given an event that takes no more registrants
    change(page_app, publish(page_app))
    # Then a visitor who wants its form on paper is told, kindly
    booker.get(f"/en/events/round-table/{size}")
    assert (booker.status, booker.page.h1) == (410, heading)
    # And its own page leads to none
    booker.get("/en/events/round-table/")
    assert [link for link in links(booker) if "paper" in link] == []


def test_what_has_begun_or_is_over_is_not_printed(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    for minutes, heading in ((-1, "Booking has closed"), (-120, "This one is over")):
        with at(event, minutes=minutes):
            booker.get("/en/events/round-table/paper")
            assert (booker.status, booker.page.h1) == (410, heading)


def test_no_event_no_paper(booker: Booker) -> None:
    booker.get("/en/events/nowhere/paper")
    assert booker.status == 404


def test_only_the_sheets_that_are_handed_in_have_a_mark(page_app: Flask) -> None:
    # Given that the others name the event, and stay with the person
    publish(page_app)
    page = paper(page_app, ROUND_TABLE)
    (mark,) = (one for one in page.all("p") if one.get("class") == "mark")
    told = page.text
    assert told.index(words(mark)) > told.index("How to hand it in")
