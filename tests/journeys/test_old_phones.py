"""On a phone whose browser is from 2018, the pages hold: margins, the menu, boxes, buttons, and "Leave now" in sight.

Measured in a real Chromium 70, 320 px wide, and seen in its pictures.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import Server
from tests.old_engine import WIDTH, OldPhone, old_phone
from tests.png import Picture

LEAST_MARGIN = 12
LEAST_GAP = 8
#: How much of the picture's edge is looked at.
EDGE = 4
#: Every colour of our backgrounds is lighter than this, and all that is written on them is darker (0 to 255).
LIGHT = 200
WAIT_SECONDS = 20

#: What is wrong with where things are. Written in the JavaScript of 2018.
FAULTS = f"""(() => {{
    const MARGIN = {LEAST_MARGIN}, GAP = {LEAST_GAP}, found = [];
    const all = where => [...document.querySelectorAll(where)];
    const box = one => one.getBoundingClientRect();
    const shown = one => box(one).width > 1 && box(one).height > 1;
    const words = one => (one.textContent.trim() || one.className).slice(0, 40);
    const wrong = (one, how) => found.push(words(one) + ': ' + how);
    const apart = (one, two) => Math.max(
        box(two).left - box(one).right, box(one).left - box(two).right,
        box(two).top - box(one).bottom, box(one).top - box(two).bottom);
    const inside = (inner, outer) => Math.min(
        box(inner).left - box(outer).left, box(outer).right - box(inner).right,
        box(inner).top - box(outer).top, box(outer).bottom - box(inner).bottom);

    if (document.documentElement.scrollWidth > innerWidth) found.push('the page scrolls sideways');
    for (const one of all('h1, h2, h3, p, li, legend, label, .box, .button, .menu a, .site, .leave, summary')) {{
        if (!shown(one) || one.closest('.unseen, .skip')) continue;
        const margin = Math.min(box(one).left, innerWidth - box(one).right);
        if (margin < MARGIN) wrong(one, 'only ' + margin + ' px from the edge');
    }}
    for (const links of [all('.menu a'), all('.tongues summary > *, .tongues li > *').filter(shown)])
        links.forEach((one, place) => links.slice(place + 1).forEach(two => {{
            const least = one.closest('.menu') && box(one).top === box(two).top ? GAP : 0;
            if (apart(one, two) < least) wrong(one, 'too close to ' + words(two));
        }}));
    for (const pick of all('.pick')) {{
        const room = inside(pick.querySelector('input'), pick.querySelector('label'));
        if (room < GAP) wrong(pick, 'its box is not inside its row: ' + room);
    }}
    for (const row of all('.buttons')) {{
        const buttons = [...row.querySelectorAll('.button')].filter(shown);
        buttons.forEach((one, place) => buttons.slice(place + 1).forEach(two => {{
            if (apart(one, two) < GAP) wrong(one, 'only ' + apart(one, two) + ' px from ' + words(two));
        }}));
    }}
    const last = all('main .button, main .box').filter(shown).pop(), foot = document.querySelector('footer');
    if (last && foot && box(foot).top - box(last).bottom < GAP) wrong(last, 'touches the foot of the page');

    scrollTo(0, document.documentElement.scrollHeight);
    const leave = document.querySelector('.leave'), at = box(leave);
    const top = document.elementFromPoint(at.left + at.width / 2, at.top + at.height / 2);
    if (at.top < 0 || at.bottom > innerHeight || !leave.contains(top)) wrong(leave, 'is not in sight after scrolling');
    scrollTo(0, 0);
    return found;
}})()"""


def answer(phone: OldPhone, name: str, value: str) -> None:
    phone.see(f"document.querySelector({json.dumps(f'[name={name}][value={value}]')}).click()")


def where(phone: OldPhone) -> str:
    return str(phone.see("location.pathname")).rpartition("/")[2]


def from_home_to_the_code(phone: OldPhone, language: str) -> Iterator[str]:
    """Yields the name of each page and state: the shortest way through, with one mistake."""
    for name in ("", "safety", "support", "choices"):
        phone.go(f"/{language}/{name}")
        yield name or "home"
    phone.go(f"/{language}/calls/support-needs/")
    yield "start"
    phone.press("main form button")
    if where(phone) == "leaving":
        yield "leaving"
        phone.press("main form button")
    phone.press("main .buttons button")
    yield "first, with a mistake"
    answer(phone, "adult", "yes")
    phone.press("main .buttons button")
    while where(phone) != "check":
        yield where(phone)
        phone.press("main .buttons button")
    yield "check"
    phone.press("main .buttons button")
    yield "agree"
    # Sent too fast, it asks once more.
    deadline = time.monotonic() + WAIT_SECONDS
    while not phone.see("!!document.querySelector('.code')") and time.monotonic() < deadline:
        phone.press("main .buttons button")
        time.sleep(0.5)
    assert phone.see("!!document.querySelector('.code')"), "no code came"
    yield "the code"


def ink_in_the_margins(phone: OldPhone) -> list[str]:
    """Where something dark is drawn at the edge of the glass."""
    found = []
    for side, left in (("left", 0), ("right", WIDTH - EDGE)):
        strip = Picture.read(phone.picture(left, EDGE))
        inked = [row for row in range(strip.height) if strip.darkest(row) < LIGHT]
        found += [f"ink at the {side} edge, {row} px from the top" for row in inked[:1]]
    return found


@pytest.mark.parametrize("language", ["en", "ar"])
def test_an_old_phone_shows_every_page_whole(
    language: str, live_server: Server, tmp_path: Path
) -> None:
    found = {}
    with old_phone(live_server.url) as phone:
        # Given a browser of 2018, which is never updated
        assert "Chrome/70." in phone.see("navigator.userAgent")
        # When a participant answers a call in it, from the first page to their code
        for number, state in enumerate(from_home_to_the_code(phone, language)):
            if faults := phone.see(FAULTS) + ink_in_the_margins(phone):
                found[state] = faults
            (tmp_path / f"{number:02}-{state}.png").write_bytes(phone.picture())
    # Then nothing touches, nothing is cut off, and "Leave now" is always in sight
    assert found == {}
    # And there is a picture of each page, to be looked at
    assert len(list(tmp_path.glob("*.png"))) > 15
