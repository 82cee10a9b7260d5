"""When the worker rewrites the pages of rows about people: daily, and when many are new; some seconds in each round."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from sqlalchemy import func, select

from webapp.models import OwnCopy, RegistrationPart, ReturnDraft
from webapp.rules import clock
from webapp.services.infrastructure import page_rewriting, stores

#: How long one round of the worker goes on with it; mails wait meanwhile.
SECONDS = 5
#: Rows that are new since the last time: so many at least, and at least this share of all.
MANY = 50
SHARE = 10


class RewritingRounds:
    """A chore that rewrites all pages, and goes on in the next round where it stopped.

    Once after a start and then once a day; and again when a tenth of the rows, or fifty, is new.
    """

    __name__ = "rewrite_pages"

    def __init__(self) -> None:
        self.done_on: date | None = None
        self.held_then = 0
        self.under_way: Iterator[bool] | None = None

    def __call__(self) -> bool:
        """Go on with it. Returns whether all pages are rewritten now. Raises `StoreUnavailable`."""
        if self.under_way is None:
            if not self._is_due():
                return True
            self.under_way = self._begin()
        until = time.monotonic() + SECONDS
        try:
            for _ in self.under_way:
                if time.monotonic() > until:
                    return False
        except stores.StoreUnavailable:
            self.under_way = None
            raise
        self.under_way = None
        with suppress(stores.StoreUnavailable):
            # While others read or write all the time, the next rewriting does it.
            stores.overwrite_remains("main")
        return True

    def _is_due(self) -> bool:
        many = max(MANY, self.held_then // SHARE)
        return self.done_on != clock.today() or abs(_held() - self.held_then) >= many

    def _begin(self) -> Iterator[bool]:
        # What comes while it is under way counts for the next time.
        held, day = _held(), clock.today()
        yield from page_rewriting.steps("erasure")
        yield from page_rewriting.steps("main")
        self.held_then, self.done_on = held, day


def _held() -> int:
    """How many sealed rows there are that participants and registrants brought."""
    counts = [
        select(func.count()).select_from(table).scalar_subquery()
        for table in (OwnCopy, RegistrationPart, ReturnDraft)
    ]
    with stores.reading() as main:
        return sum(main.execute(select(*counts)).one())
