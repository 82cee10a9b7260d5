"""Changes to one registration by a coordinator, with a reason: confirm, give a seat, move to the front, cancel.

Each is confirmed on a page that says who gets a mail and who moves up, and then redirects to the registration.
"""

from collections.abc import Callable
from uuid import UUID

from werkzeug.wrappers import Response

from webapp.desk.events.event_forms import CANCELLING, CONFIRMING, LETTING_IN
from webapp.desk.events.registration import change_page, to_registration
from webapp.desk.events.registration_standing import find_standing
from webapp.desk.shared.blueprint import blueprint, signed_in
from webapp.desk.shared.reason_form import WithReason
from webapp.rules.roles import Act
from webapp.services.events import booking_confirming, waiting_list
from webapp.services.events.waiting_list import TooLate
from webapp.web.guards import may


@blueprint.get("/registrations/<uuid:registration_id>/confirm")
@may(Act.RUN_EVENTS)
def registration_confirm(registration_id: UUID) -> Response | str:
    """What confirming for a registrant means, before it is done."""
    person = find_standing(registration_id)
    if not person.can_confirm:
        return to_registration(registration_id, "too-late")
    return change_page("registration_confirm", person, WithReason(CONFIRMING))


@blueprint.post("/registrations/<uuid:registration_id>/confirm")
@may(Act.RUN_EVENTS)
def registration_confirm_post(registration_id: UUID) -> Response | tuple[str, int]:
    """Confirm a booking for its registrant. Idempotent."""
    person, form = find_standing(registration_id), WithReason(CONFIRMING)
    if not form.validate():
        return change_page("registration_confirm", person, form), 400
    return _act(registration_id, booking_confirming.confirm_by_hand, form, "confirmed")


@blueprint.get("/registrations/<uuid:registration_id>/promote")
@may(Act.RUN_EVENTS)
def registration_promote(registration_id: UUID) -> Response | str:
    """What it means to give a seat out of turn, before it is done."""
    person = find_standing(registration_id)
    if not person.can_promote:
        return to_registration(registration_id, "too-late")
    return change_page("registration_promote", person, WithReason(LETTING_IN))


@blueprint.post("/registrations/<uuid:registration_id>/promote")
@may(Act.RUN_EVENTS)
def registration_promote_post(registration_id: UUID) -> Response | tuple[str, int]:
    """Give a free seat to a registrant on the waiting list. Idempotent."""
    person, form = find_standing(registration_id), WithReason(LETTING_IN)
    if not form.validate():
        return change_page("registration_promote", person, form), 400
    if person.row.seat:
        # A second press, or the registrant has a seat by now.
        return to_registration(registration_id, "promoted")
    return _act(registration_id, waiting_list.promote, form, "promoted")


@blueprint.get("/registrations/<uuid:registration_id>/first")
@may(Act.RUN_EVENTS)
def registration_first(registration_id: UUID) -> Response | str:
    """What moving to the front of the waiting list means, before it is done."""
    person = find_standing(registration_id)
    if not person.can_put_first:
        return to_registration(registration_id, "too-late")
    return change_page("registration_first", person, WithReason(LETTING_IN))


@blueprint.post("/registrations/<uuid:registration_id>/first")
@may(Act.RUN_EVENTS)
def registration_first_post(registration_id: UUID) -> Response | tuple[str, int]:
    """Move a registrant to the front of the waiting list."""
    person, form = find_standing(registration_id), WithReason(LETTING_IN)
    if not form.validate():
        return change_page("registration_first", person, form), 400
    if person.row.seat:
        # The registrant has a seat by now, which is better than being first.
        return to_registration(registration_id, "promoted")
    return _act(registration_id, waiting_list.put_first, form, "first")


@blueprint.get("/registrations/<uuid:registration_id>/cancel")
@may(Act.RUN_EVENTS)
def registration_cancel(registration_id: UUID) -> Response | str:
    """What cancelling means, before it is done."""
    person = find_standing(registration_id)
    if not person.can_cancel:
        return to_registration(registration_id, "too-late")
    return change_page("registration_cancel", person, WithReason(CANCELLING))


@blueprint.post("/registrations/<uuid:registration_id>/cancel")
@may(Act.RUN_EVENTS)
def registration_cancel_post(registration_id: UUID) -> Response | tuple[str, int]:
    """Cancel a registration; the next in line gets the seat."""
    person, form = find_standing(registration_id), WithReason(CANCELLING)
    if not form.validate():
        return change_page("registration_cancel", person, form), 400
    return _act(registration_id, waiting_list.cancel, form, "cancelled")


def _act(
    registration_id: UUID, change: Callable[..., None], form: WithReason, done: str
) -> Response:
    try:
        change(registration_id, actor=signed_in().coordinator_id, reason=form.reason)
    except TooLate:
        done = "too-late"
    return to_registration(registration_id, done)
