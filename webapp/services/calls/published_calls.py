"""Published calls and the forms that they ask.

Data origin authentication: a call or a form that was changed by hand is not shown. Looking for one raises `RowForged`;
lists leave it out, and `listed` says for the desk what was left out.
"""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import ColumnElement, Row, and_, select
from sqlalchemy.orm import Session

from webapp.models import Call as CallRow
from webapp.models import FormVersion
from webapp.rules.forms import progress, reading_time
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.late_paper import last_day_to_enter
from webapp.rules.references import reference
from webapp.rules.states import CallState
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.read_cache import recently
from webapp.services.infrastructure.row_authentication import TOLERANT, forged, is_genuine
from webapp.services.keys import purpose_keys


class NoSuchCall(LookupError):
    """No call has this address."""


@dataclass(frozen=True)
class Call:
    """A call as the doors see it."""

    id: UUID
    slug: str
    state: CallState
    closes_on: date
    form: FormDefinition
    form_version: int

    def accepts_answers(self, today: date) -> bool:
        """Whether participants may still answer on this day; the closing day itself counts."""
        return self.is_open and today <= self.closes_on

    @property
    def is_open(self) -> bool:
        """Whether it was not closed by hand. Its last day may be over."""
        return self.state == CallState.OPEN

    @property
    def last_day_to_enter(self) -> date:
        """The last day on which a coordinator can enter a form on paper that came late."""
        return last_day_to_enter(
            self.closes_on, (part.keep_months for part in self.form.parts.values())
        )

    def takes_late_paper(self, today: date) -> bool:
        """Whether the call has closed, but what reached us on paper can still be entered."""
        return not self.accepts_answers(today) and today <= self.last_day_to_enter

    @property
    def question_pages(self) -> int:
        """The most pages of the call's own questions on any route; contact details and so on come after."""
        return progress.question_pages(self.form)

    def minutes_in(self, language: str) -> int:
        """About how many minutes it takes to read and answer everything before Send."""
        return reading_time.minutes(self.form, language)

    @property
    def asks_contact(self) -> bool:
        """Whether participants are asked how to reach them, after the call's own questions."""
        return progress.asks_contact(self.form)


@dataclass(frozen=True)
class Listed:
    """Every call that is as Hearth wrote it, and the references of those that are not."""

    calls: tuple[Call, ...]
    left_out: tuple[str, ...]


@lru_cache(maxsize=64)
def parsed(definition: str) -> FormDefinition:
    """A stored definition. A published version never changes, so it is parsed once in the life of a process."""
    return FormDefinition.model_validate_json(definition)


def _select(
    main: Session, *conditions: ColumnElement[bool] | Any, with_form_gone: bool = False
) -> list[Row[CallRow, FormVersion]]:
    """Calls with the forms that they ask now, false ones included."""
    current = and_(FormVersion.owner_id == CallRow.id, FormVersion.number == CallRow.form_version)
    return list(
        main.execute(
            select(CallRow, FormVersion)
            .join(FormVersion, current, isouter=with_form_gone)
            .where(*conditions)
            .order_by(CallRow.closes_on)
            .execution_options(**TOLERANT)
        )
    )


def _call(row: CallRow, form: FormVersion) -> Call:
    """Raises `RowForged`."""
    for one in (row, form):
        if not is_genuine(one):
            raise forged(one)
    definition = parsed(form.definition)
    return Call(row.id, row.slug, row.state, row.closes_on, definition, form.number)


def _genuine(rows: list[Row[CallRow, FormVersion]]) -> tuple[Call, ...]:
    return tuple(_call(row, form) for row, form in rows if _is_whole(row, form))


def open_calls() -> tuple[Call, ...]:
    """All calls in the state open, the one that closes first at the top."""
    with stores.reading() as main:
        return _genuine(_select(main, CallRow.state == CallState.OPEN))


def all_calls() -> tuple[Call, ...]:
    """Every call there is, open or closed."""
    return listed().calls


def listed() -> Listed:
    """Every call there is, and which were left out: false ones, and those whose form is false or gone."""
    with stores.reading() as main:
        rows = _select(main, with_form_gone=True)
    whole = [(row, form) for row, form in rows if _is_whole(row, form)]
    left_out = (reference(row.id) for row, form in rows if not _is_whole(row, form))
    return Listed(tuple(_call(row, form) for row, form in whole), tuple(left_out))


def _is_whole(row: CallRow, form: FormVersion | None) -> bool:
    """Whether Hearth wrote this call and the form that it asks."""
    return form is not None and is_genuine(row) and is_genuine(form)


def find_call(slug: str) -> Call:
    """The call at this address, open or closed. Raises `NoSuchCall`, `RowForged`."""
    with stores.reading() as main:
        found = _select(main, CallRow.slug == slug)
    if not found:
        raise NoSuchCall(slug)
    return _call(*found[0])


def recent_call(slug: str) -> Call:
    """The call at this address, as it was a moment ago (see `read_cache`). Raises `NoSuchCall`, `RowForged`.

    A call that closes may so be shown as open for two seconds more; `submissions.submit` does not believe it.
    """
    return recently(("call", slug), partial(find_call, slug))


def opened_on(call: Call) -> date:
    """The day on which the call was published."""
    with stores.reading() as main:
        versions = select(FormVersion).where(FormVersion.owner_id == call.id)
        return main.scalars(versions.order_by(FormVersion.number).limit(1)).one().published_on


def can_be_sent(call: Call) -> bool:
    """Whether what is answered now can be sealed. Looked at again after two seconds at most."""
    return purpose_keys.could_seal(call.id, call.form.parts)


def find_by_id(call_id: UUID) -> Call:
    """The call with this id, open or closed. Raises `NoSuchCall`, `RowForged`."""
    with stores.reading() as main:
        return call_with_id(main, call_id)


def call_with_id(main: Session, call_id: UUID) -> Call:
    """The same, inside the caller's transaction. Raises `NoSuchCall`, `RowForged`."""
    found = _select(main, CallRow.id == call_id)
    if not found:
        raise NoSuchCall(call_id)
    return _call(*found[0])


def lock(main: Session, call_id: UUID) -> None:
    """Lock a call's row until the caller's transaction ends. Raises `NoSuchCall`, `RowForged`."""
    row = select(CallRow).where(CallRow.id == call_id)
    if main.scalars(row.with_for_update(key_share=True)).one_or_none() is None:
        raise NoSuchCall(call_id)


def call_at(main: Session, call_id: UUID, number: int) -> Call:
    """A call with the form version that was answered. Raises `NoSuchCall`, `RowForged`."""
    answered = and_(FormVersion.owner_id == CallRow.id, FormVersion.number == number)
    found = main.execute(
        select(CallRow, FormVersion).join(FormVersion, answered).where(CallRow.id == call_id)
    ).one_or_none()
    if found is None:
        raise NoSuchCall(call_id)
    return _call(*found)


def recent_call_at(slug: str, number: int) -> Call:
    """As `recent_call`, with the form version that was answered. Raises `NoSuchCall`, `RowForged`."""
    return at_version(recent_call(slug), number)


def at_version(call: Call, number: int) -> Call:
    """A call with another version of its form. Raises `NoSuchCall` where there is no such version, `RowForged`.

    A version never changes, so it is read once in the life of a process.
    """
    if call.form_version == number:
        return call
    kept: dict[tuple[UUID, int], FormDefinition] = current_app.extensions.setdefault(
        "hearth_older_forms", {}
    )
    if (call.id, number) not in kept:
        with stores.reading() as main:
            kept[call.id, number] = form_at(main, call.id, number)
    return replace(call, form=kept[call.id, number], form_version=number)


def form_at(main: Session, call_id: UUID, number: int) -> FormDefinition:
    """The form version that was answered, which may be older than the current one."""
    found = main.get(FormVersion, (call_id, number))
    if found is None:
        raise NoSuchCall(call_id)
    return parsed(found.definition)
