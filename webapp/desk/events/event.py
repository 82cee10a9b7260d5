"""An event at the desk: who comes by number and state, its joining link, moving it, closing it, calling it off.

Nothing here says who anybody is: names are opened in `event_people`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from typing import Any, Final, NamedTuple

from flask import render_template, request
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from webapp.desk.events.event_flash import what_was_done
from webapp.desk.events.event_forms import CALLING_OFF, MOVING, LinkForm, MoveForm
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.forms import WithReason, one_line
from webapp.desk.shared.paging import PER_PAGE, pages_of
from webapp.http import coordinator
from webapp.rules import clock
from webapp.rules.events import seats
from webapp.rules.events.event_times import clock_words
from webapp.rules.languages import LANGUAGES
from webapp.rules.references import reference
from webapp.rules.states import RegistrationState
from webapp.services.events import (
    desk_registrations,
    event_changes,
    event_messages,
    published_events,
    registrations,
)
from webapp.services.events.event_changes import AlreadyOver, CannotMove
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import outbox
from webapp.ui.event_time_text import event_when


class Marks(NamedTuple):
    """What can be noted about attendance."""

    came: RegistrationState = RegistrationState.ATTENDED
    did_not_come: RegistrationState = RegistrationState.NO_SHOW


MARKS: Final = Marks()

#: Up to here the time until the start is said in minutes, and then in whole hours.
MINUTES_SAID_UP_TO = 120
LONGEST_SEARCH = 20


@dataclass(frozen=True)
class Timetable:
    """When an event is, in words, and where it stands now."""

    when: str
    day: date
    begins: str
    link_from: str
    begun: bool
    over: bool
    #: "today, in 14 minutes"; empty when it is further away than tomorrow, or has begun.
    soon: str


def timetable(event: Event) -> Timetable:
    """An event's times on the clocks of its own zone."""
    start = event.time.local_start
    opens_at, _ = seats.link_window(event.starts_at, event.ends_at, event.link_opens_minutes)
    now = clock.now()
    return Timetable(
        when=event_when(event.time),
        day=start.date(),
        begins=clock_words(start),
        link_from=clock_words(opens_at.astimezone(start.tzinfo)),
        begun=now >= event.starts_at,
        over=event.is_over(now),
        soon=soon_words(event.starts_at, now),
    )


def soon_words(starts_at: datetime, now: datetime) -> str:
    """How near the start is, for the last two days: "today, in 14 minutes", "tomorrow"; empty otherwise."""
    days = (_local_day(starts_at) - _local_day(now)).days
    minutes = ceil((starts_at - now).total_seconds() / 60)
    if minutes <= 0 or days > 1:
        return ""
    if days == 1:
        return gettext("tomorrow")
    if minutes < MINUTES_SAID_UP_TO:
        return ngettext("today, in %(num)s minute", "today, in %(num)s minutes", minutes)
    return ngettext("today, in %(num)s hour", "today, in %(num)s hours", minutes // 60)


def _local_day(moment: datetime) -> date:
    return moment.astimezone(clock.COALITION_ZONE).date()


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


@blueprint.get("/events/<slug>")
@coordinator
def event(slug: str) -> str:
    """How many come, how many wait, and everybody's state in order: nothing of who they are."""
    found = published_events.find(slug)
    everybody = desk_registrations.list_registrations(found)
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
        others=[row for row in rows if not (row.seat or row.order)],
        total=len(everybody),
        pages=pages,
        refused=outbox.refused() & {row.id for row in everybody},
        unmarked=sum(row.state == RegistrationState.CONFIRMED for row in everybody),
        kept=desk_registrations.counts_kept(found),
        languages=LANGUAGES,
        find=find,
        lists_people=found.definition.lists_people,
        needs_waiting=desk_registrations.needs_waiting_at(found),
        messages=event_messages.standing(found.id),
        done=what_was_done(),
    )


def _letters(typed: str) -> str:
    """A reference as it is compared: however it was typed or read out."""
    return "".join(one for one in typed.upper() if one.isalnum())


@blueprint.get("/events/<slug>/link")
@coordinator
def link(slug: str) -> Response | str:
    """Where the joining link is set. The one that is set is not shown."""
    found = published_events.find(slug)
    if not can_change(found):
        return see_other("event", slug=slug, done="too-late")
    form = LinkForm(is_set=found.has_link)
    form.minutes.data = str(found.link_opens_minutes)
    return event_page("event_link", found, form=form, problems=[])


@blueprint.post("/events/<slug>/link")
@coordinator
def set_link(slug: str) -> Response | tuple[str, int]:
    """Set the joining link and its window."""
    found = published_events.find(slug)
    if not can_change(found):
        return see_other("event", slug=slug, done="too-late")
    form = LinkForm(is_set=found.has_link)
    if not form.validate():
        return event_page("event_link", found, form=form, problems=form.problems), 400
    new = form.link.data or published_events.joining_link(found.id) or ""
    published_events.set_joining_link(
        found.id, new, opens_minutes=form.opens_minutes, actor=signed_in().coordinator_id
    )
    return see_other("event", slug=slug, done="link")


# Changing the event


def can_change(event: Event) -> bool:
    """Whether there is still something to change: it is not off, and not over."""
    return not event.is_cancelled and not event.is_over(clock.now())


@blueprint.get("/events/<slug>/move")
@coordinator
def move(slug: str) -> Response | str:
    """To which day and time."""
    found = published_events.find(slug)
    if not can_change(found):
        return see_other("event", slug=slug, done="too-late")
    form = MoveForm(MOVING, found)
    start = found.time.local_start
    form.day.data, form.month.data, form.year.data = map(str, (start.day, start.month, start.year))
    form.time.data = f"{start:%H:%M}"
    return event_page("event_move", found, form=form, problems=[])


@blueprint.post("/events/<slug>/move")
@coordinator
def move_now(slug: str) -> Response | str | tuple[str, int]:
    """Show the new time in words; move the event once somebody has said yes to them."""
    found = published_events.find(slug)
    if not can_change(found):
        return see_other("event", slug=slug, done="too-late")
    form = MoveForm(MOVING, found)
    if not form.validate() or form.moved_to is None:
        return event_page("event_move", found, form=form, problems=form.problems), 400
    if "sure" not in request.form:
        return event_page("event_moving", found, form=form, moved_to=form.moved_to)
    try:
        event_changes.move(
            found.id,
            form.moved_to.starts_at,
            actor=signed_in().coordinator_id,
            reason=form.reason,
        )
    except CannotMove:
        return see_other("event", slug=slug, done="too-late")
    return see_other("event", slug=slug, done="moved")


@blueprint.get("/events/<slug>/close")
@coordinator
def confirm_close(slug: str) -> Response | str:
    """What closing registration means, before it is done."""
    found = published_events.find(slug)
    if not found.is_open or clock.now() >= found.starts_at:
        return see_other("event", slug=slug, done="too-late")
    return event_page("event_close", found)


@blueprint.post("/events/<slug>/close")
@coordinator
def close(slug: str) -> Response:
    """Take no more registrations."""
    found = published_events.find(slug)
    if not found.is_open:
        return see_other("event", slug=slug)
    event_changes.close(found.id, actor=signed_in().coordinator_id)
    return see_other("event", slug=slug, done="closed")


@blueprint.get("/events/<slug>/call-off")
@coordinator
def call_off(slug: str) -> Response | str:
    """What happens when the event is called off, before it is."""
    found = published_events.find(slug)
    if not can_change(found):
        return see_other("event", slug=slug, done="too-late")
    return event_page("event_call_off", found, form=WithReason(CALLING_OFF), problems=[])


@blueprint.post("/events/<slug>/call-off")
@coordinator
def call_off_now(slug: str) -> Response | tuple[str, int]:
    """Call the event off for everybody."""
    found = published_events.find(slug)
    form = WithReason(CALLING_OFF)
    if not form.validate():
        return event_page("event_call_off", found, form=form, problems=form.problems), 400
    try:
        event_changes.call_off(found.id, actor=signed_in().coordinator_id, reason=form.reason)
    except AlreadyOver:
        return see_other("event", slug=slug, done="too-late")
    return see_other("event", slug=slug, done="called-off")
