"""A short chaos run (fault injection): what `make chaos` does for ten minutes, so that the command keeps working."""

import json
import os
import time
from dataclasses import asdict
from email.message import Message
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from tests.chaos import verdict
from tests.chaos.__main__ import run
from tests.chaos.ledger import Ledger, Period, wrong_with
from tests.chaos.people import EVENT
from tests.factories import demo_form, publish_demo_event, register_one, submit_one
from tests.integration.whole import said
from tests.integration.wire import Answered
from tests.tally import Tell
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.services.answers import own_copies
from webapp.services.events import registrations
from webapp.services.keys.bootstrap import Founded

SEED, SECONDS = 7, 20.0
HOME = "/cy/calls/support-needs/"


def test_every_promise_is_kept_while_everything_goes_wrong(tmp_path: Path, tell: Tell) -> None:
    # Given people who answer, book, come back and read, and one of each disturbance
    outcome = run(tmp_path, SEED, SECONDS)
    # Then each disturbance was met, every page was kind, and all that was acknowledged stands
    assert outcome.problems == []
    # And somebody was told something that had to stand
    assert outcome.counts["codes shown"]
    assert outcome.counts["bookings confirmed"]
    counted = [f"{count} {name}" for name, count in outcome.counts.items()]
    tell("chaos", f"seed {SEED}: {', '.join(counted)}")


# The verdict itself


class Scene:
    """Two participants, two registrants and their mails, and a ledger that says the same."""

    def __init__(self, folder: Path, founded: Founded) -> None:
        (folder / "demo-sign-in.json").write_text(json.dumps(asdict(founded.owner)))
        mails = folder / "mails"
        mails.mkdir()
        self.service: Any = SimpleNamespace(instance=folder, mails=mails, workers=[None, None])
        self.ledger = Ledger(started=time.monotonic() - 100)
        for name in ("one", "two"):
            address = f"{name}@example.org"
            boxes = [box.purpose for box in demo_form().consents if box.purpose != THROUGH_HELPER]
            sent = submit_one(answers=said(name, address), given=dict.fromkeys(boxes, True))
            self.ledger.sent[sent.receipt] = name
            self.ledger.addresses[sent.receipt] = address
            self.mail(address)
        event = publish_demo_event("round-table", EVENT, seats=verdict.SEATS)
        for name in ("three", "four"):
            booked = register_one(event, f"{name}@example.org")
            self.ledger.booked[booked.ticket] = booked.address
            self.mail(booked.address)
        self.no_code, self.no_ticket = own_copies.new_receipt(), registrations.prepare(event).ticket
        self.ledger.addresses[self.no_code] = "nobody@example.org"
        self.code, self.ticket = next(iter(self.ledger.sent)), next(iter(self.ledger.booked))

    def mail(self, address: str, *, seconds_ago: float = 0.0) -> Path:
        file = self.service.mails / f"{len(list(self.service.mails.iterdir())):04}.eml"
        file.write_text(f"X-Envelope-To: {address}\nSubject: Hello\n\nHello\n")
        os.utime(file, (time.time() - seconds_ago,) * 2)
        return Path(file)

    def found(self) -> list[str]:
        checks = (verdict._submissions, verdict._registrations, verdict._record, verdict._mails)
        return [one for check in checks for one in check(self.service, self.ledger, {})]


@pytest.fixture
def scene(make_page_app: Any, tmp_path: Path, page_founded: Founded) -> Any:
    app: Flask = make_page_app(DOORS="public,desk,worker")
    with app.app_context():
        yield Scene(tmp_path, page_founded)


def test_the_verdict_names_what_is_not_as_people_were_told(scene: Scene) -> None:
    # Given stores and mails that are as people were told
    assert scene.found() == []
    ledger, code, ticket = scene.ledger, scene.code, scene.ticket
    for told, named in (
        (lambda: ledger.sent.update({scene.no_code: "three"}), "lost: three"),
        (lambda: ledger.sent.update({code: "other"}), "other words than were said: other"),
        (lambda: ledger.erased.update({code: 1.0}), "not erased: one"),
        (lambda: ledger.taken_back.update({code: "quote"}), "the permission stands again: one"),
        (
            lambda: ledger.booked.update({scene.no_ticket: "x@example.org"}),
            "a booking is lost: x@example",
        ),
        (lambda: ledger.cancelled.add(ticket), "a booking is not cancelled: three@"),
        (lambda: ledger.deleted.update({ticket: 1.0}), "a mail to three@example.org, of whom"),
        (lambda: scene.mail("one@example.org"), "1 mails came twice; 0 may have"),
        (lambda: setattr(ledger, "opened", 1), "1 answers were shown at the desk, and 0 are"),
    ):
        # When people had been told something else
        told()
        # Then that is named
        assert any(one.startswith(named) for one in scene.found()), (named, scene.found())
        for kept in (ledger.erased, ledger.taken_back, ledger.cancelled, ledger.deleted):
            kept.clear()
        ledger.sent.pop(scene.no_code, None)
        ledger.booked.pop(scene.no_ticket, None)
        ledger.sent[code] = "one"


def page(status: int, html: str, **headers: str) -> Answered:
    message = Message()
    message["Content-Type"] = "text/html; charset=utf-8"
    for name, value in headers.items():
        message[name] = value
    return Answered(status, message, html.encode(), HOME)


def test_a_page_that_is_not_ours_not_kind_or_in_another_language_is_wrong() -> None:
    # The home page in Welsh, and what may not stand in its place
    assert wrong_with(page(200, '<html lang="cy" dir="ltr">'), HOME) == ""
    assert wrong_with(page(303, "", Location="/cy/"), HOME) == ""
    assert wrong_with(page(303, "", Location="https://example.org"), HOME) == "sent away"
    assert wrong_with(page(200, '<html lang="en">'), HOME) == "200: not in cy"
    assert wrong_with(page(500, '<html lang="cy">'), HOME) == "500: an error of ours"
    assert wrong_with(page(503, '<html lang="cy">'), HOME) == "503: not the kind page"


def test_a_disturbance_that_nobody_met_is_named() -> None:
    ledger = Ledger()
    kind: Any = SimpleNamespace(name="disk slow", was_felt=lambda met: met["served"] > 0)
    assert list(verdict._disturbances(ledger, [kind])) == ["disk slow: it never happened"]
    ledger.periods.append(Period("disk slow", 1.0, 2.0))
    assert list(verdict._disturbances(ledger, [kind])) == ["disk slow: nobody met it: {}"]
