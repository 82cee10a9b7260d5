"""Disambiguated titles: where several calls or several events have one title, each has its day beside it."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from flask_babel import gettext

from webapp.services.calls.published_calls import Call
from webapp.services.events.published_events import Event
from webapp.ui.filters import date_words, in_language


def call_titles(calls: Iterable[Call]) -> dict[UUID, str]:
    """The title of each call, by its id; with its last day where another call has the same title."""
    return _told_apart(
        (call.id, in_language(call.form.title), gettext("until %(day)s", day=_day(call.closes_on)))
        for call in calls
    )


def event_titles(events: Iterable[Event]) -> dict[UUID, str]:
    """The title of each event, by its id; with its day where another event has the same title."""
    return _told_apart(
        (event.id, in_language(event.definition.title), _event_mark(event)) for event in events
    )


def _told_apart(titled: Iterable[tuple[UUID, str, str]]) -> dict[UUID, str]:
    rows = list(titled)
    times = Counter(title for _, title, _ in rows)
    return {
        row_id: f"{title} ({mark})" if times[title] > 1 else title for row_id, title, mark in rows
    }


def _event_mark(event: Event) -> str:
    day = _day(event.time.local_start.date())
    return gettext("%(day)s, called off", day=day) if event.is_cancelled else day


def _day(day: date) -> str:
    return str(date_words(day))
