"""Security notifications: a neutral mail to coordinators who left an address, after each act that they are told about.

The record is what says that something was done, so nothing that is in it can be forgotten here: a page, a command, and
an act of another coordinator with their account alike. The worker looks at the entries since it last looked.
"""

from contextlib import suppress

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import AuditEntry, AuditHead, NewsWish
from webapp.rules.coordinator_mails import NOTIFIED, AccountNotice
from webapp.services.infrastructure import outbox, stores

_TAGS = sorted(event.value for event in NOTIFIED)


def promise_due() -> int:
    """Put one mail into the outbox for each coordinator with whose account something was done (worker).

    Returns how many. Idempotent: the key of a mail is its reader and the number of the newest entry. However much was
    done since the last round, there is one mail for each reader.
    """
    with stores.reading() as main:
        # Nothing is locked while the record stands still: the worker asks every minute.
        if (
            main.scalar(select(NewsWish.coordinator_id).where(_is_behind(_newest(main))).limit(1))
            is None
        ):
            return 0
    with suppress(IntegrityError), stores.writing() as main:
        newest = _newest(main)
        wishes = select(NewsWish).where(_is_behind(newest)).order_by(NewsWish.coordinator_id)
        rows = main.scalars(wishes.with_for_update(skip_locked=True)).all()
        return sum(_promise(main, wish, newest) for wish in rows)
    # Another worker promises them at this very moment.
    return 0


def _newest(main: Session) -> int:
    return main.scalars(select(AuditHead.n)).one()


def _is_behind(newest: int) -> ColumnElement[bool]:
    # Also ahead of it: an older copy of the record was put back.
    return NewsWish.noticed_n != newest


def _promise(main: Session, wish: NewsWish, newest: int) -> bool:
    who = wish.coordinator_id
    theirs = select(AuditEntry.n).where(
        AuditEntry.n > wish.noticed_n,
        AuditEntry.n <= newest,
        AuditEntry.tag.in_(_TAGS),
        or_(AuditEntry.actor == str(who), AuditEntry.subject_id == who),
    )
    was_done = main.scalar(theirs.limit(1)) is not None
    wish.noticed_n = newest
    if was_done:
        outbox.put(
            main,
            kind=AccountNotice.name,
            subject_id=who,
            language="en",
            dedupe_key=f"{AccountNotice.name}:{who.hex}:{newest}",
        )
    return was_done
