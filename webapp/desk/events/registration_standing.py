"""Where one registration stands: its place in line, and which acts are open to a coordinator now."""

from dataclasses import dataclass
from uuid import UUID

from webapp.desk.shared.blueprint import NotHere
from webapp.rules import clock
from webapp.rules.events import seats
from webapp.services.events import address_changes, desk_registrations
from webapp.services.events.desk_registrations import RegistrationRow
from webapp.services.events.published_events import Event


@dataclass(frozen=True)
class RegistrationStanding:
    """One registration, the event it is for, and what may be done with it now."""

    row: RegistrationRow
    event: Event
    #: Who gets the next seat that is given back.
    next_in_line: UUID | None

    @property
    def can_confirm(self) -> bool:
        """They have not confirmed it, or wait for a coordinator, and the event is still to come."""
        return seats.can_confirm_by_hand(
            self.row.state, self.event.state, clock.now(), self.event.starts_at
        )

    @property
    def can_cancel(self) -> bool:
        """Until the event begins."""
        return seats.can_cancel(self.row.state, clock.now(), self.event.starts_at)

    @property
    def can_promote(self) -> bool:
        """A seat is free for this place in the waiting list. Rare: a freed seat goes to the next in line at once."""
        return seats.can_promote(
            self.row.state,
            is_full=self.event.free == 0,
            now=clock.now(),
            starts_at=self.event.starts_at,
        )

    @property
    def can_put_first(self) -> bool:
        """There is no free seat, and another registrant is before them."""
        may_be_first = seats.can_put_first(self.row.state, clock.now(), self.event.starts_at)
        return may_be_first and not self.can_promote and self.next_in_line != self.row.id

    @property
    def can_be_written_to(self) -> bool:
        """A seat, a place or a request, and the event is still to come: the address can be corrected, the link sent."""
        return address_changes.can_be_written_to(self.row.state, self.event)

    @property
    def can_mark(self) -> bool:
        """The event has begun, and the registrant had a seat."""
        return seats.can_mark_attendance(self.row.state, clock.now(), self.event.starts_at)


def find_standing(registration_id: UUID) -> RegistrationStanding:
    """One registration, and who is next in line. Raises `NotHere`."""
    try:
        row, event = desk_registrations.find(registration_id)
    except LookupError:
        raise NotHere(registration_id) from None
    return RegistrationStanding(row, event, desk_registrations.next_in_line(event))
