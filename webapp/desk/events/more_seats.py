"""More seats at an event: how many, why, and what it means for those who wait."""

import re
from typing import Any, Final

from flask import request
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import Field, HiddenField, StringField
from wtforms.validators import StopValidation

from webapp.desk.events.event import can_change, event_page, to_event
from webapp.desk.shared.blueprint import blueprint, signed_in
from webapp.desk.shared.forms import one_line
from webapp.desk.shared.reason_form import ANOTHER, Reasons, WithReason
from webapp.rules import clock
from webapp.rules.events.event_definition import MOST_SEATS
from webapp.rules.roles import Act
from webapp.services.events import event_changes, published_events
from webapp.services.events.event_changes import AlreadyOver, CalledOff
from webapp.services.events.published_events import Event
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.web.guards import may

ADDING: Final[Reasons] = (
    ("room", lazy_gettext("There is room for more people")),
    ("waiting", lazy_gettext("Many people are waiting")),
    ANOTHER,
)


class SeatsForm(WithReason):
    """How many seats are added, and why. `was` is how many there were, so that a second press adds none."""

    more = StringField(
        lazy_gettext("How many seats do you want to add?"),
        filters=[one_line],
        description=lazy_gettext("A number from 1 to %(most)s.", most=MOST_SEATS),
    )
    was = HiddenField()

    def __init__(self, **options: Any) -> None:
        super().__init__(ADDING, **options)

    @property
    def problems(self) -> list[tuple[str, str]]:
        """In the order of the page: how many comes before why."""
        return sorted(super().problems, key=lambda problem: problem[0] != "more")

    def validate_more(self, field: Field) -> None:
        """A whole number within bounds."""
        if not re.fullmatch(r"\d{1,4}", field.data, re.ASCII) or not (
            1 <= int(field.data) <= MOST_SEATS
        ):
            raise StopValidation(
                gettext("Enter a number of seats from 1 to %(most)s", most=MOST_SEATS)
            )


@blueprint.get("/events/<slug>/seats")
@may(Act.RUN_EVENTS)
def event_seats(slug: str) -> Response | str:
    """What more seats mean, before they are added."""
    found = published_events.find(slug)
    if not can_change(found):
        return to_event(slug, "too-late")
    form = SeatsForm(formdata=None, data={"was": str(found.seats)})
    return event_page("event_more_seats", found, form=form, problems=[])


@blueprint.post("/events/<slug>/seats")
@may(Act.RUN_EVENTS)
def event_seats_post(slug: str) -> Response | tuple[str, int]:
    """Add them. The waiting list moves up."""
    found, form = published_events.find(slug), SeatsForm()
    if not form.validate():
        return event_page("event_more_seats", found, form=form, problems=form.problems), 400
    try:
        event_changes.add_seats(
            found.id,
            int(form.more.data),
            actor=signed_in().coordinator_id,
            reason=form.reason,
            was=_was(),
        )
    except (AlreadyOver, CalledOff, EditConflict):
        return to_event(slug, "too-late")
    return to_event(slug, _done(found, published_events.find(slug)))


def _was() -> int:
    """How many seats there were on the page that was sent. One that says nothing else than a number adds nothing."""
    typed = request.form.get("was", "")
    return int(typed) if re.fullmatch(r"\d{1,6}", typed, re.ASCII) else -1


def _done(before: Event, after: Event) -> str:
    if after.waiting < before.waiting:
        return "seats-moved"
    bookable = after.accepts_registrations(clock.now()) and not after.waiting
    return "seats" if bookable else "seats-kept"
