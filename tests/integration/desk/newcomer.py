"""A person who was invited to the desk, in a browser of their own, as the tests let them act."""

import re

import pyotp
from flask import Flask

from tests.integration.desk.worker import Worker
from tests.pages import Page, words
from tests.visitor import Visitor
from webapp.rules import clock

OWN = "seven grey herons over the lake"


def invite(
    owner: Worker,
    *roles: str,
    name: str = "Bea",
    place: str = "everything",
    organisation: str | None = None,
    **changes: str,
) -> str:
    """An owner invites a person; the path of the link. Empty where the form was refused."""
    page = owner.get("/desk/people/invite")
    choices = {words(one): one.get("value", "") for one in page.all("option")}
    filled = {
        "name": name,
        "roles": list(roles),
        "place": place,
        "organisation": choices.get(organisation or "Demo coalition", ""),
        **changes,
    }
    page = owner.press("Make the link", **filled)
    found = re.search(r"/desk/join/\w+", page.text)
    return found[0] if found else ""


class Newcomer(Visitor):
    """A person who has the link of an invitation."""

    def __init__(self, app: Flask, link: str) -> None:
        super().__init__(app.test_client())
        self.app, self.link = app, link
        self.passphrase = self.recovery_code = self.secret = ""

    def begin(self) -> Page:
        """Open the link and press the button."""
        self.get(self.link)
        return self.press("Begin")

    def name_themselves(self, sign_in_name: str = "bea", own: str = "", **changes: str) -> Page:
        """The first step."""
        (offered,) = [words(one) for one in self.page.all("code")]
        self.passphrase = own or offered
        way = {"way": "own", "own": own, "own_again": own} if own else {"way": "words"}
        return self.press("Continue", **{"sign_in_name": sign_in_name, **way, **changes})

    def digits(self, minutes: float = 0) -> str:
        """What the app shows, on a phone whose clock is so many minutes off."""
        return pyotp.TOTP(self.secret).at(int(clock.now().timestamp() + minutes * 60))

    def scan(self, minutes: float = 0) -> Page:
        """The second step."""
        self.secret = next(words(one) for one in self.page.all("code")).replace(" ", "")
        return self.press("Continue", code=self.digits(minutes))

    def write_down(self, button: str = "Make my account") -> Page:
        """The last step."""
        shown = next(one for one in self.page.all("p") if one.get("class") == "code")
        self.recovery_code = words(shown).replace(" ", "")
        return self.press(button, typed=self.recovery_code[-4:].lower())

    def join(self, sign_in_name: str = "bea", own: str = "") -> Page:
        """All steps."""
        self.begin()
        self.name_themselves(sign_in_name, own)
        self.scan(minutes=-0.5)
        return self.write_down()

    def sign_in(self, sign_in_name: str = "bea") -> Page:
        """At the page where they are sent."""
        return self.press(
            "Sign in", sign_in_name=sign_in_name, passphrase=self.passphrase, code=self.digits()
        )
