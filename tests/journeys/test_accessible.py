"""axe and IBM's engine on every page and state of both doors: light and dark, phone and desk, in both directions.

A state is a page before an answer, with answers, and after an answer that was not taken. No page may scroll sideways.
"""

import os
from collections.abc import Iterable, Iterator
from itertools import chain, product

import pytest

from tests import event_ways, ways
from tests.browser import Person
from tests.journeys.conftest import NextCode
from tests.live import OpenBrowser, Server
from tests.meetings import beside
from tests.tally import Tell

Faults = dict[str, list[str]]
#: On a phone or not, in the dark or not: both widths and both lights. axe takes them in turn, from state to state; with
#: EVERY_LOOK=1 it sees every state in each width and each light. That nothing scrolls sideways is seen in all of them.
EVERY = bool(os.environ.get("EVERY_LOOK"))
EVERY_LOOK = tuple(product((True, False), (True, False)))
LOOKS = EVERY_LOOK if EVERY else ((True, True), (False, False))
#: The same pages in another language differ by their words and their direction, and a phone is where that is tight.
OTHER_LANGUAGE = EVERY_LOOK if EVERY else ((True, True),)


def look_at(person: Person, states: Iterator[str], kind: str, tell: Tell) -> Faults:
    """What is wrong with each state, in every look."""
    looks = OTHER_LANGUAGE if kind.endswith(", ar") else LOOKS
    found: Faults = {}
    turn = looked = 0
    for turn, state in enumerate(states):
        by_axe = looks if EVERY else (looks[turn % len(looks)],)
        looked += len(by_axe)
        if faults := list(_faults(person, looks, by_axe)):
            found[state] = faults
    wrong = sum(map(len, found.values()))
    tell("axe and IBM's engine", f"{kind}: {turn + 1} states, {looked} looks, {wrong} violations")
    return found


def _faults(
    person: Person, looks: Iterable[tuple[bool, bool]], by_axe: Iterable[tuple[bool, bool]]
) -> Iterator[str]:
    for phone, dark in looks:
        place = (
            f"{'on a phone' if phone else 'at a desk'}, {'in the dark' if dark else 'in the light'}"
        )
        person.look(phone=phone, dark=dark)
        if (phone, dark) in by_axe:
            yield from (f"{place}: axe: {fault}" for fault in person.violations())
            yield from (f"{place}: IBM: {fault}" for fault in person.second_opinion())
        if person.scrolls_sideways():
            yield f"{place}: the page scrolls sideways"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_public_page(language: str, open_browser: OpenBrowser, tell: Tell) -> None:
    # When a participant goes everywhere (and makes every mistake, in English), and looks in every light and width
    person = open_browser(language=language)
    states = ways.everywhere(person, language, mistakes=language == "en")
    # Then neither engine finds anything wrong
    assert look_at(person, states, f"public, {language}", tell) == {}


def test_every_desk_page(
    open_browser: OpenBrowser, live_server: Server, next_code: NextCode, tell: Tell
) -> None:
    # Given something to read
    list(ways.answering(open_browser(scripts=False)))
    # When a coordinator goes everywhere
    person = open_browser()
    states = ways.at_the_desk(person, live_server.sign_in, next_code, mistakes=True)
    # Then neither engine finds anything wrong
    assert look_at(person, states, "desk", tell) == {}


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_of_an_event(
    language: str, open_browser: OpenBrowser, live_server: Server, tell: Tell
) -> None:
    person = open_browser(language=language)
    with beside(live_server) as meetings:
        # When a registrant books in every way, and comes back at every time
        booking = event_ways.registering(person, meetings, language)
        later = event_ways.coming_back(person, meetings, language)
        states = chain(booking, later)
        # Then neither engine finds anything wrong
        assert look_at(person, states, f"events, {language}", tell) == {}


def test_every_page_of_an_event_at_the_desk(
    open_browser: OpenBrowser, live_server: Server, next_code: NextCode, tell: Tell
) -> None:
    person = open_browser()
    with beside(live_server) as meetings:
        # When a coordinator runs an event from the first booking to the end
        states = event_ways.running_events(
            person, meetings, lambda: ways.sign_in(person, live_server.sign_in, next_code())
        )
        # Then neither engine finds anything wrong
        assert look_at(person, states, "events at the desk", tell) == {}
