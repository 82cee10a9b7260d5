"""Log redaction: the log says what kind of error happened, where in our code, and on which day; no personal data.

An address of ours may hold a ticket or a call's name, an exception's message may repeat what a participant typed, and a
time to the second identifies them to a reader who has another log beside it (correlation).
"""

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType

from flask import Flask, request
from flask.logging import default_handler

from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.sessions import VisitFull

#: Answered with a page of their own, also where Flask asks for no handler: while the Visit is saved.
ANSWERED = (StoreUnavailable, VisitFull)
#: So many exceptions that led to one another are logged.
LONGEST_CHAIN = 10


class QuietFlask(Flask):
    """Flask, whose log names the route's template in place of the address that was asked for."""

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]
    ) -> None:
        """One line for what has a page of its own; kind and place of everything else."""
        where = f"{request.method} {request.url_rule.rule if request.url_rule else '(no page)'}"
        if isinstance(exc_info[1], ANSWERED):
            self.logger.warning("%s: %s", where, type(exc_info[1]).__name__)
        else:
            self.logger.error("%s", where, exc_info=exc_info)


def without_values(record: logging.LogRecord) -> bool:
    """A logging filter that redacts exceptions to their kind and place, and drops no record."""
    if record.exc_info and record.exc_info[1]:
        record.exc_text = "".join(_kind_and_place(record.exc_info[1]))
        record.exc_info = None
    return True


def _kind_and_place(error: BaseException) -> Iterator[str]:
    """The lines of our code that led there, and the names of the exceptions: no message and no variable."""
    current: BaseException | None = error
    for _ in range(LONGEST_CHAIN):
        if current is None:
            return
        yield from traceback.format_tb(current.__traceback__)
        yield f"{type(current).__name__}\n"
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )


def init_app(app: Flask) -> None:
    """Have everything that this application logs go through here."""
    default_handler.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d")
    )
    app.logger.addFilter(without_values)
