"""The page of one event: its registrations by seat, place and state, and the frame of every page about it.

Nothing is opened here: `names_and_needs` does that, in one audited act.
"""

from typing import Any, Final, NamedTuple

from flask import render_template, request
from werkzeug.wrappers import Response

from webapp.desk.events.event_flash import EVENT_FLASHES
from webapp.desk.events.timetable import timetable
from webapp.desk.shared.blueprint import blueprint, see_other
from webapp.desk.shared.flash import flash_in
from webapp.desk.shared.forms import one_line
from webapp.desk.shared.offset_pagination import PER_PAGE, pages_of
from webapp.rules import clock
from webapp.rules.events.joining_details import JoiningDetails
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.references import reference
from webapp.rules.roles import Act
from webapp.rules.states import RegistrationState
from webapp.services.events import (
    desk_registrations,
    event_messages,
    published_events,
    registrations,
)
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import outbox
from webapp.web.guards import may

LONGEST_SEARCH: Final = 20


class Marks(NamedTuple):
    """What can be noted about attendance."""

    came: RegistrationState = RegistrationState.ATTENDED
    did_not_come: RegistrationState = RegistrationState.NO_SHOW


MARKS: Final = Marks()


def event_page(template: str, event: Event, **values: Any) -> str:
    """A page about one event, which says when it is and when its registrations go."""
    return render_template(
        f"desk/{template}.html",
        event=event,
        times=timetable(event),
        kept_until=registrations.kept_until(event),
        silent=desk_registrations.without_mail(event) if event.definition.without_email else 0,
        **values,
    )


def to_event(slug: str, done: str) -> Response:
    """Post/redirect/get: to the event's page, with a flash message."""
    return see_other("event", slug=slug, done=done)


@blueprint.get("/events/<slug>")
@may(Act.SEE_EVENTS)
def event(slug: str) -> str:
    """Seats taken, the waiting list, and the state of each registration; no names."""
    found = published_events.find(slug)
    listed = desk_registrations.list_all(found)
    everybody = listed.rows
    find = one_line(request.args.get("find"))[:LONGEST_SEARCH]
    pages = pages_of(len(everybody))
    if find:
        rows = [row for row in everybody if _letters(find) in _letters(reference(row.id))]
    else:
        rows = list(everybody[pages.start : pages.start + PER_PAGE])
    return event_page(
        "event",
        found,
        seated=[row for row in rows if row.seat],
        waiting=[row for row in rows if row.order],
        pending=[row for row in rows if row.state.is_pending],
        others=[row for row in rows if not (row.seat or row.order or row.state.is_pending)],
        total=len(everybody),
        not_ours=[reference(one) for one in listed.false],
        pages=pages,
        refused=outbox.refused() & {row.id for row in everybody},
        unmarked=sum(row.state == RegistrationState.CONFIRMED for row in everybody),
        kept=desk_registrations.counts_kept(found),
        languages=LANGUAGES,
        find=find,
        lists_people=found.definition.lists_people,
        needs_waiting=desk_registrations.needs_waiting_at(found),
        messages=event_messages.standing(found.id),
        joining=_joining(found),
        done=flash_in(EVENT_FLASHES),
    )


def _joining(event: Event) -> JoiningDetails:
    """What is set. The page says that it is, and not what it is."""
    return published_events.joining_details(event.id) if event.has_link else JoiningDetails()


def _letters(typed: str) -> str:
    """A reference, normalised for comparison."""
    return "".join(one for one in typed.upper() if one.isalnum())


def can_change(event: Event) -> bool:
    """Whether the event may still be changed: not cancelled, and not over."""
    return not event.is_cancelled and not event.is_over(clock.now())
