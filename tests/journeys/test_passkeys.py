"""Passkeys in a real browser with virtual authenticators: adding, signing in, and a device that is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from tests import ways
from tests.browser import Person, person_at
from tests.journeys.conftest import NextCode
from tests.journeys.steps import fill, path, press, press_first
from tests.live import Server

PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
SECURITY_KEY = {**PHONE, "transport": "usb"}


@dataclass
class Devices:
    """The virtual authenticators of one browser page (CDP, WebAuthn domain)."""

    cdp: CDPSession

    def plug_in(self, options: dict[str, Any]) -> str:
        """A new device; returns its id."""
        found: str = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})[
            "authenticatorId"
        ]
        return found

    def lose(self, device: str) -> None:
        self.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})

    def held_by(self, device: str) -> list[dict[str, Any]]:
        """The passkeys on a device."""
        found: list[dict[str, Any]] = self.cdp.send(
            "WebAuthn.getCredentials", {"authenticatorId": device}
        )["credentials"]
        return found

    def knows_the_person(self, device: str, *, verified: bool) -> None:
        """Whether the device is given the right PIN or finger when it asks."""
        at = {"authenticatorId": device, "isUserVerified": verified}
        self.cdp.send("WebAuthn.setUserVerified", at)

    def copy_of_before(self, device: str, credential: dict[str, Any]) -> None:
        """Put a copy of a passkey in place of it, with the counter of when it was copied."""
        at = {"authenticatorId": device}
        self.cdp.send("WebAuthn.clearCredentials", at)
        self.cdp.send("WebAuthn.addCredential", {**at, "credential": credential})


@contextmanager
def at_the_desk(
    browser: Browser, server: Server, **options: Any
) -> Iterator[tuple[Person, Devices]]:
    """A coordinator at this machine's name: browsers take passkeys for no number."""
    address = server.url.replace("127.0.0.1", "localhost")
    with person_at(browser, address, **options) as person:
        cdp = person.context.new_cdp_session(person.page)
        cdp.send("WebAuthn.enable")
        yield person, Devices(cdp)


def add_passkey(person: Person, name: str, code: str) -> None:
    """Add one on the own page."""
    person.go("/desk/me/passkeys")
    fill(person, name=name, code=code)
    press(person, "Continue")
    click(person, "Make the passkey")
    person.page.wait_for_url("**/desk/me/passkeys?done=added")


def enter(person: Person, known: dict[str, Any]) -> None:
    """Name and passphrase, and the passkey's button."""
    person.go("/desk/sign-in")
    fill(person, sign_in_name=known["sign_in_name"], passphrase=known["passphrase"])
    click(person, "Use a passkey instead")


def click(person: Person, words: str) -> None:
    """Press a button of the script's, which may or may not lead to another page."""
    person.page.get_by_role("button", name=words, exact=True).click(no_wait_after=True)


def said(person: Person) -> str:
    """What the script says."""
    return person.page.locator("[data-said]").inner_text()


@pytest.mark.parametrize("device", [PHONE, SECURITY_KEY], ids=["phone", "security-key"])
def test_a_passkey_from_adding_to_signing_in_and_losing_it(
    browser: Browser, own_server: Server, next_own_code: NextCode, device: dict[str, Any]
) -> None:
    known = own_server.sign_in
    with at_the_desk(browser, own_server) as (person, devices):
        # Given a coordinator with a device
        mine = devices.plug_in(device)
        ways.sign_in(person, known, next_own_code())
        # When she adds a passkey
        errors: list[str] = []
        person.page.on("pageerror", lambda error: errors.append(str(error)))
        add_passkey(person, device["transport"], next_own_code())
        expect(person.page.locator(".todo")).to_contain_text(device["transport"])
        (held,) = devices.held_by(mine)
        assert (held["rpId"], held["isResidentCredential"]) == ("localhost", True)
        # Then it lets her in without six digits
        press(person, "Sign out")
        enter(person, known)
        person.page.wait_for_url("**/desk/")
        # And a copy of it with the counter of before does not
        press(person, "Sign out")
        devices.copy_of_before(mine, held)
        enter(person, known)
        person.page.wait_for_url("**/desk/sign-in")
        expect(person.page.locator("#sign-in-wrong")).to_be_visible()
        # When the device is gone
        devices.lose(mine)
        devices.plug_in(device)
        enter(person, known)
        # Then the page says what to do, nothing that was typed is lost, and the six digits let her in
        expect(person.page.locator("[data-said]")).to_contain_text("enter the six digits")
        fill(person, code=next_own_code())
        press_first(person)
        assert path(person) == "/desk/"
        # And with the six digits she removes it
        person.go("/desk/me/passkeys")
        person.page.get_by_role("link", name=f"Remove {device['transport']}").click()
        fill(person, code=next_own_code())
        press(person, "Remove it")
        expect(person.page.locator("main")).to_contain_text("You have none yet.")
        assert (person.outside, errors) == ([], [])


def test_the_button_asks_for_what_is_missing_and_can_be_pressed_again(
    browser: Browser, own_server: Server, next_own_code: NextCode
) -> None:
    known = own_server.sign_in
    with at_the_desk(browser, own_server) as (person, devices):
        mine = devices.plug_in(PHONE)
        ways.sign_in(person, known, next_own_code())
        add_passkey(person, "phone", next_own_code())
        press(person, "Sign out")
        # When the button is pressed before anything was typed
        person.go("/desk/sign-in")
        click(person, "Use a passkey instead")
        # Then no device is asked: the first empty field has the focus
        assert person.page.evaluate("document.activeElement.name") == "sign_in_name"
        assert said(person) == ""
        # And when the device is not given its PIN or finger, the page says so, and nothing that was typed is lost
        fill(person, sign_in_name=known["sign_in_name"], passphrase=known["passphrase"])
        devices.knows_the_person(mine, verified=False)
        click(person, "Use a passkey instead")
        expect(person.page.locator("[data-said]")).to_contain_text("The passkey was not used.")
        devices.knows_the_person(mine, verified=True)
        # And a doubled press asks once, and lets her in
        person.page.get_by_role("button", name="Use a passkey instead").dblclick(no_wait_after=True)
        person.page.wait_for_url("**/desk/")
        assert len(devices.held_by(mine)) == 1


def test_a_device_has_one_passkey_of_a_person(
    browser: Browser, own_server: Server, next_own_code: NextCode
) -> None:
    with at_the_desk(browser, own_server) as (person, devices):
        mine = devices.plug_in(PHONE)
        ways.sign_in(person, own_server.sign_in, next_own_code())
        add_passkey(person, "tablet", next_own_code())
        # When the same device is to make a second one, and the first is the second factor for that
        fill(person, name="again")
        click(person, "Confirm with a passkey I have")
        person.page.wait_for_url("**/desk/me/passkeys/new")
        click(person, "Make the passkey")
        # Then the page says why there is none
        expect(person.page.locator("[data-said]")).to_contain_text("may have one already")
        assert len(devices.held_by(mine)) == 1


def test_without_scripts_the_six_digits_are_the_way(
    browser: Browser, own_server: Server, next_own_code: NextCode
) -> None:
    with at_the_desk(browser, own_server, scripts=False) as (person, _):
        person.go("/desk/sign-in")
        assert not person.page.get_by_role("button", name="Use a passkey instead").is_visible()
        ways.sign_in(person, own_server.sign_in, next_own_code())
        # And the pages on which a device would make one say why there is no button
        person.go("/desk/me/passkeys")
        expect(person.page.locator("[data-without]")).to_be_visible()
        fill(person, name="no script", code=next_own_code())
        press(person, "Continue")
        assert not person.page.get_by_role("button", name="Make the passkey").is_visible()
        expect(person.page.locator("[data-without]")).to_be_visible()


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
def test_the_pages_are_accessible(
    browser: Browser, own_server: Server, next_own_code: NextCode, phone: bool
) -> None:
    with at_the_desk(browser, own_server, phone=phone) as (person, devices):
        devices.plug_in(PHONE)
        person.go("/desk/sign-in")
        looked = [problems(person)]
        ways.sign_in(person, own_server.sign_in, next_own_code())
        add_passkey(person, f"a device {phone}", next_own_code())
        looked.append(problems(person))
        person.page.locator(".todo a").last.click()
        looked.append(problems(person))
        person.go("/desk/me/passkeys")
        fill(person, name="one more")
        click(person, "Confirm with a passkey I have")
        person.page.wait_for_url("**/desk/me/passkeys/new")
        looked.append(problems(person))
        assert looked == [[]] * 4


def problems(person: Person) -> list[str]:
    """What two engines find on this page, and whether it is too wide."""
    wide = ["scrolls sideways"] if person.scrolls_sideways() else []
    return [*person.violations(), *person.second_opinion(), *wide]
