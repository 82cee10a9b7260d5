"""The page of one registration, and disclosure: it is opened with a reason, and attendance is noted.

Opening is a POST that answers with the page itself: a GET is safe, and the opening is in the audit log first.
"""

from uuid import UUID

from flask import render_template, request
from werkzeug.wrappers import Response

from webapp.desk.events.event import MARKS
from webapp.desk.events.event_flash import EVENT_FLASHES
from webapp.desk.events.event_forms import PREPARING
from webapp.desk.events.registration_standing import RegistrationStanding, find_standing
from webapp.desk.events.timetable import timetable
from webapp.desk.shared.answer_display import Said, one_said
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.flash import flash_in
from webapp.desk.shared.reason_form import OpeningForm, WithReason
from webapp.rules.forms.questions import PartName
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.roles import Act
from webapp.services.events import desk_registrations
from webapp.services.events.desk_registrations import NotNow, OpenedRegistration
from webapp.services.infrastructure import outbox
from webapp.web.guards import may


def change_page(template: str, person: RegistrationStanding, form: WithReason) -> str:
    """A page about one registration, with a form that asks for a reason."""
    return render_template(
        f"desk/{template}.html",
        person=person,
        row=person.row,
        event=person.event,
        times=timetable(person.event),
        due_on=person.row.due_on,
        language=LANGUAGES[person.row.language],
        refused=person.row.id in outbox.refused(),
        form=form,
        problems=form.problems,
        marks=MARKS,
        done=flash_in(EVENT_FLASHES),
    )


def to_registration(registration_id: UUID, done: str) -> Response:
    """Post/redirect/get: to the registration's page, with a flash message."""
    return see_other("registration", registration_id=registration_id, done=done)


@blueprint.get("/registrations/<uuid:registration_id>")
@may(Act.OPEN_REGISTRATIONS)
def registration(registration_id: UUID) -> str:
    """The metadata of one registration; nothing is opened."""
    return change_page("registration", find_standing(registration_id), OpeningForm(PREPARING))


@blueprint.post("/registrations/<uuid:registration_id>/open")
@may(Act.OPEN_REGISTRATIONS)
def registration_open(registration_id: UUID) -> str | tuple[str, int]:
    """Open and show the registrant's name and access needs."""
    form = OpeningForm(PREPARING)
    if not form.validate():
        return change_page("registration", find_standing(registration_id), form), 400
    opened = desk_registrations.open_registration(signed_in(), registration_id, form.given)
    return render_template(
        "desk/registration_opened.html",
        opened=opened,
        who=_said(opened, "room") + _said(opened, "registrant"),
        needs=_said(opened, "needs"),
        language=LANGUAGES[opened.row.language],
    )


def _said(opened: OpenedRegistration, part: PartName) -> list[Said]:
    answers = opened.by_part.get(part, {})
    asked = opened.event.definition.form.questions
    return [
        one_said(question, answers, opened.row.language)
        for question in asked
        if question.part == part
    ]


@blueprint.post("/registrations/<uuid:registration_id>/mark")
@may(Act.OPEN_REGISTRATIONS)
def registration_mark(registration_id: UUID) -> Response:
    """Note that the registrant attended, or did not."""
    chosen = next((mark for mark in MARKS if request.form.get("came") == mark), None)
    if chosen is None:
        return see_other("registration", registration_id=registration_id)
    done = "marked"
    try:
        desk_registrations.mark(registration_id, chosen, actor=signed_in().coordinator_id)
    except NotNow:
        done = "too-late"
    return to_registration(registration_id, done)
