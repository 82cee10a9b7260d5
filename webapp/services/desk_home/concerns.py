"""The task list of Today: what needs a coordinator, by severity.

Each source takes a fixed number of SQL statements, however many calls, events and lists there are. Nothing is opened.
The words are the desk's (`desk/home/concern_words.py`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from itertools import groupby
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select

from webapp.extensions import current_settings
from webapp.models import (
    AuditEntry,
    OutboxMessage,
    Registration,
)
from webapp.rules import clock
from webapp.rules.coordinator_mails import COORDINATOR_MAILS
from webapp.rules.reasons import DANGER, OUTSIDE
from webapp.rules.states import MailState, RegistrationState
from webapp.rules.tell_back import Standing
from webapp.services.calls import tell_backs
from webapp.services.desk_home import key_concerns
from webapp.services.desk_home.concern_kinds import Concern, House, Kind
from webapp.services.events import desk_registrations
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import (
    backup_marks,
    disk_space,
    failed_sign_ins,
    record_check,
    row_verification,
    stores,
)
from webapp.services.infrastructure.row_authentication import TOLERANT, is_genuine
from webapp.services.infrastructure.row_verification import FalseRow
from webapp.services.keys import coordinators
from webapp.services.opening import withdrawals_after_export
from webapp.services.retention import expiry

#: How many minutes a mail may wait before something is likely to be wrong. The worker looks every few seconds.
LATE_MINUTES = 15
#: From so long before an event on, its joining link should be set, even without registrations.
LINK_WANTED = timedelta(days=14)
#: For so long, every coordinator is told what was opened outside the usual.
TOLD = timedelta(days=7)
#: A backup is made every night.
BACKUP_LATE = timedelta(days=3)
#: Fewer failed sign-ins in a day are typing mistakes.
MANY_FAILED = 10
#: The right passphrase with wrong six digits, from a browser that had never signed in: once or twice is a new phone.
SOME_KNEW = 3
#: So many references of false rows are named; the command verify-rows prints all.
NAMED_HERE = 5
OF_PROMISE: Final[Mapping[Standing | None, Kind]] = MappingProxyType(
    {Standing.DUE: Kind.TELL_BACK_DUE, Standing.OVERDUE: Kind.TELL_BACK_OVERDUE}
)
Source = Callable[[House], Iterable[Concern]]


def concerns(house: House) -> tuple[Concern, ...]:
    """All that needs a coordinator now: by severity, and within a kind what is nearest first."""
    found = [concern for source in SOURCES for concern in source(house)]
    return tuple(sorted(found, key=weight))


def weight(concern: Concern) -> tuple[int, float]:
    """The sort key: the more severe kind, then what is nearer."""
    # All of one kind have a moment, or none has.
    return concern.kind.value, concern.at.timestamp() or concern.day.toordinal()


def _lists_to_cross_out(house: House) -> Iterator[Concern]:
    """Exported lists with participants in them who withdrew a consent or changed their safe ways since."""
    for one in withdrawals_after_export.lists_to_cross_out():
        yield Concern(
            Kind.CROSS_OUT,
            one.people,
            one.title,
            day=one.made_on,
            who=one.made_by,
            reference=one.reference,
            export_id=one.export_id,
        )


def _near_events(house: House) -> Iterator[Concern]:
    """Events that are on, begin today or tomorrow, or have no joining link though people will soon look for it."""
    for event in house.to_come:
        until_then = event.starts_at - house.now
        day = event.time.local_start.date()
        is_on = until_then <= timedelta(0)
        is_near = is_on or day <= clock.today() + timedelta(days=1)
        about = partial(
            Concern,
            count=event.taken,
            title=event.definition.title,
            slug=event.slug,
            day=day,
            at=event.starts_at,
            until=event.ends_at,
            minutes=-(-int(until_then.total_seconds()) // 60),
        )
        if not event.has_link and (event.taken or until_then <= LINK_WANTED):
            yield about(_missing(event, is_near=is_near))
        if is_near:
            yield about(Kind.ON_NOW if is_on else Kind.BEGINS_SOON)


def _missing(event: Event, *, is_near: bool) -> Kind:
    """What people cannot come in without."""
    if event.definition.in_a_place:
        return Kind.ADDRESS_MISSING_NOW if is_near else Kind.ADDRESS_MISSING
    return Kind.LINK_MISSING_NOW if is_near else Kind.LINK_MISSING


def _record(house: House) -> Iterator[Concern]:
    """What the daily check of the record found, until a coordinator has confirmed it; or that there is no check."""
    standing = record_check.standing()
    if not standing.found.is_whole:
        yield Concern(Kind.RECORD_CHANGED, day=standing.found_on or clock.today())
    if standing.is_overdue:
        yield Concern(Kind.RECORD_UNCHECKED)


def _mails_late(house: House) -> Iterator[Concern]:
    if house.mails.oldest_minutes >= LATE_MINUTES:
        yield Concern(Kind.MAILS_LATE, house.mails.waiting, minutes=house.mails.oldest_minutes)


def _mails_that_came_back(house: House) -> Iterator[Concern]:
    """Bounced mails, by event while it is to come; the others concern no seat."""
    coming = {event.id: event for event in house.to_come}
    with stores.reading() as main:
        rows = main.execute(
            select(OutboxMessage, Registration.event_id)
            .select_from(OutboxMessage)
            .outerjoin(Registration, Registration.id == OutboxMessage.subject_id)
            .where(
                OutboxMessage.state == MailState.FAILED,
                OutboxMessage.kind.not_in(COORDINATOR_MAILS),
            )
            .execution_options(**TOLERANT)
        )
        came_back = {(mail.subject_id, event_id) for mail, event_id in rows if is_genuine(mail)}
    people: Counter[UUID | None] = Counter(event_id for _, event_id in came_back)
    for event_id, count in people.items():
        if event_id is None:
            yield Concern(Kind.CONFIRMATION_CAME_BACK, count)
        elif event := coming.get(event_id):
            title = event.definition.title
            yield Concern(Kind.CAME_BACK, count, title, event.slug, at=event.starts_at)


def _opened_outside_the_usual(house: House) -> Iterator[Concern]:
    """Break-glass access: what was opened because of a danger, or outside a consent. Every coordinator is told."""
    begins = {
        Kind.OPENED_FOR_DANGER: AuditEntry.reason.startswith(DANGER.words, autoescape=True),
        Kind.OPENED_OUTSIDE: AuditEntry.reason.startswith(OUTSIDE, autoescape=True),
    }
    since = int((house.now - TOLD).timestamp())
    with stores.reading() as main:
        rows = main.execute(
            select(AuditEntry.reason, AuditEntry.at).where(
                AuditEntry.at >= since, or_(*begins.values())
            )
        ).all()
    for kind, words in ((Kind.OPENED_FOR_DANGER, DANGER.words), (Kind.OPENED_OUTSIDE, OUTSIDE)):
        moments = [clock.moment(at) for reason, at in rows if reason.startswith(words)]
        if moments:
            day = max(moments).astimezone(clock.COALITION_ZONE).date()
            yield Concern(kind, len(moments), day=day)


def _disk(house: House) -> Iterator[Concern]:
    """A disk that fills up. While there is too little room, nothing new is begun, so that people can still erase."""
    free = disk_space.free_bytes()
    if not disk_space.may_begin():
        yield Concern(Kind.NOTHING_BEGINS, free // disk_space.MEGABYTE)
    elif free < disk_space.LOW_BYTES:
        yield Concern(Kind.DISK_FILLS, free // disk_space.MEGABYTE)


def _backup(house: House) -> Iterator[Concern]:
    """Backups that have stopped. Whether there are any at all is the operator's to know, and `check` asks."""
    made = backup_marks.last_backup(current_settings().instance)
    if made is not None and house.now - made > BACKUP_LATE:
        yield Concern(Kind.NO_NEW_BACKUP, (house.now - made).days, day=made.date())


def _failed_sign_ins(house: House) -> Iterator[Concern]:
    """Many failed sign-ins yesterday; and, under one name, several with the right passphrase."""
    days = failed_sign_ins.since(clock.today() - TOLD)
    yesterday = clock.today() - timedelta(days=1)
    attempts = sum(one.attempts for one in days if one.on_day == yesterday)
    if attempts >= MANY_FAILED:
        yield Concern(Kind.FAILED_SIGN_INS, attempts, day=yesterday)
    knew = Counter[UUID]()
    for one in days:
        knew[one.who] += one.knew_passphrase
    alarming = {who: count for who, count in knew.items() if count >= SOME_KNEW}
    names = coordinators.names() if alarming else {}
    for who, count in alarming.items():
        last = max(one.on_day for one in days if one.who == who and one.knew_passphrase)
        yield Concern(Kind.PASSPHRASE_KNOWN, count, who=names.get(str(who), ""), day=last)


def _needs(house: House) -> Iterator[Concern]:
    """Events with access needs of registrants that are not arranged yet."""
    for one in desk_registrations.needs_not_arranged(house.to_come):
        day = one.starts_at.astimezone(clock.COALITION_ZONE).date()
        minutes = -(-int((one.starts_at - house.now).total_seconds()) // 60)
        yield Concern(
            Kind.NEEDS, one.people, one.title, one.slug, day=day, at=one.starts_at, minutes=minutes
        )


def _want_a_yes(house: House) -> Iterator[Concern]:
    """Bookings without an address beyond the quota hold nothing until a coordinator has looked at them."""
    waiting = (
        Registration.event_id.in_([event.id for event in house.to_come]),
        Registration.state == RegistrationState.APPLIED,
    )
    query = select(Registration.event_id, func.count()).group_by(Registration.event_id)
    with stores.reading() as main:
        rows = main.execute(query.where(*waiting))
        people: dict[UUID, int] = {row[0]: row[1] for row in rows}
    for event in house.to_come:
        if count := people.get(event.id, 0):
            day = event.starts_at.astimezone(clock.COALITION_ZONE).date()
            minutes = -(-int((event.starts_at - house.now).total_seconds()) // 60)
            yield Concern(
                Kind.WANTS_A_YES,
                count,
                event.definition.title,
                event.slug,
                day=day,
                at=event.starts_at,
                minutes=minutes,
            )


def _unread(house: House) -> Iterator[Concern]:
    for call in house.calls:
        if count := house.unopened.get(call.id, 0):
            yield Concern(Kind.UNREAD, count, call.form.title, call.slug, day=call.closes_on)


def _tell_back(house: House) -> Iterator[Concern]:
    """Calls whose people are to be told this month what became of it, or were to be; and those without a month."""
    told = tell_backs.of_all()
    for call in house.calls:
        promise = told.get(call.id, tell_backs.NOTHING)
        if promise.by is None:
            yield Concern(Kind.TELL_BACK_MISSING, title=call.form.title, slug=call.slug)
        elif kind := OF_PROMISE.get(promise.standing):
            yield Concern(kind, title=call.form.title, slug=call.slug, day=promise.by.first_day)


def _due(house: House) -> Iterator[Concern]:
    """What will be deleted soon, by call and kind of answer, and by event, with the first day and the last."""
    of_call = {call.id: (call.form.title, call.slug) for call in house.calls}
    of_event = {event.id: (event.definition.title, event.slug) for event in house.events}
    parts = [(due.call_id, due.purpose, due.due_on, due.parts) for due in expiry.due_soon()]
    people = [(due.event_id, "", due.due_on, due.people) for due in expiry.registrations_due_soon()]
    for kind, owners, rows in (
        (Kind.PARTS_DUE, of_call, parts),
        (Kind.REGISTRATIONS_DUE, of_event, people),
    ):
        in_order = sorted(rows, key=lambda row: (str(row[0]), row[1], row[2]))
        for (owner_id, purpose), group in groupby(in_order, key=lambda row: row[:2]):
            due = list(group)
            title, slug = owners.get(owner_id, ({}, ""))
            yield Concern(
                kind,
                sum(row[3] for row in due),
                title,
                slug,
                purpose=purpose,
                day=due[0][2],
                last=due[-1][2],
            )


def _false_rows(house: House) -> Iterator[Concern]:
    """Rows that are not as Hearth wrote them, by kind, as the worker's daily check found them."""
    checked = row_verification.newest()
    if checked is None:
        return
    for table, group in groupby(sorted(checked.rows, key=_table), key=_table):
        rows = list(group)
        references = sorted({row.reference for row in rows if row.reference})
        yield Concern(
            Kind.FALSE_ROWS,
            len(rows),
            purpose=table,
            reference=", ".join(references[:NAMED_HERE]),
            day=checked.on,
        )


def _table(row: FalseRow) -> str:
    return row.table


SOURCES: tuple[Source, ...] = (
    _false_rows,
    key_concerns.missing,
    _record,
    _lists_to_cross_out,
    _near_events,
    _disk,
    _backup,
    _failed_sign_ins,
    _mails_late,
    _mails_that_came_back,
    _opened_outside_the_usual,
    _want_a_yes,
    _needs,
    _unread,
    _tell_back,
    _due,
    key_concerns.holders,
    key_concerns.keys,
)
