"""The desk's first page: the task list of today; then what is open, and what is to come."""

from flask import render_template
from flask_babel import gettext

from webapp.desk.events.event_list import EventRow
from webapp.desk.events.timetable import timetable
from webapp.desk.home.all_well import nothing_else
from webapp.desk.home.concern_words import in_words
from webapp.desk.retention.deleting import notice
from webapp.desk.shared.blueprint import blueprint, signed_in
from webapp.rules import clock
from webapp.services.answers import on_behalf_drafts
from webapp.services.desk_home import overview
from webapp.web.behind_proxy import is_one_network_for_all
from webapp.web.guards import coordinator

NOON, EVENING = 12, 18
#: The page of all events has the others.
MOST_EVENTS = 3


@blueprint.get("/")
@coordinator
def today() -> str:
    """The task list by severity, and in one line all that needs no attention."""
    found = overview.today()
    return render_template(
        "desk/today.html",
        deleting=notice(),
        one_network=is_one_network_for_all(),
        lines=[in_words(one) for one in found.concerns if not one.kind.is_standing],
        standing=[in_words(one).words for one in found.concerns if one.kind.is_standing],
        left_out=found.left_out,
        # Nothing is called well while some of what is stored is not as Hearth wrote it.
        nothing_else=""
        if found.any_false
        else nothing_else(found.concerns, mails_waiting=found.mails_waiting),
        no_answers_yet=bool(found.calls) and not found.submissions and not found.any_false,
        calls=[row for row in found.calls if row.call.accepts_answers(clock.today())],
        says_no_call=not found.calls and not found.any_false,
        coming=[EventRow(event, timetable(event)) for event in found.events[:MOST_EVENTS]],
        more_events=max(0, len(found.events) - MOST_EVENTS),
        greeting=_greeting(),
        drafts=on_behalf_drafts.how_many(signed_in()),
    )


def _greeting() -> str:
    hour = clock.now().astimezone(clock.COALITION_ZONE).hour
    if hour < NOON:
        return gettext("Good morning")
    return gettext("Good afternoon") if hour < EVENING else gettext("Good evening")
