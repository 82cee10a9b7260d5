"""A telephone hour: people ring without their code, one after the other, and a coordinator helps each of them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser

from tests import browser as browsers
from tests import ways
from tests.browser import Person
from tests.journeys.conftest import NextCode, codes
from tests.journeys.steps import (
    answers_here,
    begin,
    come_back,
    draft_of,
    fill,
    follow,
    path,
    press,
    press_first,
    send,
    shown_code,
    twenty_minutes_later,
)
from tests.live import Server

YES = ("contact_me", "quote")
NEW_NUMBER = "07700 900555"
THIRD_SAID = "Somebody who listens, and rings back"


@contextmanager
def at_home(browser: Browser, server: Server) -> Iterator[Person]:
    """A caller with a browser of their own."""
    with browsers.person_at(browser, server.url, scripts=False) as person:
        yield person


def answered(browser: Browser, server: Server, name: str, phone: str) -> str:
    """A participant answers everything and says yes to two things. Returns their code."""
    said = {"name_to_use": name, "phone": phone, "email": f"{name.lower()}@example.org"}
    with at_home(browser, server) as person:
        begin(person)
        while not path(person).endswith("/check"):
            here = answers_here(person)
            fill(person, **{**here, **{key: said[key] for key in said if key in here}})
            press_first(person)
        return send(person, *YES)


def rings(coordinator: Person, sure: str, **says: str) -> str:
    """Find a caller by what they say, and note how they are known. Returns their page."""
    coordinator.go("/desk/callers")
    fill(coordinator, why="caller", **says)
    press(coordinator, "Find them")
    assert "One person matches" in coordinator.page.inner_text("h1")
    coordinator.page.get_by_role("link", name="This is the caller").click()
    coordinator.page.wait_for_url("**/caller")
    fill(coordinator, sure=sure)
    press(coordinator, "Continue")
    return path(coordinator)


@pytest.fixture
def coordinator(browser: Browser, own_server: Server) -> Iterator[Person]:
    """A coordinator who has just signed in for the telephone hour."""
    with browsers.person_at(browser, own_server.url) as one:
        ways.sign_in(one, own_server.sign_in, codes(own_server)())
        yield one


def tells_on_the_phone(coordinator: Person, server: Server, next_code: NextCode) -> str:
    """Enter what a third caller says, who stops for twenty minutes in the middle. Returns their code."""
    coordinator.go("/desk/calls/support-needs/on-behalf")
    fill(coordinator, how="phone")
    press(coordinator, "Begin")
    fill(coordinator, adult="yes")
    press(coordinator, "Continue")
    coordinator.go(f"{draft_of(coordinator)}/page/change")
    fill(coordinator, change_words="Somebody who")
    # Twenty minutes of silence
    twenty_minutes_later(server)
    fill(coordinator, change_words=THIRD_SAID)
    press(coordinator, "Continue")
    known = server.sign_in
    fill(
        coordinator,
        sign_in_name=known["sign_in_name"],
        passphrase=known["passphrase"],
        code=next_code(),
    )
    press(coordinator, "Sign in and go on")
    assert coordinator.page.input_value("[name='change_words']") == THIRD_SAID
    press(coordinator, "Continue")
    coordinator.go(f"{draft_of(coordinator)}/check")
    assert THIRD_SAID in coordinator.page.inner_text("main")
    fill(coordinator, agreed="read")
    press(coordinator, "Send for this person")
    code = shown_code(coordinator)
    press(coordinator, "I have passed it on")
    return code


def test_a_telephone_hour(
    browser: Browser, own_server: Server, coordinator: Person, next_own_code: NextCode
) -> None:
    # Given two people who answered, and whose codes are at home
    one = answered(browser, own_server, "Robin", "07700 900321")
    two = answered(browser, own_server, "Sam", "07700 900654")
    # When the first rings from a number that no coordinator knows, and wants a permission back
    rings(coordinator, "unsure", name="robin", phone="0321")
    # Then the coordinator, who cannot be sure, can do that and nothing that a stranger could harm with
    assert "Delete everything" not in coordinator.page.inner_text("main")
    follow(coordinator, "Take back a permission")
    fill(coordinator, why="phone", purposes=["quote"])
    press(coordinator, "Take them back")
    assert "The permissions are taken back" in coordinator.page.inner_text("main .notice")
    press(coordinator, "Finish with this caller")
    # When the second rings, is rung back, and has a new number
    rings(coordinator, "rang-back", email="SAM@example.org")
    follow(coordinator, "Correct how to contact them")
    fill(coordinator, why="phone")
    press(coordinator, "Open the contact details")
    assert coordinator.page.input_value("[name='phone']") == "07700 900654"
    fill(coordinator, phone="0770")
    press(coordinator, "Save the details")
    # Then a slip loses nothing, and the way out is named
    assert coordinator.page.input_value("[name='phone']") == "0770"
    assert coordinator.page.input_value("[name='name_to_use']") == "Sam"
    fill(coordinator, phone=NEW_NUMBER)
    press(coordinator, "Save the details")
    assert "Saved." in coordinator.page.inner_text("main .notice")
    press(coordinator, "Finish with this caller")
    # And the third has never answered, tells it all on the phone, and stops for twenty minutes in the middle
    three = tells_on_the_phone(coordinator, own_server, next_own_code)
    # Then each of them finds it so at home, and everything else as they left it
    with at_home(browser, own_server) as robin:
        come_back(robin, one)
        assert "someone asked us to" in robin.page.inner_text("main")
        follow(robin, "What you gave us permission for")
        assert robin.page.get_by_role("button", name="Take back my permission").count() == 1
        robin.go("/en/choices/reach")
        assert "07700 900321" in robin.page.inner_text("main")
    with at_home(browser, own_server) as sam:
        come_back(sam, two)
        follow(sam, "What you gave us permission for")
        assert sam.page.get_by_role("button", name="Take back my permission").count() == 2
        sam.go("/en/choices/reach")
        assert NEW_NUMBER in sam.page.inner_text("main")
        assert "07700 900654" not in sam.page.inner_text("main")
    with at_home(browser, own_server) as third:
        come_back(third, three)
        third.go("/en/choices/answers")
        assert THIRD_SAID in third.page.inner_text("main")
    # And the record tells the whole hour, and nothing that the callers said
    coordinator.go("/desk/record")
    record = coordinator.page.inner_text("main")
    for words in (
        "Looked for a person who rang",
        "Took back a permission for a person who rang",
        "Corrected contact details for a person who rang",
        "Not sure who it was. They asked us by phone",
        "Rang back. They asked us by phone",
        "Entered answers for someone",
    ):
        assert words in record
    for secret in ("robin", "sam@", "0321", "900654", "900555"):
        assert secret not in record.lower()
