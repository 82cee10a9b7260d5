"""The verdict on a chaos run: what is stored is held against what people were told."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import time_machine
from flask import Flask
from sqlalchemy import select

from tests.chaos.disturbances import (
    ClockJumps,
    DatabaseGone,
    DiskFull,
    DiskSlow,
    Disturbance,
    MailHangs,
    WebKilled,
    WorkerKilled,
)
from tests.chaos.ledger import AFTERMATH, Ledger
from tests.chaos.people import EVENT
from tests.chaos.service import Service
from tests.factories import publish_demo_event
from tests.integration.whole import opened, opens_at_the_desk, said, whole_submissions
from webapp.models import Registration
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.states import RegistrationState
from webapp.services.answers import own_copies
from webapp.services.answers.own_copies import NothingHeld
from webapp.services.events import own_registrations, published_events
from webapp.services.events.registrations import NoSuchRegistration
from webapp.services.infrastructure import audit, outbox, row_verification, stores
from webapp.services.worker import chores, delivery, smtp

#: So few that a waiting list grows, and moves up.
SEATS = 4
#: After these, a mail may have been sent and not noted, so that it is sent again; or two workers disagree on a lease.
SENDS_AGAIN = {
    one.name for one in (WorkerKilled, ClockJumps, DiskFull, DiskSlow, MailHangs, DatabaseGone)
}
#: A mail that was on its way while a booking was deleted arrives at the latest so many seconds after it.
ON_ITS_WAY = 2.0
Mail = tuple[str, str, str]


def prepare(service: Service) -> None:
    """Open an event with few seats."""
    with _beside(service):
        publish_demo_event("round-table", EVENT, seats=SEATS)


@contextmanager
def _beside(service: Service) -> Iterator[Flask]:
    with opened(service.instance, service.settings) as app:
        smtp.init_app(app)
        yield app


def problems(
    service: Service, ledger: Ledger, kinds: list[Disturbance], said_here: dict[str, int]
) -> list[str]:
    """Everything that is not as people were told, in words; `said_here` gets the counts."""
    found = [*_pages(service, ledger), *_disturbances(ledger, kinds)]
    checks = (_submissions, _registrations, _record, _mails)
    with _beside(service):
        _send_what_waits()
        found += ["a chore of the worker fails"] if not chores.do_all() else []
        for check in checks:
            found += _tried(check, service, ledger, said_here)
    return found


def _tried(
    check: Callable[[Service, Ledger, dict[str, int]], Iterator[str]],
    service: Service,
    ledger: Ledger,
    counts: dict[str, int],
) -> list[str]:
    found: list[str] = []
    try:
        found.extend(check(service, ledger, counts))
    except Exception as error:
        found.append(f"{check.__name__}: {type(error).__name__}: {error}")
    return found


def _pages(service: Service, ledger: Ledger) -> Iterator[str]:
    for one in ledger.seen:
        there = ledger.at(one.second)
        if one.wrong:
            yield f"second {one.second:.1f} ({there}): {one.asked}: {one.wrong}"
        elif not one.status and WebKilled.name not in there:
            yield f"second {one.second:.1f} ({there}): {one.asked}: the connection broke"
    for second, how in ledger.turned_away:
        if ledger.at(second) == "none":
            yield f"second {second:.1f}: {how}, for no reason"
    if service.web.ended_by_itself:
        yield f"the web server ended by itself {service.web.ended_by_itself} times"


def _disturbances(ledger: Ledger, kinds: list[Disturbance]) -> Iterator[str]:
    for kind in kinds:
        periods = [one for one in ledger.periods if one.name == kind.name]
        if not periods:
            yield f"{kind.name}: it never happened"
        if any(one.ended == float("inf") for one in periods):
            yield f"{kind.name}: it did not end"
        met = sum((ledger.during(one) for one in periods), Counter[str]())
        if periods and not kind.was_felt(met):
            yield f"{kind.name}: nobody met it: {dict(met)}"


def _submissions(service: Service, ledger: Ledger, counts: dict[str, int]) -> Iterator[str]:
    stored, counts["secrets left over"] = whole_submissions(changes=1)
    told = Counter(opens_at_the_desk(service.instance))
    counts["submissions stored"] = stored
    if told.total() != stored:
        yield f"{stored} submissions are stored, and {told.total()} open at the desk"
    yield from (f"sent twice: {words}" for words, times in told.items() if times > 1)
    for code, words in ledger.sent.items():
        try:
            held = own_copies.find_held(code)
        except NothingHeld:
            if code not in ledger.erasing:
                yield f"lost: {words}"
            elif words in told:
                yield f"erased by half: {words}"
            continue
        standing = {one.purpose for one in held.consents if one.granted}
        if code in ledger.erased:
            yield f"not erased: {words}"
        if held.answers != said(words, ledger.addresses[code]) or words not in told:
            yield f"other words than were said: {words}"
        if ledger.taken_back.get(code) in standing:
            yield f"the permission stands again: {words}"


def _registrations(service: Service, ledger: Ledger, counts: dict[str, int]) -> Iterator[str]:
    event = published_events.find(EVENT)
    with stores.reading() as main:
        rows = main.scalars(select(Registration).where(Registration.event_id == event.id)).all()
        seats = [row.seat for row in rows if row.seat is not None]
        places = [row.place for row in rows if row.place is not None]
    counts["seats taken"], counts["people waiting"] = len(seats), len(places)
    if len(seats) != len(set(seats)) or len(places) != len(set(places)) or len(seats) > SEATS:
        yield f"a seat or a place is given twice: {sorted(seats)}, {sorted(places)}"
    if places and len(seats) < SEATS:
        yield f"{len(places)} people wait beside free seats"
    for ticket, address in ledger.booked.items():
        try:
            state = own_registrations.find_own(ticket).state
        except NoSuchRegistration:
            if ticket not in ledger.leaving or ticket in ledger.cancelled:
                yield f"a booking is lost: {address}"
            continue
        if ticket in ledger.deleted:
            yield f"a booking is not deleted: {address}"
        if state == RegistrationState.CANCELLED and ticket not in ledger.leaving:
            yield f"a booking is cancelled by nobody: {address}"
        if state != RegistrationState.CANCELLED and ticket in ledger.cancelled:
            yield f"a booking is not cancelled: {address}"


def _record(service: Service, ledger: Ledger, counts: dict[str, int]) -> Iterator[str]:
    counts["entries of the record"] = audit.verify()
    false = list(row_verification.find_false())
    yield from (f"a row is not as Hearth wrote it: {one}" for one in false)
    noted = sum(line.tag == AuditEvent.ANSWERS_OPENED for line in audit.recent(100_000))
    if noted < ledger.opened:
        yield f"{ledger.opened} answers were shown at the desk, and {noted} are in the record"


def _mails(service: Service, ledger: Ledger, counts: dict[str, int]) -> Iterator[str]:
    arrived = [(_read(file), file.stat().st_mtime) for file in service.mails.glob("*.eml")]
    times = Counter(mail for mail, _ in arrived)
    got = {address for address, _, _ in times}
    again = sum(times.values()) - len(times)
    counts["mails"], counts["of them sent again"] = sum(times.values()), again
    # Each worker has at most one mail under way when something happens to it.
    allowed = len(service.workers) * sum(one.name in SENDS_AGAIN for one in ledger.periods)
    if again > allowed:
        yield f"{again} mails came twice; {allowed} may have"
    stay = {
        **{one: ledger.booked[one] for one in ledger.booked.keys() - ledger.leaving},
        **{one: ledger.addresses[one] for one in ledger.sent.keys() - ledger.erasing},
    }
    yield from (f"a mail is lost: to {one}" for one in stay.values() if one not in got)
    latest = _latest(ledger)
    yield from (
        f"a mail to {mail[0]}, of whom all was erased"
        for mail, when in arrived
        if when > latest.get(mail[0], float("inf"))
    )


def _latest(ledger: Ledger) -> dict[str, float]:
    """When a mail may still have come to the addresses of those who erased, in seconds since 1970.

    A server that hung, and a store that was slow, held up what was under way.
    """
    began, latest = time.time() - ledger.second(), {}
    addresses = {**ledger.booked, **ledger.addresses}
    for key, second in {**ledger.deleted, **ledger.erased}.items():
        held_up = [one.ended + AFTERMATH for one in ledger.periods if one.holds(second)]
        latest[addresses[key]] = began + max([second + ON_ITS_WAY, *held_up])
    return latest


def _send_what_waits() -> None:
    """By a clock of a few hours later: what was put off is due then."""
    now = clock.now()
    for quarters in range(1, 24):
        with time_machine.travel(now + timedelta(minutes=15 * quarters)):
            delivery.send_waiting()
            if not outbox.backlog().waiting:
                return


def _read(file: Path) -> Mail:
    message = message_from_bytes(file.read_bytes(), policy=SMTP)
    body = message.get_payload(decode=True)
    return str(message["X-Envelope-To"]), str(message["Subject"]), repr(body)
