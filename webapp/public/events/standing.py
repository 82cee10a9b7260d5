"""What a registrant may still do with their booking in its current state. Pure functions: no views, no Visit."""

from webapp.rules import clock
from webapp.rules.events import seats
from webapp.rules.events.event_definition import RegistrationForm
from webapp.services.events.own_registrations import OwnRegistration


def is_called_off(own: OwnRegistration) -> bool:
    """Whether the whole event was cancelled."""
    return own.event.is_cancelled


def is_in(own: OwnRegistration) -> bool:
    """Whether this booking has a seat until the event is over, or waits for one until it begins."""
    now = clock.now()
    if is_called_off(own) or own.event.is_over(now):
        return False
    return own.state.is_seated or (own.waits and now < own.event.starts_at)


def can_cancel(own: OwnRegistration) -> bool:
    """Whether the seat, or the place in the waiting list, can still be cancelled. A request needs no cancelling."""
    holds = not is_called_off(own) and not own.state.is_pending
    return holds and seats.can_cancel(own.state, clock.now(), own.event.starts_at)


def can_confirm(own: OwnRegistration) -> bool:
    """Whether the button that confirms a request is shown."""
    event = own.event
    may = seats.can_confirm(own.state, event.state, clock.now(), event.starts_at)
    return may and not own.has_lapsed


def can_confirm_address(own: OwnRegistration) -> bool:
    """Whether the button that confirms a changed address is shown: while mails about this booking may still come."""
    return own.is_unconfirmed and is_in(own) and clock.now() < own.event.starts_at


def is_undecided(own: OwnRegistration) -> bool:
    """Whether a booking without an address waits for a coordinator."""
    waits = own.state.is_pending and not own.is_request
    return waits and not is_called_off(own) and clock.now() < own.event.starts_at


def reads_news(own: OwnRegistration) -> bool:
    """Whether they read messages to all registrants: with a seat also afterwards, or while they wait for one."""
    return not is_called_off(own) and (own.state.is_seated or own.waits)


def needs_form(own: OwnRegistration) -> RegistrationForm | None:
    """The form to change their needs; None where nothing is asked, or it is too late."""
    return own.event.definition.form.asking_only("needs") if is_in(own) else None
