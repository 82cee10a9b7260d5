"""The desk's first page: the task list of today; then what is open, and what is to come."""

from collections import defaultdict
from collections.abc import Iterator

from flask import render_template
from flask_babel import gettext

from webapp.desk.events.event_list import EventRow
from webapp.desk.events.timetable import timetable
from webapp.desk.home import own_keys
from webapp.desk.home.all_well import nothing_else
from webapp.desk.home.backup_words import backup_words
from webapp.desk.home.concern_words import in_words
from webapp.desk.retention.deleting import notice
from webapp.desk.shared.blueprint import blueprint, signed_in
from webapp.desk.shared.role_guard import grants, within
from webapp.rules import clock
from webapp.rules.roles import Act, Grants
from webapp.services.answers import on_behalf_drafts
from webapp.services.desk_home import overview
from webapp.services.desk_home.concern_kinds import Concern
from webapp.services.desk_home.overview import CallCount, Today
from webapp.services.opening import shared_reading
from webapp.web.behind_proxy import is_one_network_for_all
from webapp.web.guards import may

NOON, EVENING = 12, 18
#: The page of all events has the others.
MOST_EVENTS = 3


@blueprint.get("/")
@may(Act.OWN_ACCOUNT)
def today() -> str:
    """The task list by severity, and in one line all that needs no attention."""
    found = overview.today()
    mine = grants()
    concerns = own_keys.without_me(_for(mine, found))
    watches = mine.allow(Act.WATCH)
    deleting = notice() if mine.allow(Act.STOP_DELETING) else None
    one_network = watches and is_one_network_for_all()
    own = own_keys.lines(found.concerns)
    told_above = bool(own or one_network or (deleting and deleting.is_shown))
    calls = _calls(mine, found)
    events = within(found.events, Act.SEE_EVENTS) if mine.allow(Act.SEE_EVENTS) else []
    return render_template(
        "desk/today.html",
        deleting=deleting,
        one_network=one_network,
        lines=[in_words(one) for one in concerns if not one.kind.is_standing],
        standing=[in_words(one).words for one in concerns if one.kind.is_standing],
        backups=backup_words() if watches else "",
        own_keys=own,
        shared=shared_reading.how_many(signed_in()) if mine.allow(Act.READ_SHARED) else 0,
        left_out=found.left_out,
        # Nothing is called well while some of what is stored is not as Hearth wrote it.
        nothing_else=""
        if found.any_false
        else _all_clear(found, concerns, watches=watches, told_above=told_above),
        no_answers_yet=bool(calls) and not found.submissions and not found.any_false,
        calls=[row for row in calls if row.call.accepts_answers(clock.today())],
        says_no_call=mine.allow(Act.SEE_CALLS) and not found.calls and not found.any_false,
        coming=[EventRow(event, timetable(event)) for event in events[:MOST_EVENTS]],
        more_events=max(0, len(events) - MOST_EVENTS),
        greeting=_greeting(),
        drafts=on_behalf_drafts.how_many(signed_in()),
    )


def _for(mine: Grants, found: Today) -> Iterator[Concern]:
    """What concerns this coordinator: what one of their roles can do something about, where it can."""
    owners = defaultdict(set)
    for owner_id, slug in (
        *((row.call.id, row.call.slug) for row in found.calls),
        *((event.id, event.slug) for event in found.events),
    ):
        owners[slug].add(owner_id)
    for one in found.concerns:
        scopes = mine.scopes(one.kind.act)
        if scopes is None or owners[one.slug] & scopes:
            yield one


def _calls(mine: Grants, found: Today) -> list[CallCount]:
    """The calls whose answers this coordinator may see listed."""
    scopes = mine.scopes(Act.SEE_SUBMISSIONS)
    return [row for row in found.calls if scopes is None or row.call.id in scopes]


def _all_clear(found: Today, concerns: list[Concern], *, watches: bool, told_above: bool) -> str:
    """What needs no attention: said of everything only to those who watch over everything."""
    if watches:
        return nothing_else(
            found.concerns, mails_waiting=found.mails_waiting, told_above=told_above
        )
    return "" if concerns or told_above else gettext("Nothing needs you today.")


def _greeting() -> str:
    hour = clock.now().astimezone(clock.COALITION_ZONE).hour
    if hour < NOON:
        return gettext("Good morning")
    return gettext("Good afternoon") if hour < EVENING else gettext("Good evening")
