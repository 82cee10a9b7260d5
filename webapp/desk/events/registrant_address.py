"""A registrant's e-mail address: corrected, or sent the link again, with a reason and without being disclosed."""

from uuid import UUID

from flask import render_template
from werkzeug.wrappers import Response

from webapp.desk.events.event_forms import CORRECTING, SENDING_AGAIN, AddressForm
from webapp.desk.events.registration import change_page, to_registration
from webapp.desk.events.registration_standing import find_standing
from webapp.desk.shared.blueprint import blueprint, signed_in
from webapp.desk.shared.reason_form import WithReason
from webapp.rules.roles import Act
from webapp.services.events import address_changes, desk_address_corrections
from webapp.services.events.address_changes import NoAddress, NotNow
from webapp.services.events.desk_address_corrections import SameAddress
from webapp.services.infrastructure.limits import TooMany
from webapp.web.guards import may


@blueprint.get("/registrations/<uuid:registration_id>/address")
@may(Act.OPEN_REGISTRATIONS)
def registration_address(registration_id: UUID) -> Response | str:
    """What it means to correct an address, before it is done."""
    person = find_standing(registration_id)
    if not person.can_be_written_to:
        return to_registration(registration_id, "too-late")
    return change_page("registration_address", person, AddressForm(CORRECTING))


@blueprint.post("/registrations/<uuid:registration_id>/address")
@may(Act.OPEN_REGISTRATIONS)
def registration_address_post(registration_id: UUID) -> Response | str | tuple[str, int]:
    """Correct it. A new room code is shown in the answer to this POST, and nowhere else."""
    person, form = find_standing(registration_id), AddressForm(CORRECTING)
    if not form.validate():
        return change_page("registration_address", person, form), 400
    try:
        corrected = desk_address_corrections.correct(
            signed_in(), registration_id, form.ascii_address, reason=form.reason
        )
    except SameAddress:
        return to_registration(registration_id, "same-address")
    except NotNow:
        return to_registration(registration_id, "too-late")
    if corrected.room_code is None:
        done = "address" if corrected.is_mailed else "address-unmailed"
        return to_registration(registration_id, done)
    return render_template("desk/registration_room_code.html", row=person.row, corrected=corrected)


@blueprint.get("/registrations/<uuid:registration_id>/link")
@may(Act.OPEN_REGISTRATIONS)
def registration_link(registration_id: UUID) -> Response | str:
    """What it means to send the link again, before it is done."""
    person = find_standing(registration_id)
    if not person.can_be_written_to:
        return to_registration(registration_id, "too-late")
    return change_page("registration_link", person, WithReason(SENDING_AGAIN))


@blueprint.post("/registrations/<uuid:registration_id>/link")
@may(Act.OPEN_REGISTRATIONS)
def registration_link_post(registration_id: UUID) -> Response | tuple[str, int]:
    """Send the link again."""
    person, form = find_standing(registration_id), WithReason(SENDING_AGAIN)
    if not form.validate():
        return change_page("registration_link", person, form), 400
    done = "link-again"
    try:
        address_changes.send_again(
            registration_id, actor=signed_in().coordinator_id, reason=form.reason
        )
    except NotNow:
        done = "too-late"
    except NoAddress:
        done = "no-address"
    except TooMany:
        done = "link-often"
    return to_registration(registration_id, done)
