"""Every page of the desk with as much on it as two months bring: it fits a laptop and a phone, and both engines agree.

The pages are found as a coordinator finds them, by following links from Today. Of pages that differ only by whose they
are, two are looked at.
"""

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error

from tests import live, real_amounts, ways
from tests.browser import Person, person_at
from tests.journeys.conftest import codes
from tests.live import Server
from tests.tally import Tell

PHONE, LAPTOP = {"width": 375, "height": 667}, {"width": 1280, "height": 800}
#: No form is higher than two screens of a laptop, but for an event's plan: all of it is one page for visitors, too.
HIGHEST_FORM = 2 * LAPTOP["height"]
IN_ONE_FORM = "/desk/events/new?"
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/languages/)[^/]+")
ALIKE = 2
TOO_WIDE = """() => [...document.querySelectorAll("main *")]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === "auto")
    .map(one => `${one.className} is ${one.scrollWidth} px wide in ${one.clientWidth}`)"""
FORMS = """() => [...document.querySelectorAll("main form")].map(one => one.getBoundingClientRect().height)"""


@pytest.fixture(scope="module")
def busy_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A demo with sixty answers, forty registrations and two months of a record."""
    folder = tmp_path_factory.mktemp("busy") / "instance"
    real_amounts.fill(folder)
    server = live.start(folder)
    yield server
    try:
        server.stop()
    finally:
        server.kill()


def pages(person: Person) -> Iterator[str]:
    """The address of every page that links lead to, Today first; the page is open when its address is given."""
    waiting, seen, alike = ["/desk/"], {"/desk/"}, Counter[str]()
    while waiting:
        address = waiting.pop(0)
        if not opened(person, address):
            continue
        yield address
        links = person.page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
        for link in map(urlsplit, links):
            path = link.path + (f"?{link.query}" if link.query else "")
            kind = IDS.sub("ID", link.path)
            inside = f"{link.scheme}://{link.netloc}" == person.base
            if inside and link.path.startswith("/desk/") and path not in seen:
                seen.add(path)
                if alike[kind] < ALIKE:
                    alike[kind] += 1
                    waiting.append(path)


def opened(person: Person, address: str) -> bool:
    """Go there. False for a file to download, which is no page."""
    try:
        person.go(address)
    except Error as error:
        assert "Download is starting" in error.message
        return False
    return True


def test_every_page_fits_and_both_engines_agree(
    browser: Browser, busy_server: Server, tell: Tell
) -> None:
    # Given a coordinator at a desk with real amounts
    looked, wrong, highest = 0, {}, 0.0
    with person_at(browser, busy_server.url) as person:
        ways.sign_in(person, busy_server.sign_in, codes(busy_server)())
        # When they follow every link, on a laptop and on a phone
        for address in pages(person):
            looked += 1
            faults = []
            for size in (PHONE, LAPTOP):
                person.page.set_viewport_size(size)
                faults += [
                    f"{size['width']} px: {fault}" for fault in person.page.evaluate(TOO_WIDE)
                ]
                if person.scrolls_sideways():
                    faults.append(f"{size['width']} px: the page scrolls sideways")
            heights = person.page.evaluate(FORMS)
            if not address.startswith(IN_ONE_FORM):
                highest = max([highest, *heights])
                faults += [f"a form of {one:.0f} px" for one in heights if one > HIGHEST_FORM]
            if looked % 2:
                person.page.set_viewport_size(PHONE)
            faults += person.violations() + person.second_opinion()
            if faults:
                wrong[address] = faults
    tell(
        "desk with real amounts",
        f"{looked} pages at 375 and 1280 px, highest form {highest:.0f} px, {sum(map(len, wrong.values()))} faults",
    )
    # Then nothing is cut, no form is higher than two screens, and neither engine finds anything wrong
    assert wrong == {}, "\n".join(
        f"{page}: {fault}" for page, them in wrong.items() for fault in them
    )
