"""Everyone at an event in one audited opening: names, organisations and needs; and who agreed to be on a list.

What the opening is for follows from what registrants were told when they booked, so its reason is fixed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Registration, RegistrationPart
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.events.access_needs import Needed, needed_by
from webapp.rules.events.registration_form import (
    NAME,
    ORGANISATION,
    agrees_to_be_listed,
    display_name_of,
    words_of,
)
from webapp.rules.forms.questions import PartName
from webapp.services.events import desk_registrations, published_events
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine, is_genuine
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure

TO_PREPARE: Final = "To prepare the event"
FOR_THE_ROOM: Final = "For the people at the event"
#: How often a part is looked for again after a race with its owner, who replaced it.
LOOKS: Final = 3


@dataclass(frozen=True)
class Person:
    """A registrant with a seat or a place, opened for the screen. `needs_part` names the version of their needs."""

    id: UUID
    seat: int | None
    order: int | None
    language: str
    name: str = field(repr=False)
    organisation: str = field(repr=False)
    display_name: str = field(repr=False)
    needs: Needed = field(repr=False)
    needs_part: UUID | None
    arranged_on: date | None
    #: Whether something that they told us is not as Hearth wrote it: it is left out, and must not look like nothing.
    is_false: bool

    @property
    def sorts_as(self) -> tuple[bool, str]:
        """By name, or else by the name for the room; registrants without either come last."""
        known = self.name or self.display_name
        return not known, known.casefold()


@dataclass(frozen=True)
class Participant:
    """A registrant who agreed that the others at the event read this."""

    name: str = field(repr=False)
    organisation: str = field(repr=False)


@dataclass(frozen=True)
class Tick:
    """Whether needs are arranged, as the desk saw it and as it says now."""

    registration_id: UUID
    needs_part: UUID
    was_arranged: bool
    is_arranged: bool


Opened = Mapping[tuple[UUID, str], tuple[UUID, dict[str, Any]]]


def open_people(holder: Holder, event: Event) -> tuple[Person, ...]:
    """Open who is in and what they need: seats in order, then the waiting list. Audited first.

    Raises `NotAuthorisedToOpen`; `DoesNotOpen` if stored bytes were changed.
    """
    rows = {
        row.id: row for row in desk_registrations.list_registrations(event) if row.seat or row.order
    }
    with stores.writing() as main:
        audit.enter(main, holder.coordinator_id, AuditEvent.NEEDS_OPENED, event.id, TO_PREPARE)
        stored = _stored_parts(main, rows, _needed_parts(event))
        arranged = _arranged(main, rows)
    found = genuine(stored)
    false = {part.registration_id for part in stored if not is_genuine(part)}
    opened = _open(holder, found)
    still_there = {registration_id for registration_id, _ in opened}
    gone = {part.registration_id for part in found} - still_there
    asked = [one for one in event.definition.form.questions if one.part == "needs"]
    return tuple(
        _person(row, opened, asked, arranged.get(row.id), is_false=row.id in false)
        for row in rows.values()
        if row.id not in gone
    )


def _needed_parts(event: Event) -> tuple[PartName, ...]:
    """Data minimisation: where no name is asked for, the part with the address stays closed."""
    asked = {question.key for question in event.definition.form.questions}
    return ("needs", "room", "registrant") if asked & {NAME, ORGANISATION} else ("needs", "room")


def _parts_of(
    main: Session, ids: Iterable[UUID], purposes: Sequence[str]
) -> Sequence[RegistrationPart]:
    """Those that Hearth wrote: what a false one says of a person's needs must not be arranged."""
    return genuine(_stored_parts(main, ids, purposes))


def _stored_parts(
    main: Session, ids: Iterable[UUID], purposes: Sequence[str]
) -> Sequence[RegistrationPart]:
    found = select(RegistrationPart).where(
        RegistrationPart.registration_id.in_(list(ids)), RegistrationPart.purpose.in_(purposes)
    )
    return main.scalars(found, execution_options=TOLERANT).all()


def _arranged(main: Session, ids: Iterable[UUID]) -> dict[UUID, date]:
    arranged = select(Registration).where(
        Registration.id.in_(list(ids)), Registration.needs_arranged_on.is_not(None)
    )
    rows = genuine(main.scalars(arranged, execution_options=TOLERANT))
    return {row.id: row.needs_arranged_on for row in rows if row.needs_arranged_on is not None}


def _open(holder: Holder, found: Sequence[RegistrationPart]) -> Opened:
    """What could be opened, by registrant and part.

    Parts that were replaced meanwhile are looked for again: a need must not look like none.
    """
    opened: dict[tuple[UUID, str], tuple[UUID, dict[str, Any]]] = {}
    for _ in range(LOOKS):
        for part, content in disclosure.open_parts(holder, found):
            opened[part.registration_id, part.purpose] = (part.id, content)
        missing = [part for part in found if (part.registration_id, part.purpose) not in opened]
        if not missing:
            break
        with stores.reading() as main:
            again = _parts_of(
                main,
                {part.registration_id for part in missing},
                list({part.purpose for part in missing}),
            )
        found = [part for part in again if (part.registration_id, part.purpose) not in opened]
    return opened


def _person(
    row: desk_registrations.RegistrationRow,
    opened: Opened,
    asked: Sequence[Any],
    arranged_on: date | None,
    *,
    is_false: bool,
) -> Person:
    none: tuple[None, dict[str, Any]] = (None, {})
    registrant = opened.get((row.id, "registrant"), none)[1]
    needs_part, needs = opened.get((row.id, "needs"), none)
    return Person(
        id=row.id,
        seat=row.seat,
        order=row.order,
        language=row.language,
        name=words_of(registrant, NAME),
        organisation=words_of(registrant, ORGANISATION),
        display_name=display_name_of(opened.get((row.id, "room"), none)[1]),
        needs=needed_by(asked, needs),
        needs_part=needs_part,
        arranged_on=arranged_on,
        is_false=is_false,
    )


def note_arranged(event: Event, ticks: Sequence[Tick], *, actor: UUID) -> bool:
    """Note whose needs are arranged, and whose are not any more. Says nothing of what they are.

    Optimistic locking: nothing is noted for needs that were changed or erased after they were read; then returns False.
    No lost update between two coordinators: only what was changed on this page is changed.
    """
    wanted = {tick.registration_id: tick for tick in ticks}
    changed, current = 0, True
    with stores.writing() as main:
        # Lock order: the event before its registrations, wherever more than one of them is locked.
        published_events.lock(main, event.id)
        these = select(Registration).where(
            Registration.id.in_(wanted), Registration.event_id == event.id
        )
        locked = these.order_by(Registration.id).with_for_update()
        rows = genuine(main.scalars(locked, execution_options=TOLERANT))
        now = {part.registration_id: part.id for part in _parts_of(main, wanted, ["needs"])}
        for row in rows:
            tick = wanted[row.id]
            if now.get(row.id) != tick.needs_part:
                current = False
            elif _turn(row, tick):
                changed += 1
        if changed:
            audit.enter(main, actor, AuditEvent.NEEDS_ARRANGED, event.id)
    return current and len(rows) == len(wanted)


def _turn(row: Registration, tick: Tick) -> bool:
    if tick.is_arranged == tick.was_arranged or tick.is_arranged == bool(row.needs_arranged_on):
        return False
    row.needs_arranged_on = clock.today() if tick.is_arranged else None
    return True


def open_participants(holder: Holder, event: Event) -> tuple[Participant, ...]:
    """Name and organisation of those with a seat who agreed to be on the list, by name. Audited first.

    Only their registrations are opened. The yes must stand in the row, where they can take it back, and in what they
    told us, where only they can put it. Raises `NotAuthorisedToOpen`.
    """
    with stores.writing() as main:
        agreed = select(Registration).where(
            Registration.event_id == event.id,
            Registration.seat.is_not(None),
            Registration.listed_on.is_not(None),
        )
        locked = agreed.order_by(Registration.id).with_for_update()
        rows = genuine(main.scalars(locked, execution_options=TOLERANT))
        found = _parts_of(main, [row.id for row in rows], ["registrant"])
        # Lock order: registrations first, the head of the audit chain last.
        audit.enter(
            main, holder.coordinator_id, AuditEvent.PARTICIPANTS_LISTED, event.id, FOR_THE_ROOM
        )
    told = (content for _, content in _open(holder, found).values())
    listed = [
        Participant(words_of(content, NAME), words_of(content, ORGANISATION))
        for content in told
        if agrees_to_be_listed(content)
    ]
    named = [one for one in listed if one.name or one.organisation]
    return tuple(sorted(named, key=lambda one: (not one.name, one.name.casefold())))
