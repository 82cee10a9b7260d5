"""Retry and delivery of what the transactional outbox promised: at-least-once, under a lease. The worker alone runs it.

A message is claimed for longer than any sending can take, looked at again (`mail_opening`), sent (`smtp`), and its
parameters are wiped. A worker that dies loses its claim; then a mail may be sent twice, never lost: SMTP has no way to
do both in one step. A server that refuses for now is retried with exponential back-off, for two weeks.

While the clock is in doubt (`services.infrastructure.clock_guard`) nothing is dropped or given up by it, and no
reminder leaves.
"""

import logging
from contextlib import suppress

from flask import current_app

from webapp import long_lived
from webapp.rules import clock
from webapp.rules.mail_kinds import (
    MailKind,
)
from webapp.rules.states import MailState
from webapp.services.events import event_reminders
from webapp.services.infrastructure import clock_guard, stores
from webapp.services.worker import mail_claims, smtp
from webapp.services.worker.mail_claims import Claimed
from webapp.services.worker.mail_opening import Opened, in_language, open_mail
from webapp.services.worker.smtp import SEND_SECONDS, Refused, ServerAway

log = logging.getLogger("hearth.worker")

#: A mail is only begun while so much of its lease is left that no other worker can begin it too: a time-out is for
#: each of about a dozen steps, TLS and signing in included.
ONE_MAIL_SECONDS = 12 * SEND_SECONDS


def send_waiting() -> int:
    """Send what is due, until it is asked to stop (worker). Returns how many left; raises `StoreUnavailable`."""
    sure = clock_guard.is_sure()
    if sure:
        event_reminders.promise()
    sent = 0
    with suppress(ServerAway):
        # Asked to stop, it finishes what it has in hand: killed between a sending and its note, it would send twice.
        while not long_lived.is_stopping() and (claimed := mail_claims.claim(sure=sure)):
            for message in claimed:
                sent += _deliver(message, sure=sure)
    return sent


def _deliver(message: Claimed, *, sure: bool = True) -> bool:
    """Send one mail. Returns whether it left; raises `ServerAway` when there is no sense in trying the next one."""
    if clock.now().timestamp() > message.until - ONE_MAIL_SECONDS:
        return False
    try:
        opened = open_mail(message, sure=sure)
        if opened is not None:
            _send(opened)
    except stores.StoreUnavailable:
        raise
    except Refused:
        mail_claims.finish(message, MailState.FAILED)
    except Exception as error:
        # Only the kind: a server's answer often repeats the address. Whatever it is, the other mails go on.
        away = isinstance(error, ServerAway)
        log.warning("a mail waits: %s", error if away else type(error).__name__)
        mail_claims.try_later(message, sure=sure)
        if away:
            raise
    else:
        mail_claims.finish(message, MailState.SENT if opened else MailState.DROPPED)
        return opened is not None
    return False


def _send(opened: Opened) -> None:
    """Write and send one mail. Raises `Refused`, `PutOff`, `ServerAway`."""
    with in_language(opened.language):
        subject = _written(opened.kind.subject_template, opened.kind).strip()
        body = _written(opened.kind.body_template, opened.kind)
    smtp.send(opened.address, subject=subject, body=body)


def _written(template: str, kind: MailKind) -> str:
    """A template with the values that its kind declares, and nothing else of ours: no session, no settings."""
    return current_app.jinja_env.get_template(template).render(kind.values())
