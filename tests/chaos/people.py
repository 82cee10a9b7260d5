"""The stream of people of a chaos run: they meet errors as people do, wait a little and press again, or give up."""

import threading
from functools import partial
from http.client import HTTPException
from random import Random

from tests.chaos.ledger import Ledger
from tests.factories import demo_form
from tests.integration.whole import said
from tests.integration.wire import Answered, Wire, draft
from tests.journeys.conftest import NextCode
from tests.pages import words
from tests.people import come_back, go_on_from_leaving, submissions_listed
from tests.visitor import Visitor

LANGUAGES = ("en", "cy", "ar")
EVENT = "chaos"
TAKE_BACK = "Take back my permission"
#: Seconds that a person waits before they load a page again, and how often they do.
PAUSE, PATIENCE = 0.7, 90
#: Longer than Hearth works on a request: a machine with much to do is no broken connection.
TIMEOUT = 100


class GaveUp(Exception):
    """The page did not come, however often this person loaded it again."""


class PatientWire(Wire):
    """A connection of a person who notes every page, and loads it again where it did not come."""

    def __init__(self, url: str, ledger: Ledger, over: threading.Event) -> None:
        super().__init__(url)
        self.connection.timeout = TIMEOUT
        self.ledger, self.over = ledger, over

    def _ask(self, method: str, path: str, body: str | None = None) -> Answered:
        for _ in range(PATIENCE):
            try:
                answered = super()._ask(method, path, body)
            except (OSError, HTTPException):
                self.ledger.see(method, path, None)
            else:
                self.ledger.see(method, path, answered)
                if answered.status_code != 503:
                    return answered
            finally:
                # A new one each time: the server may hang up on an idle one, which is not what is looked for.
                self.connection.close()
            if self.over.wait(PAUSE):
                break
        raise GaveUp


class Person(threading.Thread):
    """People of one kind, one after the other."""

    def __init__(
        self, url: str, ledger: Ledger, over: threading.Event, chance: Random, number: int
    ) -> None:
        super().__init__(name=f"{type(self).__name__}-{number}", daemon=True)
        self.url, self.ledger, self.over, self.chance = url, ledger, over, chance
        self.turn = 0

    def run(self) -> None:
        while not self.over.is_set():
            self.turn += 1
            try:
                self.live()
            except GaveUp:
                pass
            except AssertionError as error:
                # A page of ours that this person did not expect: their place was lost, they begin anew.
                self.ledger.turned_away.append((self.ledger.second(), f"{self.name}: {error}"))

    def live(self) -> None:
        """One person's way."""
        raise NotImplementedError

    @property
    def address(self) -> str:
        """The e-mail address of this one."""
        return f"{self.name}-{self.turn}@example.org".lower()

    def arrive(self) -> Visitor:
        wire = PatientWire(self.url, self.ledger, self.over)
        return Visitor(wire, self.url)  # type: ignore[arg-type]


class Participant(Person):
    """Answers to the code; then some come back with it, to look, to take back a permission, or to erase."""

    def live(self) -> None:
        language = self.chance.choice(LANGUAGES)
        told = f"{self.name} says this in turn {self.turn}."
        wire = PatientWire(self.url, self.ledger, self.over)
        call = f"/{language}/calls/support-needs"
        answers = said(told, self.address)
        code = draft(self.url, demo_form(), answers, wire=wire, call=call).send()
        self.ledger.sent[code] = told
        self.ledger.addresses[code] = self.address
        after = self.chance.choice((self.look, self.take_back, self.erase, None))
        if after is not None:
            visitor = self.arrive()
            come_back(visitor, code)
            assert visitor.path.endswith("/choices/held"), f"a code led to {visitor.path}"
            after(visitor, code)

    def look(self, visitor: Visitor, code: str) -> None:
        visitor.get("/en/choices/answers")
        assert self.ledger.sent[code] in visitor.page.text, "other words than were said"

    def take_back(self, visitor: Visitor, code: str) -> None:
        buttons = visitor.get("/en/choices/agreed").all("button")
        purposes = [one.get("value", "") for one in buttons if words(one) == TAKE_BACK]
        visitor.press(TAKE_BACK)
        shown = [one.get("value") for one in visitor.page.all("button") if words(one) == TAKE_BACK]
        assert shown == purposes[1:], f"taking back led to {visitor.path}"
        self.ledger.taken_back[code] = purposes[0]

    def erase(self, visitor: Visitor, code: str) -> None:
        visitor.get("/en/choices/erase")
        self.ledger.erasing.add(code)
        visitor.press_first()
        assert visitor.path.endswith("/choices/erased"), f"erasing led to {visitor.path}"
        self.ledger.erased[code] = self.ledger.second()


class Registrant(Person):
    """Books a seat or a place in the waiting list; some cancel, some delete their booking."""

    def live(self) -> None:
        visitor = self.arrive()
        visitor.get(f"/en/events/{EVENT}/")
        visitor.press_first()
        go_on_from_leaving(visitor)
        visitor.press_first(registrant_email=self.address)
        assert visitor.path.endswith("/registered"), f"booking led to {visitor.path}"
        (link,) = [words(one) for one in visitor.page.all("p") if one.get("class") == "link"]
        ticket = link.rpartition("/")[2]
        self.ledger.booked[ticket] = self.address
        after = self.chance.choice((self.cancel, self.delete, None))
        if after is not None:
            after(visitor, ticket)

    def cancel(self, visitor: Visitor, ticket: str) -> None:
        visitor.get(f"/en/r/{ticket}/cancel")
        self.ledger.leaving.add(ticket)
        visitor.press_first()
        assert "Your booking is cancelled" in visitor.page.text, f"cancelled: {visitor.status}"
        self.ledger.cancelled.add(ticket)

    def delete(self, visitor: Visitor, ticket: str) -> None:
        visitor.get(f"/en/r/{ticket}/delete")
        self.ledger.leaving.add(ticket)
        visitor.press_first()
        assert "deleted" in visitor.page.text, f"deleted: {visitor.status}"
        self.ledger.deleted[ticket] = self.ledger.second()


class Coordinator(Person):
    """Signs in, reads lists, and opens what somebody answered."""

    sign_in: dict[str, str]
    next_code: NextCode

    def live(self) -> None:
        visitor = self.arrive()
        visitor.get("/desk/sign-in")
        known = {name: self.sign_in[name] for name in ("sign_in_name", "passphrase")}
        visitor.press("Sign in", **known, code=self.next_code())
        if visitor.path == "/desk/sign-in":
            # The answer to a press was lost, and its code is used up.
            visitor.press("Sign in", **known, code=self.next_code())
        assert visitor.path == "/desk/", f"signing in led to {visitor.path}: {visitor.status}"
        while not self.over.wait(self.chance.random()):
            self.read(visitor)

    def read(self, visitor: Visitor) -> None:
        for path in ("/desk/", f"/desk/events/{EVENT}", "/desk/calls/support-needs"):
            visitor.get(path)
            assert visitor.path == path, f"{path} led to {visitor.path}"
        listed = submissions_listed(visitor)
        if listed:
            visitor.get(f"/desk/submissions/{self.chance.choice(listed)}")
            if "Open the answers" in visitor.buttons():
                visitor.press("Open the answers", **{"answers-why": "report"})
                self.ledger.opened += "says this in turn" in visitor.page.text


def a_crowd(
    url: str, ledger: Ledger, over: threading.Event, chance: Random, coordinator: type[Coordinator]
) -> list[Person]:
    """Four participants, two registrants and a coordinator at a time."""
    kinds = (*[Participant] * 4, *[Registrant] * 2, coordinator)
    make = partial(_make, url, ledger, over, chance)
    return [make(kind, number) for number, kind in enumerate(kinds, start=1)]


def _make(
    url: str, ledger: Ledger, over: threading.Event, chance: Random, kind: type[Person], number: int
) -> Person:
    return kind(url, ledger, over, Random(chance.random()), number)
