"""Test factories: settings, submissions and registrations of fictional people. Plain functions, no fixtures."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pyotp
import pytest

from tests.pool import write_pool
from webapp.extensions import current_settings
from webapp.rules import clock
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.events.registration_form import EMAIL
from webapp.rules.forms import routing as parts
from webapp.rules.forms.answers_on_form import AnswersOnForm
from webapp.rules.forms.definition_json import read_as
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import Answer
from webapp.rules.forms.questions import PartName, Question
from webapp.rules.reasons import ASK, DANGER, PREPARE, REPORT, Reason
from webapp.rules.roles import Grants
from webapp.rules.tell_back import Month
from webapp.services.answers import own_copies, submissions
from webapp.services.calls import published_calls
from webapp.services.events import published_events, registrations
from webapp.services.forms import publishing
from webapp.services.infrastructure import audit
from webapp.services.keys import (
    authentication,
    coordinators,
    key_slots,
    recovery_rehearsal,
    recovery_sheets,
    session_keyrings,
)
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.recovery_sheets import TypedSheet
from webapp.settings import SECRETS_OF
from webapp.vault.seeds import public_key_of

CONTENT = Path(__file__).parents[1] / "webapp" / "content"
DEMO_CALL = "support-needs"
OPEN_DAYS = 90


#: What an instance that is no demo must say about who runs it.
WHO_WE_ARE = {
    "ORGANISATION": "The test coalition",
    "REACH_US": "01632 960002, Monday to Friday, 10 to 4",
}
#: Usual reasons, as a coordinator chooses them.
TO_READ = Reason(REPORT.key)
TO_CALL = Reason(ASK.key)
TO_PREPARE = Reason(PREPARE.key)
IN_DANGER = Reason(DANGER.key)


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """The settings of a test's own Hearth: both doors, draft languages, room for many requests."""
    doors = changes.get("DOORS", "public,desk")
    needed = set().union(*(SECRETS_OF[door] for door in doors.split(",")))
    return {
        "INSTANCE": str(folder),
        "DOORS": doors,
        "DRAFT_LANGUAGES": "yes",
        "LIMIT_FACTOR": "1000000",
        **WHO_WE_ARE,
        # A worker alone does not start without one.
        **({"BASE_URL": "http://localhost"} if doors == "worker" else {}),
        **{name: secret(name) for name in needed},
        **changes,
    }


@cache
def secret(name: str) -> str:
    """A config secret in hex: always the same for one name, and worth nothing."""
    if name == "MAILER_PUBLIC_KEY":
        return public_key_of(bytes.fromhex(secret("MAILER_KEY"))).hex()
    return hashlib.sha256(f"only for tests: {name}".encode()).hexdigest()


def demo_form() -> FormDefinition:
    """The form of the coalition's own call."""
    return read_as(FormDefinition, (CONTENT / f"{DEMO_CALL}.json").read_text(encoding="utf-8"))


def publish_demo_call(slug: str = DEMO_CALL, closes_on: date | None = None) -> None:
    """Open the coalition's own call, or another one with the same form. Wants an application context."""
    closes_on = closes_on or clock.today() + timedelta(days=OPEN_DAYS)
    publishing.publish_call(
        demo_form(),
        slug=slug,
        closes_on=closes_on,
        tell_back_by=told_by(closes_on),
        actor=audit.OPERATOR,
    )


def told_by(closes_on: date) -> Month:
    """A month by which people are told what became of a call: the second after that of its last day."""
    return Month.of(closes_on).later(2)


def days_of_call(closes_on: date) -> tuple[str, str, str, str]:
    """What the command `publish` is told about time."""
    return "--closes-on", closes_on.isoformat(), "--tell-back-by", str(told_by(closes_on))


# People who do not exist, and what they do


@dataclass(frozen=True)
class Sent:
    """What a participant sent, and the receipt they were given."""

    submission_id: UUID
    receipt: str
    answers: dict[str, Answer]


def answers_for(
    form: FormDefinition, words: Callable[[Question], str] | None = None, **changes: Answer | None
) -> dict[str, Answer]:
    """An answer to every question, each acceptable: a first choice, every tick box, words of one's own.

    `words` says what stands in the fields that take words. A change of None leaves a question out.
    """
    write = words or (lambda question: PLAIN.get(question.kind, f"My words on {question.key}."))
    answers: dict[str, Answer] = {}
    for question in form.questions:
        if question.kind == "choices" or question.kind == "ranking":
            answers[question.key] = [choice.key for choice in question.choices]
        elif question.choice_keys:
            answers[question.key] = question.choice_keys[0]
        else:
            answers[question.key] = write(question)
    answers |= {key: answer for key, answer in changes.items() if answer is not None}
    return {key: answer for key, answer in answers.items() if changes.get(key, answer) is not None}


PLAIN = {
    "email": "ana.k@example.org",
    "phone": "07700 900 123",
    "date": "2026-03-07",
    "number": "3",
}
YES_TO_ALL = {"contact_me": True, "quote": True, "invite": True, "share": True}


def submit_one(
    call: published_calls.Call | None = None,
    *,
    answers: Mapping[str, Answer] | None = None,
    given: Mapping[str, bool] | None = None,
    language: str = "en",
    submission_id: UUID | None = None,
    receipt: str | None = None,
    typed_by: submissions.TypedBy = "self",
    written: bool = True,
    members: UUID | None = None,
) -> Sent:
    """One person answers the demo's call, with every question and every consent unless told. Wants a context.

    The worker has written their answers about equality, unless they are still to wait (`written`).
    """
    call = call or published_calls.find_call(DEMO_CALL)
    answers = answers_for(call.form) if answers is None else answers
    sent = Sent(
        submission_id or uuid4(),
        receipt or own_copies.new_receipt(),
        dict(parts.prune(call.form, answers)),
    )
    submissions.submit(
        call,
        submission_id=sent.submission_id,
        receipt=sent.receipt,
        answers=AnswersOnForm(call.form, answers),
        given=YES_TO_ALL if given is None else given,
        language=language,
        typed_by=typed_by,
        members=members,
    )
    if written:
        write_equality()
    return sent


def write_equality() -> None:
    """Write what waits about equality, however little it is, as the worker has on the first of a month."""
    # An instance of its own has its own key; one of doors alone, as tests make it, is the worker's other half.
    write_pool(current_settings().mailer_key or bytes.fromhex(secret("MAILER_KEY")))


def code_for(founded: Founded, steps: int = 0) -> str:
    """A coordinator's six digits of now, or of so many half minutes later. Each is good once.

    At most one later: that is good now, and stays so should the half minute end meanwhile.
    """
    return pyotp.TOTP(founded.owner.totp_secret).at(int(clock.now().timestamp()) + 30 * steps)


def sheet_of(founded: Founded, number: int) -> TypedSheet:
    """One of the recovery sheets of the founding, as its keeper types it in."""
    return recovery_sheets.recognise(" ".join(founded.sheets[number - 1].words))


def sheets_of(founded: Founded, *numbers: int) -> list[TypedSheet]:
    """Some of them, or all three."""
    return [sheet_of(founded, number) for number in numbers or (1, 2, 3)]


def rehearse_all(founded: Founded) -> None:
    """Prove every pair of sheets, without which nothing can be published."""
    recovery_rehearsal.rehearse(sheets_of(founded))


def signed_in(founded: Founded) -> Holder:
    """The demo coordinator, signed in. The code of one step later is still unused."""
    owner = founded.owner
    return authentication.sign_in(owner.sign_in_name, owner.passphrase, code_for(founded))


def seed_of(founded: Founded) -> bytes:
    """The demo coordinator's long-term seed, which no session holds: unlocked with her passphrase."""
    _, slot = coordinators.find_slot(founded.owner.sign_in_name, key_slots.PASSPHRASE)
    assert slot is not None
    return key_slots.unlock_with_passphrase(slot, founded.owner.passphrase)


def signed_in_anew_after_publishing(founded: Founded, monkeypatch: pytest.MonkeyPatch) -> Holder:
    """The demo coordinator, who signs in anew whenever something is published: its keys are newer than her session.

    For tests that publish what they are about and then open it. That a session of before opens nothing of it is in
    `test_session_keyrings.py`.
    """
    holder, seed = signed_in(founded), seed_of(founded)
    for name in ("publish_call", "publish_event"):
        publish = getattr(publishing, name)

        def and_sign_in(*args: Any, publish: Callable[..., Any] = publish, **options: Any) -> Any:
            published = publish(*args, **options)
            session_keyrings.throw_away(holder)
            session_keyrings.fill(holder, seed)
            return published

        monkeypatch.setattr(publishing, name, and_sign_in)
    return holder


def holder_with(name: str, seed: bytes) -> Holder:
    """A coordinator with this seed who is in no table: for what their subkeys alone open."""
    return Holder(uuid4(), name, Grants.of(()), session_keyrings.new_keys(seed))


# Events, and people who register


@dataclass(frozen=True)
class Booked:
    """What a registrant has after registering: the ticket, the codes, and their seat or place."""

    id: UUID
    ticket: str
    room_code: str | None
    address: str
    state: str


def demo_event(slug: str = "round-table") -> EventDefinition:
    """The definition of one of the demo's events: "round-table", or "small-group" with its room code."""
    return read_as(EventDefinition, (CONTENT / f"{slug}.json").read_text(encoding="utf-8"))


def publish_demo_event(
    like: str = "round-table", slug: str | None = None, **changes: Any
) -> published_events.Event:
    """Open one of the demo's events, or another one like it: `publish_demo_event(seats=2)`. Wants a context.

    Bookings hold their seats at once, for tests of what comes after: `confirm_address=True` is as it is by default.
    """
    definition = demo_event(like).model_copy(update={"confirm_address": False, **changes})
    slug = slug or like
    publishing.publish_event(definition, slug=slug, actor=audit.OPERATOR)
    return published_events.find(slug)


def registered_answers(
    event: published_events.Event, address: str | None, **changes: Answer | None
) -> dict[PartName, dict[str, Answer]]:
    """What a registrant with this address tells us: an answer to every question, by part."""
    form = event.definition.form
    return parts.parts_of(form, answers_for(form, **{EMAIL: address, **changes}))


def register_one(
    event: published_events.Event,
    address: str | None = "robin@example.org",
    *,
    language: str = "en",
    prepared: registrations.Prepared | None = None,
    **changes: Answer | None,
) -> Booked:
    """One person registers, with an answer to every question unless told. Wants a context."""
    prepared = prepared or registrations.prepare(event)
    by_part = registered_answers(event, address, **changes)
    state = registrations.register(event, prepared, by_part, language)
    return Booked(prepared.registration_id, prepared.ticket, prepared.room_code, address, state)


def register_some(event: published_events.Event, how_many: int, start: int = 1) -> list[Booked]:
    """So many people register, one after the other, each with an address of their own."""
    numbers = range(start, start + how_many)
    return [register_one(event, f"person-{number}@example.org") for number in numbers]
