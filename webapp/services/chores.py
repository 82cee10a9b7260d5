"""What the worker does, again and again: finish erasures, erase what is due, send mail, forget what is old."""

import logging
from collections.abc import Callable

from webapp.services import audit, delivery, erasure, limits, news_wishes, outbox, retention

log = logging.getLogger("hearth.worker")

CHORES: tuple[Callable[[], object], ...] = (
    erasure.finish_waiting,
    retention.erase_due,
    erasure.sweep_orphans,
    audit.link_notes,
    limits.forget_old,
    news_wishes.promise_due,
    delivery.send_waiting,
    outbox.forget_old,
)


def do_all(more: tuple[Callable[[], object], ...] = ()) -> bool:
    """Do every chore once. One that cannot be done now is left for the next round. Returns whether all were done."""
    done = [_do(chore) for chore in (*CHORES, *more)]
    return all(done)


def send_mail() -> bool:
    """Only what people wait for: send what is due."""
    return _do(delivery.send_waiting)


def _do(chore: Callable[[], object]) -> bool:
    try:
        chore()
    except Exception as error:
        # Whatever it is, the other chores must not wait for it: erasing is a promise. Only its kind is logged,
        # because a message could carry what must not be.
        log.warning("%s waits: %s", chore.__name__, type(error).__name__)
        return False
    return True
