"""What the worker does, again and again: finish erasures, erase what is due, send mail, forget what is old."""

import logging
from collections.abc import Callable
from datetime import date

from webapp import long_lived, metrics
from webapp.rules import clock
from webapp.services.answers import shared_with
from webapp.services.desk_home import account_notices, news_subscriptions
from webapp.services.infrastructure import (
    audit,
    deletion_stops,
    disk_space,
    ended_visits,
    failed_sign_ins,
    limits,
    outbox,
    record_check,
    stores,
)
from webapp.services.infrastructure.deletion_stops import ClockDoubted
from webapp.services.keys import invitation_expiry, member_lists
from webapp.services.opening import lists_in_turn
from webapp.services.retention import expiry, orphans, restored_rows
from webapp.services.sealed import shredding
from webapp.services.worker import delivery, equality_batches

log = logging.getLogger("hearth.worker")

CHORES: tuple[Callable[[], object], ...] = (
    # First: on a full disk nothing below could be done.
    disk_space.tend_reserve,
    shredding.finish_waiting,
    # Before anything due is erased, or a secret swept that nothing in `parts` names yet.
    equality_batches.write_waiting,
    member_lists.keep_current,
    shared_with.end_uncovered_in_turn,
    expiry.erase_due,
    orphans.sweep_orphans,
    # After what is due is erased: then a line of a list has nothing behind it any more.
    lists_in_turn.look_at_next_lines,
    audit.link_notes,
    record_check.watch,
    limits.forget_old,
    ended_visits.forget_old,
    failed_sign_ins.forget_old,
    invitation_expiry.forget_old,
    news_subscriptions.promise_due,
    news_subscriptions.promise_codes,
    account_notices.promise_due,
    delivery.send_waiting,
    outbox.forget_old,
)


#: Not `main`: its log holds sealed values, which need a secret of `erasure`.
OVERWRITTEN: tuple[stores.Store, ...] = ("erasure", "volatile")


class OnceADay:
    """A chore that reads everything there is: done in the first round after a start, then once on each day.

    One that failed is done again in the next round.
    """

    def __init__(self, chore: Callable[[], object]) -> None:
        self.chore = chore
        self.__name__ = chore.__name__
        self.done_on: date | None = None

    def __call__(self) -> None:
        """Do it, unless it was done today."""
        today = clock.today()
        if self.done_on != today:
            self.chore()
            self.done_on = today


def do_all(more: tuple[Callable[[], object], ...] = (), *, mail: bool = True) -> bool:
    """Do every chore once, sending mail only if `mail` says so. Returns whether all were done.

    One that cannot be done now is left for the next round; so are all that follow when the process is asked to stop.
    """
    chores = [chore for chore in CHORES if mail or chore is not delivery.send_waiting]
    done = [_do(chore) for chore in (*chores, *more)]
    return all(done)


def remove_unreadable() -> None:
    """Remove what a restored copy of `main` brought back of people who were erased. Too much of it waits for an
    operator, and is said once a day."""
    try:
        restored_rows.remove()
    except restored_rows.TooManyUnreadable as many:
        log.warning(
            "%s rows have lost their erasure secret. Nothing was removed: the erasure store may be the wrong one. "
            "If it is the right one, the command remove-unreadable removes them",
            many.count,
        )


def overwrite_remains() -> None:
    """Overwrite old pages that a crash left in a journal of `erasure`, and the log of `volatile` (on SQLite)."""
    for store in OVERWRITTEN:
        stores.overwrite_remains(store)


def send_mail() -> bool:
    """Send what is due, in a round of its own (`services.worker.mail_rounds` says when)."""
    return _do(delivery.send_waiting)


def _do(chore: Callable[[], object]) -> bool:
    if long_lived.is_stopping():
        return False
    try:
        chore()
    except ClockDoubted as doubted:
        # Not in every round: it may be days until an operator looks.
        deletion_stops.say(doubted.stopped)
        return False
    except Exception as error:
        # Whatever it is, the other chores must not wait for it: erasing is a promise. Only its kind is logged,
        # because a message could carry what must not be.
        log.warning("%s waits: %s", chore.__name__, type(error).__name__)
        return False
    _note_success(chore)
    return True


def _note_success(chore: Callable[[], object]) -> None:
    """For metrics: to a quarter of an hour, because an observer of mails must not learn when a round was."""
    if measured := metrics.current():
        moment = int(clock.now().timestamp())
        name = f"{chore.__module__.rpartition('.')[2]}.{chore.__name__}"
        family = "hearth_chore_last_success_timestamp_seconds"
        measured.set(family, moment - moment % metrics.QUARTER, chore=name)
