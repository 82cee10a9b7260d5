"""An event at the desk: who comes by number and state, its joining link, moving it, closing it, calling it off.

Nothing here says who anybody is. The list for the room, which has the names that people chose to be called by, is
opened by a POST and answered with the page itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import ceil
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from flask import render_template, request
from flask_babel import LazyString, gettext, lazy_gettext, ngettext
from werkzeug.wrappers import Response

from webapp.desk.door import blueprint, see_other, signed_in
from webapp.desk.event_forms import CALLING_OFF, MOVING, LinkForm, MoveForm
from webapp.desk.forms import WithReason
from webapp.desk.paging import PER_PAGE, pages_of
from webapp.http import coordinator
from webapp.rules import clock, seats
from webapp.rules.event_times import clock_words
from webapp.rules.languages import LANGUAGES
from webapp.services import attendance, event_changes, events, outbox, registrations
from webapp.services.attendance import NotNow, RegistrationRow
from webapp.services.event_changes import AlreadyOver, CannotMove
from webapp.services.events import Event
from webapp.services.registrations import NoSuchRegistration
from webapp.ui.times import event_when

MARKS: Final[tuple[seats.State, ...]] = ("attended", "no_show")

#: Up to here the time until the start is said in minutes, and then in whole hours.
MINUTES_SAID_UP_TO = 120

#: What was just done, after the redirect; True where it worked. The address carries the key.
DONE: Final[Mapping[str, tuple[LazyString, bool]]] = MappingProxyType(
    {
        "link": (lazy_gettext("The joining link is set."), True),
        "moved": (
            lazy_gettext("The event has been moved. We will e-mail everyone who gave an address."),
            True,
        ),
        "closed": (lazy_gettext("Registration is closed. People who have a seat keep it."), True),
        "called-off": (
            lazy_gettext(
                "The event has been called off. We will e-mail everyone who gave an address."
            ),
            True,
        ),
        "marked": (lazy_gettext("Saved. The list shows who came."), True),
        "promoted": (lazy_gettext("They now have a seat, and their booking page says so."), True),
        "first": (lazy_gettext("They are now at the front of the waiting list."), True),
        "cancelled": (
            lazy_gettext("The registration has been cancelled, and their booking page says so."),
            True,
        ),
        "address": (
            lazy_gettext("The address is corrected. We are e-mailing them a new link."),
            True,
        ),
        "same-address": (
            lazy_gettext(
                "Nothing was changed, because we have this address already. "
                "You can send them the link again."
            ),
            False,
        ),
        "link-again": (lazy_gettext("We are e-mailing them the link again."), True),
        "no-address": (
            lazy_gettext("Nothing was sent. They did not give us an e-mail address."),
            False,
        ),
        "link-often": (
            lazy_gettext(
                "Nothing was sent, because we have just sent the link several times. "
                "Check the address, or try again in an hour."
            ),
            False,
        ),
        "too-late": (
            lazy_gettext(
                "Nothing was changed. Someone else made a change first, or it is too late. "
                "This page shows how things are now."
            ),
            False,
        ),
    }
)


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


def what_was_done() -> tuple[LazyString, bool] | None:
    """What to say on top of a page that somebody was led to after doing something."""
    return DONE.get(request.args.get("done", ""))


def _page(template: str, event: Event, **values: Any) -> str:
    return render_template(
        f"desk/{template}.html",
        event=event,
        times=timetable(event),
        due_on=registrations.due_on(event),
        silent=attendance.without_mail(event) if event.definition.without_email else 0,
        **values,
    )


@blueprint.get("/events/<slug>")
@coordinator
def event(slug: str) -> str:
    """How many come, how many wait, and everybody's state in order: nothing of who they are."""
    found = events.find(slug)
    everybody = attendance.list_registrations(found)
    pages = pages_of(len(everybody))
    rows = everybody[pages.start : pages.start + PER_PAGE]
    return _page(
        "event",
        found,
        seated=[row for row in rows if row.seat],
        waiting=[row for row in rows if row.order],
        others=[row for row in rows if not (row.seat or row.order)],
        total=len(everybody),
        pages=pages,
        refused=outbox.refused() & {row.id for row in everybody},
        unmarked=sum(row.state == seats.CONFIRMED for row in everybody),
        kept=attendance.counts_kept(found),
        languages=LANGUAGES,
        done=what_was_done(),
    )


# The room


@blueprint.post("/events/<slug>/list")
@coordinator
def open_list(slug: str) -> str:
    """Open and show who comes, by the names that they chose for the room."""
    found = events.find(slug)
    return _page("attendance", found, people=attendance.open_list(signed_in(), found), marks=MARKS)


@blueprint.post("/events/<slug>/attendance")
@coordinator
def note_attendance(slug: str) -> Response:
    """Note of everybody on the list who came and who did not. Whoever was left open stays so."""
    found = events.find(slug)
    actor = signed_in().coordinator_id
    for row in attendance.list_registrations(found):
        mark = next(
            (mark for mark in MARKS if request.form.get(f"came-{row.id.hex}") == mark), None
        )
        if mark and mark != row.state and not _mark(row, mark, actor):
            return see_other("event", slug=slug, done="too-late")
    return see_other("event", slug=slug, done="marked")


def _mark(row: RegistrationRow, mark: seats.State, actor: UUID) -> bool:
    try:
        attendance.mark(row.id, mark, actor=actor)
    except NotNow:
        return False
    except NoSuchRegistration:
        # Erased while the list was open: there is nothing left to note.
        return True
    return True


@blueprint.get("/events/<slug>/link")
@coordinator
def link(slug: str) -> Response | str:
    """Where the joining link is set. The one that is set is not shown."""
    found = events.find(slug)
    if not _can_change(found):
        return see_other("event", slug=slug, done="too-late")
    form = LinkForm(is_set=found.has_link)
    form.minutes.data = str(found.link_opens_minutes)
    return _page("event_link", found, form=form, problems=[])


@blueprint.post("/events/<slug>/link")
@coordinator
def set_link(slug: str) -> Response | tuple[str, int]:
    """Set the joining link and its window."""
    found = events.find(slug)
    if not _can_change(found):
        return see_other("event", slug=slug, done="too-late")
    form = LinkForm(is_set=found.has_link)
    if not form.validate():
        return _page("event_link", found, form=form, problems=form.problems), 400
    new = form.link.data or events.joining_link(found.id) or ""
    events.set_joining_link(
        found.id, new, opens_minutes=form.opens_minutes, actor=signed_in().coordinator_id
    )
    return see_other("event", slug=slug, done="link")


# Changing the event


def _can_change(event: Event) -> bool:
    return event.state != events.CANCELLED and not event.is_over(clock.now())


@blueprint.get("/events/<slug>/move")
@coordinator
def move(slug: str) -> Response | str:
    """To which day and time."""
    found = events.find(slug)
    if not _can_change(found):
        return see_other("event", slug=slug, done="too-late")
    form = MoveForm(MOVING, found)
    start = found.time.local_start
    form.day.data, form.month.data, form.year.data = map(str, (start.day, start.month, start.year))
    form.time.data = f"{start:%H:%M}"
    return _page("event_move", found, form=form, problems=[])


@blueprint.post("/events/<slug>/move")
@coordinator
def move_now(slug: str) -> Response | str | tuple[str, int]:
    """Show the new time in words; move the event once somebody has said yes to them."""
    found = events.find(slug)
    if not _can_change(found):
        return see_other("event", slug=slug, done="too-late")
    form = MoveForm(MOVING, found)
    if not form.validate() or form.moved_to is None:
        return _page("event_move", found, form=form, problems=form.problems), 400
    if "sure" not in request.form:
        return _page("event_moving", found, form=form, moved_to=form.moved_to)
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


@blueprint.post("/events/<slug>/close")
@coordinator
def close(slug: str) -> Response:
    """Take no more registrations."""
    found = events.find(slug)
    if found.state != events.OPEN:
        return see_other("event", slug=slug)
    event_changes.close(found.id, actor=signed_in().coordinator_id)
    return see_other("event", slug=slug, done="closed")


@blueprint.get("/events/<slug>/call-off")
@coordinator
def call_off(slug: str) -> Response | str:
    """What happens when the event is called off, before it is."""
    found = events.find(slug)
    if not _can_change(found):
        return see_other("event", slug=slug, done="too-late")
    return _page("event_call_off", found, form=WithReason(CALLING_OFF), problems=[])


@blueprint.post("/events/<slug>/call-off")
@coordinator
def call_off_now(slug: str) -> Response | tuple[str, int]:
    """Call the event off for everybody."""
    found = events.find(slug)
    form = WithReason(CALLING_OFF)
    if not form.validate():
        return _page("event_call_off", found, form=form, problems=form.problems), 400
    try:
        event_changes.call_off(found.id, actor=signed_in().coordinator_id, reason=form.reason)
    except AlreadyOver:
        return see_other("event", slug=slug, done="too-late")
    return see_other("event", slug=slug, done="called-off")
