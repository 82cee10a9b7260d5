"""Sharing with a member in a real browser: agreed to, shared, read by its recipient, seen and taken back.

Each yields the name of every page and state that it comes to.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tests import ways
from tests.browser import Person
from tests.journeys.steps import come_back, fill, path, press_first

MEMBERS = "/desk/contacts/support-needs/members"


def sharing(person: Person, known: dict[str, Any], next_code: Callable[[], str]) -> Iterator[str]:
    """A coordinator shares the details of everyone who agreed with a member."""
    ways.sign_in(person, known, next_code())
    person.go("/desk/contacts")
    yield "contacts"
    person.go(MEMBERS)
    yield "members"
    press_first(person)
    yield "members-mistaken"
    person.page.get_by_label("The Demo Lantern").check()
    press_first(person)
    assert "Shared." in person.page.inner_text("main")
    yield "members-shared"
    person.go("/desk/keys")
    yield "keys"


def reading(person: Person, known: dict[str, Any], code: str) -> Iterator[str]:
    """A recipient of the member reads one person's details."""
    ways.sign_in(person, known, code)
    yield "recipient-home"
    person.go("/desk/shared")
    yield "shared"
    press_first(person)
    yield "shared-mistaken"
    person.page.locator("[name=share]").first.check()
    fill(person, why="reach")
    press_first(person)
    assert "robin@example.org" in person.page.inner_text("main")
    yield "shared-details"


def seeing(person: Person, receipt: str) -> Iterator[str]:
    """The participant sees with whom their details were shared, and who looked."""
    come_back(person, receipt, "en")
    yield "held"
    person.go("/en/choices/looked")
    assert "A worker of a charity that we shared your details with" in person.page.inner_text(
        "main"
    )
    assert "to get in touch with you about this work" in person.page.inner_text("main")
    yield "looked"
    person.go("/en/choices/agreed")
    assert "we shared your details with The Demo Lantern" in person.page.inner_text("main")
    yield "agreed"


def taking_back(person: Person) -> Iterator[str]:
    """They take the permission back, which ends it."""
    assert path(person) == "/en/choices/agreed"
    with person.page.expect_navigation():
        person.page.click("button[name='take-back'][value='share']")
    assert "That ended on" in person.page.inner_text("main")
    yield "agreed-taken-back"
