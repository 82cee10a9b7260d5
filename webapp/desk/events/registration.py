"""One registration at the desk: opened with a reason; given a seat, put first, or cancelled by hand, with a reason.

Opening is a POST that answers with the page itself. Whatever changes something asks first, says in words who hears
of it and who moves up, and then leads back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from flask import render_template, request
from werkzeug.wrappers import Response

from webapp.desk.events.event import MARKS, timetable
from webapp.desk.events.event_flash import what_was_done
from webapp.desk.events.event_forms import CANCELLING, LETTING_IN, PREPARING
from webapp.desk.shared.answer_display import Said, one_said
from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.desk.shared.forms import OpeningForm, WithReason
from webapp.http import coordinator
from webapp.rules import clock
from webapp.rules.events import seats
from webapp.rules.forms.questions import PartName
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.services.events import address_changes, desk_registrations, waiting_list
from webapp.services.events.desk_registrations import NotNow, OpenedRegistration, RegistrationRow
from webapp.services.events.published_events import Event
from webapp.services.events.waiting_list import TooLate
from webapp.services.infrastructure import outbox


@dataclass(frozen=True)
class OnePerson:
    """One registration, the event it is for, and what may be done with it now."""

    row: RegistrationRow
    event: Event
    everybody: tuple[RegistrationRow, ...]

    @property
    def next_in_line(self) -> RegistrationRow | None:
        """Who gets the next seat that is given back."""
        return next((row for row in self.everybody if row.order == 1), None)

    @property
    def can_cancel(self) -> bool:
        """Until the event begins."""
        return seats.can_cancel(self._state, clock.now(), self.event.starts_at)

    @property
    def can_promote(self) -> bool:
        """There is a seat for somebody who waits. Rare: a seat that is given back goes to the next in line at once."""
        return seats.can_promote(
            self._state,
            taken=[row.seat for row in self.everybody if row.seat is not None],
            seats=self.event.seats,
            now=clock.now(),
            starts_at=self.event.starts_at,
        )

    @property
    def can_put_first(self) -> bool:
        """There is no seat, and somebody else is before them."""
        may_be_first = seats.can_put_first(self._state, clock.now(), self.event.starts_at)
        return may_be_first and not self.can_promote and self.next_in_line != self.row

    @property
    def can_be_written_to(self) -> bool:
        """They are in, and the event is still to come: an address can be put right, and a link sent again."""
        return address_changes.can_be_written_to(self._state, self.event)

    @property
    def can_mark(self) -> bool:
        """The event has begun, and they had a seat."""
        return seats.can_mark_attendance(self._state, clock.now(), self.event.starts_at)

    @property
    def _state(self) -> seats.State:
        return cast(seats.State, self.row.state)


def find_person(registration_id: UUID) -> OnePerson:
    """One registration; its place in line is known from all of them. Raises `NotHere`."""
    try:
        _, event = desk_registrations.find(registration_id)
    except LookupError:
        raise NotHere(registration_id) from None
    everybody = desk_registrations.list_registrations(event)
    row = next((row for row in everybody if row.id == registration_id), None)
    if row is None:
        raise NotHere(registration_id)
    return OnePerson(row, event, everybody)


def change_page(template: str, person: OnePerson, form: WithReason) -> str:
    """A page about one registration, with a form that asks why."""
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
        done=what_was_done(),
    )


@blueprint.get("/registrations/<uuid:registration_id>")
@coordinator
def registration(registration_id: UUID) -> str:
    """What is known about one registration without opening it."""
    return change_page("registration", find_person(registration_id), OpeningForm(PREPARING))


@blueprint.post("/registrations/<uuid:registration_id>/open")
@coordinator
def open_registration(registration_id: UUID) -> str | tuple[str, int]:
    """Open and show who somebody is, and what they need."""
    form = OpeningForm(PREPARING)
    if not form.validate():
        return change_page("registration", find_person(registration_id), form), 400
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
@coordinator
def mark(registration_id: UUID) -> Response:
    """Note that somebody came, or did not."""
    chosen = next((mark for mark in MARKS if request.form.get("came") == mark), None)
    if chosen is None:
        return see_other("registration", registration_id=registration_id)
    done = "marked"
    try:
        desk_registrations.mark(registration_id, chosen, actor=signed_in().coordinator_id)
    except NotNow:
        done = "too-late"
    return see_other("registration", registration_id=registration_id, done=done)


# Changing by hand


@blueprint.get("/registrations/<uuid:registration_id>/promote")
@coordinator
def promote(registration_id: UUID) -> Response | str:
    """What it means to let somebody in before others, before it is done."""
    person = find_person(registration_id)
    if not person.can_promote:
        return see_other("registration", registration_id=registration_id, done="too-late")
    return change_page("registration_promote", person, WithReason(LETTING_IN))


@blueprint.post("/registrations/<uuid:registration_id>/promote")
@coordinator
def promote_now(registration_id: UUID) -> Response | tuple[str, int]:
    """Give somebody who waits a free seat."""
    person, form = find_person(registration_id), WithReason(LETTING_IN)
    if not form.validate():
        return change_page("registration_promote", person, form), 400
    if person.row.seat:
        # Sent twice, or the seat became theirs meanwhile.
        return see_other("registration", registration_id=registration_id, done="promoted")
    return _act(registration_id, waiting_list.promote, form, "promoted")


@blueprint.get("/registrations/<uuid:registration_id>/first")
@coordinator
def put_first(registration_id: UUID) -> Response | str:
    """What it means to put somebody at the front of the waiting list, before it is done."""
    person = find_person(registration_id)
    if not person.can_put_first:
        return see_other("registration", registration_id=registration_id, done="too-late")
    return change_page("registration_first", person, WithReason(LETTING_IN))


@blueprint.post("/registrations/<uuid:registration_id>/first")
@coordinator
def put_first_now(registration_id: UUID) -> Response | tuple[str, int]:
    """Put somebody at the front of the waiting list."""
    person, form = find_person(registration_id), WithReason(LETTING_IN)
    if not form.validate():
        return change_page("registration_first", person, form), 400
    if person.row.seat:
        # A seat became theirs meanwhile: that is better than being first.
        return see_other("registration", registration_id=registration_id, done="promoted")
    return _act(registration_id, waiting_list.put_first, form, "first")


@blueprint.get("/registrations/<uuid:registration_id>/cancel")
@coordinator
def cancel(registration_id: UUID) -> Response | str:
    """What it means to cancel for somebody, before it is done."""
    person = find_person(registration_id)
    if not person.can_cancel:
        return see_other("registration", registration_id=registration_id, done="too-late")
    return change_page("registration_cancel", person, WithReason(CANCELLING))


@blueprint.post("/registrations/<uuid:registration_id>/cancel")
@coordinator
def cancel_now(registration_id: UUID) -> Response | tuple[str, int]:
    """Cancel for somebody; the next in line moves up."""
    person, form = find_person(registration_id), WithReason(CANCELLING)
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
    return see_other("registration", registration_id=registration_id, done=done)
