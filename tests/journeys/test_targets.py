"""Every link, button and box that stands alone is large enough for a finger: 44 px, as WCAG 2.5.5 says."""

from collections.abc import Iterator
from itertools import chain

import pytest

from tests import event_ways, ways
from tests.browser import Person
from tests.live import OpenBrowser, Server
from tests.meetings import beside

#: What is smaller than 44 px, or covered by something else at its edges. A link in a sentence is exempt (2.5.5), and so
#: is what only a keyboard can reach. A box is as large as its label, which can be pressed as well.
TOO_SMALL = """() => {
    const LEAST = 44, HAIR = 0.5;
    const shown = one => { const box = one.getBoundingClientRect();
        return box.width > 1 && box.height > 1 && one.checkVisibility({visibilityProperty: true}); };
    const inSentence = one => {
        if (getComputedStyle(one).display !== 'inline') return false;
        const block = one.closest('p, li, dd, dt, div, td, th');
        const others = [...block.childNodes].filter(node => !node.contains(one));
        return others.some(node => node.textContent.trim() !== '');
    };
    const found = [];
    for (const one of document.querySelectorAll('a[href], button, summary, input, textarea, select, audio')) {
        if (!shown(one) || one.type === 'hidden' || one.closest('.unseen, .skip') || inSentence(one)) continue;
        const pressed = /radio|checkbox/.test(one.type) ? one.labels[0] : one;
        const box = pressed.getBoundingClientRect();
        const words = (one.innerText || one.name || one.outerHTML).trim().slice(0, 40);
        if (box.width < LEAST - HAIR || box.height < LEAST - HAIR)
            found.push(`${words}: ${box.width.toFixed(1)} x ${box.height.toFixed(1)}`);
        pressed.scrollIntoView({block: 'center'});
        const here = pressed.getBoundingClientRect(), middle = here.left + here.width / 2;
        for (const [edge, y] of [['top', here.top + 1], ['bottom', here.bottom - 1]]) {
            const top = document.elementFromPoint(middle, y);
            if (top && y > 0 && y < innerHeight && !pressed.contains(top) && top !== one && !top.contains(pressed))
                found.push(`${words}: its ${edge} is covered by ${top.outerHTML.slice(0, 60)}`);
        }
    }
    scrollTo(0, 0);
    return found;
}"""


def too_small(person: Person, states: Iterator[str]) -> dict[str, list[str]]:
    """What is too small for a finger, by state of the way."""
    return {state: found for state in states if (found := person.page.evaluate(TOO_SMALL))}


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_finger_finds_every_link_and_button(language: str, open_browser: OpenBrowser) -> None:
    # When a participant goes everywhere on a phone 320 px wide
    person = open_browser(language=language, phone=True)
    states = ways.everywhere(person, language, mistakes=language == "en")
    # Then all that stands alone is 44 px or more, and nothing lies over it
    assert too_small(person, states) == {}


def test_a_finger_finds_every_link_and_button_of_an_event(
    open_browser: OpenBrowser, live_server: Server
) -> None:
    # When a registrant books in every way on a phone, and comes back at every time
    person = open_browser(phone=True)
    with beside(live_server) as meetings:
        states = chain(
            event_ways.registering(person, meetings), event_ways.coming_back(person, meetings)
        )
        # Then all that stands alone is 44 px or more, and nothing lies over it
        assert too_small(person, states) == {}


GAP = """() => {
    const site = document.querySelector('header .site'), desk = site.querySelector('span');
    const name = document.createRange();
    name.selectNode([...site.childNodes].find(one => one.nodeType === 3 && one.textContent.trim()));
    return desk.getBoundingClientRect().left - name.getBoundingClientRect().right;
}"""


def test_the_name_at_the_top_of_the_desk_is_two_words(
    open_browser: OpenBrowser, live_server: Server
) -> None:
    # Given the page where coordinators sign in
    desk = open_browser()
    desk.go("/desk/sign-in")
    # Then what stands at its top reads "Hearth desk", with a space in between
    assert desk.page.evaluate(GAP) >= 4  # pixels
