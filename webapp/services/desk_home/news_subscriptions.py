"""Subscriptions of coordinators to a mail that something is new.

The address is sealed to the mailer and crypto-shredded with its erasure secret; the desk cannot show it again. The
worker puts at most one mail a day for each of them into the outbox, in the morning, and asks again before it is sent.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import AuditHead, NewsWish, OutboxMessage
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.coordinator_mails import (
    COORDINATOR_MAILS,
    AccountNotice,
    NewsBegins,
    NewsFacts,
    RecordCode,
    SomethingNew,
)
from webapp.rules.states import UNFINISHED, MailState
from webapp.services.desk_home import new_things
from webapp.services.infrastructure import audit, clock_guard, limits, outbox, record_check, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.services.sealed import parts, shredding
from webapp.vault.contexts import COORDINATOR_MAIL, Context
from webapp.vault.sealing import seal_for_mailer

EveryDays = Literal[0, 1, 7]
#: From this hour on, on the coalition's clocks: a reader then has the day to act on it.
MORNING = 8
#: Begins the dedupe key of the last mail to an address, which the outbox has from then on.
LAST = "desk_last:"
DAY = timedelta(days=1)


class NoAddress(LookupError):
    """There is no address to write to yet."""


@dataclass(frozen=True)
class Wish:
    """What a coordinator subscribed to. Their address is not here: only the worker can decrypt it."""

    every_days: int
    #: The record's code is mailed as well, every day.
    with_code: bool
    #: A mail server refused this address for good.
    came_back: bool


def find(coordinator_id: UUID) -> Wish | None:
    """What this coordinator subscribed to, if anything."""
    refused = select(OutboxMessage).where(
        OutboxMessage.subject_id == coordinator_id,
        OutboxMessage.state == MailState.FAILED,
        OutboxMessage.dedupe_key.not_like(f"{LAST}%"),
    )
    with stores.reading() as main:
        row = main.get(NewsWish, coordinator_id)
        if row is None:
            return None
        came_back = bool(genuine(main.scalars(refused, execution_options=TOLERANT)))
        return Wish(row.every_days, row.code_mailed_on is not None, came_back)


def ask(
    who: UUID, address: str, every_days: EveryDays, *, once: UUID, with_code: bool = False
) -> None:
    """Subscribe with this address; one mail goes there at once, to try it. `with_code`: the record's code, every day.

    Idempotent by `once`. Raises `TooMany`.
    """
    limits.take_for("address", who.hex)
    secret = parts.new_secret()
    envelope = seal_for_mailer(
        parts.as_bytes({"address": address}),
        public_key=current_settings().mailer_public_key,
        secret=secret.secret,
        context=context_of(who),
    )
    with stores.writing("erasure") as erasure_store:
        erasure_store.add(secret)
    with suppress(IntegrityError), stores.writing() as main:
        # The same POST at the same moment: the other one did it.
        wanted = NewsWish(secret_id=secret.id, envelope=envelope, every_days=every_days)
        wanted.code_mailed_on = clock.today() - DAY if with_code else None
        _ask(main, who, wanted, once)
    shredding.finish_now()


def _ask(main: Session, who: UUID, wanted: NewsWish, once: UUID) -> None:
    key = f"{NewsBegins.name}:{once.hex}"
    row = main.get(NewsWish, who, with_for_update=True)
    if outbox.is_promised(main, key):
        shredding.shred_secret(main, wanted.secret_id)
        return
    if row is not None:
        _forget(main, row)
    yesterday = clock.today() - DAY
    wanted.coordinator_id = who
    wanted.news_from = wanted.told_through = yesterday
    wanted.noticed_n = main.scalars(select(AuditHead.n)).one()
    main.add(wanted)
    main.flush()
    outbox.put(main, kind=NewsBegins.name, subject_id=who, language="en", dedupe_key=key)
    audit.enter(main, who, AuditEvent.NEWS_CHANGED if row else AuditEvent.NEWS_SUBSCRIBED, who)


def change(who: UUID, every_days: EveryDays, *, with_code: bool = False) -> None:
    """Mail the same address as often as this, with the record's code or without. Raises `NoAddress`."""
    with stores.writing() as main:
        row = main.get(NewsWish, who, with_for_update=True)
        if row is None:
            raise NoAddress
        if (row.every_days, row.code_mailed_on is not None) != (every_days, with_code):
            row.every_days = every_days
            row.code_mailed_on = (row.code_mailed_on or clock.today() - DAY) if with_code else None
            audit.enter(main, who, AuditEvent.NEWS_CHANGED, who)


def stop(who: UUID) -> None:
    """Unsubscribe: what waits is not sent, and the address is shredded after a last mail. Idempotent."""
    with stores.writing() as main:
        row = main.get(NewsWish, who, with_for_update=True)
        if row is None:
            return
        _forget(main, row)
        audit.enter(main, who, AuditEvent.NEWS_UNSUBSCRIBED, who)
    shredding.finish_now()


def _forget(main: Session, row: NewsWish) -> None:
    """Every mail that waits goes, and the address after a last one that something was done with the account.

    Otherwise a thief of a session would turn the notifications off before the first of them is sent. An address that
    was never mailed gets none: strangers must not be mailed one after the other.
    """
    who = row.coordinator_id
    # Last mails of before keep addresses of their own.
    theirs = and_(OutboxMessage.subject_id == who, OutboxMessage.dedupe_key.not_like(f"{LAST}%"))
    untried = select(OutboxMessage).where(
        theirs, OutboxMessage.kind == NewsBegins.name, OutboxMessage.state.in_(UNFINISHED)
    )
    was_mailed = not main.scalars(untried, execution_options=TOLERANT).all()
    main.execute(delete(OutboxMessage).where(theirs))
    last = outbox.OwnParameters(uuid4(), row.envelope, row.secret_id)
    main.delete(row)
    main.flush()
    if not was_mailed:
        shredding.shred_secret(main, last.secret_id)
        return
    outbox.put(
        main,
        kind=AccountNotice.name,
        subject_id=who,
        language="en",
        dedupe_key=f"{LAST}{last.message_id.hex}",
        own=last,
    )


def context_of(coordinator_id: UUID) -> Context:
    """What a coordinator's address is bound to."""
    return Context(COORDINATOR_MAIL, owner_id=coordinator_id, row_id=coordinator_id)


# The worker


def promise_due() -> int:
    """Put one mail into the outbox for each subscriber for whom something is new (worker). Returns how many.

    Idempotent: the key of a mail is its reader and its day.
    """
    if clock.now().astimezone(clock.COALITION_ZONE).hour < MORNING:
        return 0
    with stores.reading() as main:
        # Nothing is locked where no subscription is due: the worker asks every minute.
        if main.scalar(select(NewsWish.coordinator_id).where(_is_due()).limit(1)) is None:
            return 0
    waits = _waits_for_a_person()
    with suppress(IntegrityError):
        # Another worker promises them at this very moment.
        return _promise_due(waits)
    return 0


def _waits_for_a_person() -> bool:
    """Retention that waits for a confirmation, and a record that is not as it was, are news every day."""
    return clock_guard.asked() is not None or not record_check.standing().found.is_whole


def _promise_due(waits: bool) -> int:
    with stores.writing() as main:
        wishes = main.scalars(
            select(NewsWish)
            .where(_is_due())
            .order_by(NewsWish.coordinator_id)
            .with_for_update(skip_locked=True)
        ).all()
        return sum(_promise(main, wish, clock.today(), waits) for wish in wishes)


def _is_due() -> ColumnElement[bool]:
    """Not yet looked at today, and long enough after the last mail. A clock that was wrong stops nothing for ever."""
    today = clock.today()
    rested = or_(
        NewsWish.mailed_on.is_(None),
        NewsWish.mailed_on > today,
        and_(NewsWish.every_days == 1, NewsWish.mailed_on < today),
        NewsWish.mailed_on <= today - 7 * DAY,
    )
    return and_(NewsWish.every_days > 0, NewsWish.told_through != today - DAY, rested)


def _promise(main: Session, wish: NewsWish, today: date, waits: bool) -> bool:
    who, yesterday = wish.coordinator_id, today - DAY
    seen = new_things.last_signed_in(main, who) or date.min + DAY
    since = max(min(wish.told_through, yesterday), min(seen - DAY, yesterday))
    wish.news_from, wish.told_through = since, yesterday
    if not waits and not new_things.any_between(main, since, yesterday, reader=who):
        return False
    outbox.put(
        main,
        kind=SomethingNew.name,
        subject_id=who,
        language="en",
        dedupe_key=f"{SomethingNew.name}:{who.hex}:{today.isoformat()}",
    )
    wish.mailed_on = today
    return True


def promise_codes() -> int:
    """Put the mail with the record's code of the day into the outbox for all who asked for it (worker). Idempotent."""
    if clock.now().astimezone(clock.COALITION_ZONE).hour < MORNING:
        return 0
    due = NewsWish.code_mailed_on != clock.today()
    with stores.reading() as main:
        if main.scalar(select(NewsWish.coordinator_id).where(due).limit(1)) is None:
            return 0
    with suppress(IntegrityError), stores.writing() as main:
        rows = select(NewsWish).where(due).order_by(NewsWish.coordinator_id)
        wishes = main.scalars(rows.with_for_update(skip_locked=True)).all()
        for wish in wishes:
            _promise_code(main, wish, clock.today())
        return len(wishes)
    return 0


def _promise_code(main: Session, wish: NewsWish, today: date) -> None:
    who = wish.coordinator_id
    outbox.put(
        main,
        kind=RecordCode.name,
        subject_id=who,
        language="en",
        dedupe_key=f"{RecordCode.name}:{who.hex}:{today.isoformat()}",
    )
    wish.code_mailed_on = today


def sealed_address(main: Session, message: OutboxMessage) -> tuple[bytes, UUID] | None:
    """The sealed address to write to, and its secret's id, if this mail is still true and wanted; None when it is not.

    A coordinator who has signed in since then has seen what it would say. A last mail has an address of its own.
    """
    if message.envelope is not None and message.secret_id is not None:
        return message.envelope, message.secret_id
    wish = main.get(NewsWish, message.subject_id)
    if wish is None:
        return None
    wanted = COORDINATOR_MAILS[message.kind].is_still_wanted(_facts(main, wish, message))
    return (wish.envelope, wish.secret_id) if wanted else None


def _facts(main: Session, wish: NewsWish, message: OutboxMessage) -> NewsFacts:
    seen = new_things.last_signed_in(main, wish.coordinator_id)
    is_new = new_things.any_between(
        main, wish.news_from, wish.told_through, reader=wish.coordinator_id
    )
    return NewsFacts(
        signed_in_since=seen is not None and seen >= message.made_on,
        is_new=is_new or _waits_for_a_person(),
        wants_code=wish.code_mailed_on is not None,
    )
