"""What people are told became of a call: the month that was promised, and the page, as both doors read them.

Data origin authentication: what was changed by hand is not shown. The page itself raises `RowForged`; other pages leave
their line about it out, because nobody may be kept from answering or deleting by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, select
from sqlalchemy.orm import Session

from webapp.models import TellBack as PromiseRow
from webapp.models import TellBackText
from webapp.rules import clock
from webapp.rules.forms.texts import FALLBACK_LANGUAGE
from webapp.rules.tell_back import Month, Standing, standing
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import read_cache, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, forged, is_genuine


@dataclass(frozen=True)
class Told:
    """What the page says in one language. `version` counts corrections; `changed_by` is a coordinator's id."""

    heard: str
    asked: str
    since: str
    version: int
    changed_by: UUID
    changed_on: date


@dataclass(frozen=True)
class TellBack:
    """The promise of a call and what was written, by language. `first` is the month that was said at first.

    A call of before there were promises has none of it.
    """

    by: Month | None
    first: Month | None
    texts: Mapping[str, Told]

    @property
    def is_written(self) -> bool:
        """Whether people can read it: in English at least, which every other language falls back to."""
        return FALLBACK_LANGUAGE in self.texts

    @property
    def was_moved(self) -> bool:
        """Whether people were told an earlier month at first."""
        return self.by != self.first

    @property
    def is_late(self) -> bool:
        """Whether the month is over, and nothing was written."""
        return self.standing is Standing.OVERDUE

    @property
    def standing(self) -> Standing | None:
        """How the promise stands today; None without one."""
        if self.by is None:
            return None
        return standing(self.by, clock.today(), is_written=self.is_written)

    @property
    def by_text(self) -> dict[str, dict[str, str]]:
        """Each of the three texts by language, as texts of a form are."""
        return {
            name: {language: getattr(told, name) for language, told in self.texts.items()}
            for name in ("heard", "asked", "since")
        }

    def changed_on(self, language: str) -> date | None:
        """The day of the last change of what a reader of this language sees; None before anything is written."""
        told = self.texts.get(language) or self.texts.get(FALLBACK_LANGUAGE)
        return told.changed_on if told else None


NOTHING = TellBack(None, None, {})
#: So many pages are listed on the first page of the site.
MOST_LISTED = 3


def find(call_id: UUID) -> TellBack:
    """The promise and the page of a call. Raises `RowForged`."""
    with stores.reading() as main:
        return find_in(main, call_id)


def find_in(main: Session, call_id: UUID) -> TellBack:
    """The same, inside the caller's transaction."""
    return _of(_select(main, call_id=call_id))


def recent(call_id: UUID) -> TellBack:
    """The same, as it was a moment ago (see `read_cache`). Raises `RowForged`."""
    return read_cache.recently(_key(call_id), partial(find, call_id))


def recent_line(call_id: UUID) -> TellBack:
    """The same for a page that is about something else: nothing, where what is stored is not as Hearth wrote it."""
    return read_cache.recently((*_key(call_id), "line"), partial(_find_genuine, call_id))


def forget(call_id: UUID) -> None:
    """Pages of this process show a change at once, those of other processes within two seconds."""
    read_cache.forget(_key(call_id), (*_key(call_id), "line"), "told back")


def of_all() -> dict[UUID, TellBack]:
    """Promises of all calls that have one, by call, with the English words of their pages alone; those that are false
    are left out, and named in the log."""
    with stores.reading() as main:
        rows = _select(main, TellBackText.language == FALLBACK_LANGUAGE)
    by_call: dict[UUID, list[Row[PromiseRow, TellBackText]]] = {}
    for row in rows:
        by_call.setdefault(row[0].call_id, []).append(row)
    return {call_id: _of(found) for call_id, found in by_call.items() if _are_genuine(found)}


def written() -> tuple[Call, ...]:
    """The calls whose page can be read, the one that was changed last at the top; a few."""
    told = {call_id: one for call_id, one in of_all().items() if one.is_written}
    if not told:
        return ()
    found = [call for call in published_calls.all_calls() if call.id in told]
    found.sort(
        key=lambda call: told[call.id].changed_on(FALLBACK_LANGUAGE) or date.min, reverse=True
    )
    return tuple(found[:MOST_LISTED])


def _find_genuine(call_id: UUID) -> TellBack:
    with stores.reading() as main:
        rows = _select(main, call_id=call_id)
    return _of(rows) if _are_genuine(rows) else NOTHING


def _key(call_id: UUID) -> tuple[str, UUID]:
    return "tell back", call_id


def _select(
    main: Session, *which: ColumnElement[bool], call_id: UUID | None = None
) -> list[Row[PromiseRow, TellBackText]]:
    """Promises, false ones included, with `which` of their texts."""
    of_it = and_(TellBackText.call_id == PromiseRow.call_id, *which)
    query = (
        select(PromiseRow, TellBackText)
        .join(TellBackText, of_it, isouter=True)
        .order_by(PromiseRow.call_id, TellBackText.language)
    )
    if call_id is not None:
        query = query.where(PromiseRow.call_id == call_id)
    return list(main.execute(query.execution_options(**TOLERANT)))


def _are_genuine(rows: list[Row[PromiseRow, TellBackText]]) -> bool:
    return all(is_genuine(one) for row in rows for one in row if one is not None)


def _of(rows: list[Row[PromiseRow, TellBackText]]) -> TellBack:
    """Raises `RowForged`."""
    for row in rows:
        for one in row:
            if one is not None and not is_genuine(one):
                raise forged(one)
    if not rows:
        return NOTHING
    promise = rows[0][0]
    texts = {text.language: _told(text) for _, text in rows if text is not None}
    return TellBack(Month.parse(promise.by_month), Month.parse(promise.first_month), texts)


def _told(text: TellBackText) -> Told:
    return Told(text.heard, text.asked, text.since, text.version, text.changed_by, text.changed_on)
