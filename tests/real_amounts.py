"""Demo data in realistic amounts: two months of a coalition's work, to look at the desk with.

`python -m tests.real_amounts FOLDER` makes the instance in FOLDER, which must not be there yet: 60 answers, 40
registrations for a meeting that is near, 300 lines of the record, lists whose people changed their mind since, mails
that came back. Then `make run INSTANCE=FOLDER` serves it; the way to sign in is in FOLDER/demo-sign-in.json.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pyotp
import time_machine
from flask import current_app
from sqlalchemy import select

from tests.factories import (
    TO_READ,
    Sent,
    answers_for,
    publish_demo_call,
    publish_demo_event,
    register_one,
    submit_one,
)
from tests.rows import change
from webapp import cli
from webapp.cli.instance import application
from webapp.desk.languages.wording_review import words_of
from webapp.models import Event as EventRow
from webapp.models import OutboxMessage
from webapp.rules.audit_events import AuditEvent
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.reasons import Reason
from webapp.services.answers import consents, corrections, own_copies, submissions
from webapp.services.answers.consents import Subject
from webapp.services.answers.corrections import Correction
from webapp.services.calls import published_calls
from webapp.services.events import desk_registrations, event_changes, waiting_list
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import authentication
from webapp.services.keys.coordinators import Holder
from webapp.services.languages import text_reviews
from webapp.services.languages.text_reviews import Checked, NewNote
from webapp.services.opening import contact_exports, disclosure
from webapp.ui.page_language import speak_preferred

ANSWERS, REGISTRATIONS, RECORD_LINES = 60, 40, 300
DAYS = 60
WRITTEN_IN = ("en", "en", "en", "ar", "sq", "vi", "en", "ti", "so", "en-easy")
NAMES = ("Amina Rahman", "Bruno Costa", "Carys Hughes", "Dan Okafor", "Elira Hoxha", "Fiona Grant")
PLACES = ("Harbour House", "Northside Law Centre", "City Health", "Lighthouse", "Kite Trust")
NEEDS: tuple[list[str], ...] = (["none"], ["captions"], ["none"], ["sign_language", "breaks"])
TYPED_BY: tuple[submissions.TypedBy, ...] = (
    "self",
    "self",
    "self",
    "helper",
    "self",
    "coordinator",
    "self",
)
#: What people agreed to; most said yes to something.
YES = (
    ("contact_me",),
    ("contact_me", "quote"),
    (),
    ("quote",),
    ("contact_me", "invite", "share", "quote"),
    ("invite",),
)
#: Left out by most: people skip what is hard.
SKIPPED = (
    "without_words",
    "done_words",
    "people_words",
    "health_words",
    "later_words",
    "change_words",
)
LONG = (
    "I waited four months for the letter. When it came it was in English, and my support worker was away. "
    "The person who asked me the questions was kind, but she had ten minutes. I was moved twice while I waited."
)
#: Name, like which of the demo's, how many people book, seats.
MEETINGS = (
    ("near", "round-table", REGISTRATIONS, REGISTRATIONS - 8),
    ("later", "small-group", 5, 12),
    ("over", "round-table", 6, 20),
    ("off", "round-table", 4, 20),
)


@dataclass
class Campaign:
    """Two months of a coalition, played in the order in which things happened."""

    folder: Path
    people: list[Sent] = field(default_factory=list)
    acts: list[tuple[float, Callable[[], object]]] = field(default_factory=list)

    @property
    def sign_in(self) -> dict[str, str]:
        """What the coordinator signs in with."""
        found: dict[str, str] = json.loads((self.folder / "demo-sign-in.json").read_text())
        return found

    @cached_property
    def holder(self) -> Holder:
        """The coordinator, signed in."""
        return authentication.sign_in(
            self.sign_in["sign_in_name"], self.sign_in["passphrase"], self.code()
        )

    def code(self) -> str:
        """The six digits of this moment; good once."""
        return pyotp.TOTP(self.sign_in["totp_secret"]).at(datetime.now(UTC))

    def on(self, days_ago: float, act: Callable[..., object], *details: Any) -> None:
        """So many days ago, this happened."""
        assert days_ago > 0, "a record that knows the future stops the worker"
        self.acts.append((days_ago, partial(act, *details)))

    def play(self) -> None:
        """Let it happen, the oldest first."""
        now = datetime.now(UTC)
        for ago, act in sorted(self.acts, key=lambda one: -one[0]):
            with time_machine.travel(now - timedelta(days=ago)):
                act()


def fill(folder: Path) -> None:
    """Make the whole instance."""
    campaign = Campaign(folder)
    os.environ |= {"INSTANCE": str(folder), "LIMIT_FACTOR": "1000000"}
    campaign.on(DAYS, lambda: cli.main(["demo"], standalone_mode=False))
    campaign.play()
    campaign.acts.clear()
    with application().app_context():
        for plan in (
            _answers,
            _reading,
            _lists,
            _changes_of_mind,
            _meetings,
            _half_reviewed,
            _signing_in,
        ):
            plan(campaign)
        campaign.play()


def _answers(campaign: Campaign) -> None:
    """People answer over two months. A second call with the same title is closed by now."""
    closed_on = (datetime.now(UTC) - timedelta(days=DAYS - 10)).date()
    campaign.on(DAYS - 1, publish_demo_call, "support-needs-2", closed_on)
    for number in range(ANSWERS):
        campaign.on((DAYS - 2) * (1 - number / ANSWERS) + 0.5, _one_answers, campaign, number)


def _one_answers(campaign: Campaign, number: int) -> None:
    call = published_calls.find_call("support-needs")
    answers = answers_for(call.form, words=lambda question: _words(question.kind, number))
    for key in SKIPPED[: number % len(SKIPPED)]:
        answers.pop(key, None)
    sent = submit_one(
        call,
        answers=answers,
        given=dict.fromkeys(YES[number % len(YES)], True),
        language=WRITTEN_IN[number % len(WRITTEN_IN)],
        typed_by=TYPED_BY[number % len(TYPED_BY)],
        # This instance has keys of its own, and its worker comes.
        written=False,
    )
    campaign.people.append(sent)


def _words(kind: str, number: int) -> str:
    plain = {
        "email": f"person-{number}@example.org",
        "phone": f"07700 9{number:05}",
        "date": "2026-03-07",
    }
    return plain.get(kind, LONG if kind == "long_text" else f"Robin {number}")


def _reading(campaign: Campaign) -> None:
    """The coordinator has read the older half."""

    def read(number: int) -> None:
        who = campaign.people[number].submission_id
        disclosure.open_testimony(campaign.holder, who, TO_READ)

    for number in range(ANSWERS // 2):
        campaign.on(25 - number / 2, read, number)


def _lists(campaign: Campaign) -> None:
    """Three lists were downloaded: one long ago, one last week, one today."""

    def download(purpose: str) -> None:
        contact_exports.export_consented(
            campaign.holder,
            published_calls.find_call("support-needs"),
            purpose=purpose,
            reason=Reason({"contact_me": "ask", "invite": "invite"}[purpose]),
            file_format="csv",
            password="",
        )

    for ago, purpose in ((21, "contact_me"), (6, "invite"), (0.2, "contact_me")):
        campaign.on(ago, download, purpose)


def _changes_of_mind(campaign: Campaign) -> None:
    """Since then some took a permission back, some gave another number, some other answers."""

    def take_back(number: int) -> None:
        held = own_copies.find_held(campaign.people[number].receipt)
        subject = Subject(held.submission_id, held.call_id, held.form, held.language)
        consents.change(subject, "contact_me", False)

    def correct(number: int, **change: str) -> None:
        receipt = campaign.people[number].receipt
        held = own_copies.find_held(receipt)
        wanted = {**held.answers, **change}
        corrections.correct(
            receipt, Correction(uuid4(), held.copies, wanted, frozenset(), held.language)
        )

    for number in (0, 1, 6):
        campaign.on(0.1 + number, take_back, number)
    for number in range(4, 30, 6):
        campaign.on(number / 10, partial(correct, phone="07700 900 555"), number)
    for number in range(3, 30, 9):
        campaign.on(number / 10, partial(correct, change_words=f"Now I can say it. {LONG}"), number)


def _meetings(campaign: Campaign) -> None:
    """One in two hours with 40 registrations and no joining link, one in ten days, one over, one called off."""
    meetings: dict[str, Event] = {}

    def publish(name: str, like: str, seats: int) -> None:
        meetings[name] = publish_demo_event(like, f"{like}-{name}", seats=seats)

    def book(name: str, number: int) -> None:
        event, address = meetings[name], f"colleague-{number}@example.org"
        language = WRITTEN_IN[number % len(WRITTEN_IN)]
        booked = register_one(event, address, language=language, **_told(number))
        if number % 13 == 4:
            waiting_list.cancel(booked.id)
        # What a mail server refused for good; everything else went out.
        _mails_ended(booked.id, "failed" if number in (5, 6) else "sent")

    def after_it() -> None:
        _begins(meetings["over"], days=-3)
        for row in desk_registrations.list_registrations(meetings["over"])[:3]:
            desk_registrations.mark(row.id, "attended", actor=campaign.holder.coordinator_id)
        event_changes.call_off(
            meetings["off"].id,
            actor=campaign.holder.coordinator_id,
            reason="The person who leads it is ill",
        )

    for name, like, people, seats in MEETINGS:
        campaign.on(30, publish, name, like, seats)
        for number in range(people):
            campaign.on(28 - number / 2, book, name, number)
    campaign.on(2, after_it)
    campaign.on(0.01, lambda: _begins(meetings["near"], hours=2))
    campaign.on(0.01, lambda: _begins(meetings["later"], days=10))


def _told(number: int) -> dict[str, str | list[str] | None]:
    """What a colleague tells us when they register: few need something, fewer say so in words of their own."""
    return {
        "registrant_name": f"{NAMES[number % len(NAMES)]} {number}",
        "organisation": PLACES[number % len(PLACES)],
        "display_name": NAMES[number % len(NAMES)].split()[0],
        "on_the_list": ("yes", "no", None)[number % 3],
        "access_needs": NEEDS[number % len(NEEDS)],
        "interpreter_language": "Vietnamese" if number % 9 == 2 else None,
        "support_person": "yes" if number % 11 == 3 else "no",
        "needs_notes": "I may have to leave ten minutes early." if number % 10 == 7 else None,
    }


def _mails_ended(registration_id: UUID, state: str) -> None:
    ended = {"state": state, "not_before": 0, "finished_on": datetime.now(UTC).date()}
    with stores.writing() as main:
        about = OutboxMessage.subject_id == registration_id
        change(main, select(OutboxMessage).where(about), ended)


def _begins(event: Event, **time: float) -> None:
    starts_at = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(**time)
    ends_at = starts_at + (event.ends_at - event.starts_at)
    times = {"starts_at": int(starts_at.timestamp()), "ends_at": int(ends_at.timestamp())}
    with stores.writing() as main:
        change(main, select(EventRow).where(EventRow.id == event.id), times)


def _half_reviewed(campaign: Campaign) -> None:
    """A caseworker found half of the Vietnamese words right, and remarked on three of the others."""

    def review() -> None:
        with current_app.test_request_context():
            speak_preferred()
            entries = [one for one in words_of(LANGUAGES["vi"]).entries if one.words is not None]
        remarks = [
            NewNote(one.text, one.wording, "Sounds like an office") for one in entries[1:7:2]
        ]
        checked = Checked(
            by="Native-speaking caseworker",
            right=frozenset(one.wording for one in entries[::2]),
            noted=tuple(remarks),
        )
        text_reviews.save("vi", checked, actor=campaign.holder.coordinator_id)

    campaign.on(9, review)


def _signing_in(campaign: Campaign) -> None:
    """The record has its 300 lines, most of them of what a desk does most."""
    usual = (AuditEvent.SIGNED_IN, AuditEvent.SECOND_FACTOR_CONFIRMED)
    events = cycle((*usual * 4, AuditEvent.SECOND_FACTOR_REFUSED))

    def enter(event: AuditEvent) -> None:
        actor = campaign.holder.coordinator_id
        with stores.writing() as main:
            audit.enter(main, actor, event, actor)

    # What the other acts enter, roughly.
    lines = RECORD_LINES - ANSWERS // 2 - 30
    for number, event in zip(range(lines), events, strict=False):
        campaign.on((DAYS - 3) * (1 - number / lines), enter, event)


def main(folder: Path) -> None:
    """Fill a new folder, or refuse one that is there."""
    if folder.exists():
        sys.exit(f"{folder} is there already; nothing was changed.")
    fill(folder.resolve())
    sign_in = Campaign(folder).sign_in
    print(f"Ready. Sign in as {sign_in['sign_in_name']}: {sign_in['passphrase']}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
