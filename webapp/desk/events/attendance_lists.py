"""Everyone at an event, opened in one audited act: names and needs, the attendance list, the list of participants.

Each page is the answer to a POST, so that nothing is opened by a link, cached, or kept in a history. A search is a
field of such a POST: a name never stands in an address.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import request
from flask_babel import LazyString, lazy_gettext
from werkzeug.wrappers import Response

from webapp.desk.events.event import MARKS, event_page
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.forms import one_line
from webapp.http import coordinator
from webapp.rules.events import access_needs
from webapp.rules.events.registration_form import (
    INTERPRETER_LANGUAGE,
    NAME,
    NEEDS_NOTES,
    ORGANISATION,
    SUPPORT_PERSON,
)
from webapp.rules.states import RegistrationState
from webapp.services.events import attendance_lists, desk_registrations, published_events
from webapp.services.events.attendance_lists import Person, Tick
from webapp.services.events.desk_registrations import NotNow, RegistrationRow
from webapp.services.events.registrations import NoSuchRegistration

LONGEST_SEARCH: Final = 120
#: What stands for a question in a list, which a whole question would fill: before someone's own words, or for a yes.
SHORT: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        INTERPRETER_LANGUAGE: lazy_gettext("Interpreter:"),
        NEEDS_NOTES: lazy_gettext("Also:"),
        SUPPORT_PERSON: lazy_gettext("Brings someone to support them"),
    }
)


@blueprint.post("/events/<slug>/people")
@coordinator
def open_people(slug: str) -> str:
    """Open and show names, organisations and needs of everyone who has a seat or waits."""
    found = published_events.find(slug)
    people = attendance_lists.open_people(signed_in(), found)
    find = one_line(request.form.get("find"))[:LONGEST_SEARCH]
    seated = [person for person in people if person.seat]
    shown = [person for person in people if _fits(person, find)]
    if request.form.get("by") != "seat":
        shown.sort(key=lambda person: person.sorts_as)
    asked = {question.key for question in found.definition.form.questions}
    return event_page(
        "event_people",
        found,
        seated=[person for person in shown if person.seat],
        waiting=[person for person in shown if not person.seat],
        waiting_count=len(people) - len(seated),
        counted=access_needs.added_up(person.needs for person in seated),
        words=[
            (person.seat, person.language, question, written)
            for person in seated
            for question, written in person.needs.words
        ],
        asks_names=bool(asked & {NAME, ORGANISATION}),
        short=SHORT,
        find=find,
    )


def _fits(person: Person, find: str) -> bool:
    wanted = find.casefold()
    return any(
        wanted in words.casefold()
        for words in (person.name, person.organisation, person.display_name)
    )


@blueprint.post("/events/<slug>/arranged")
@coordinator
def note_arranged(slug: str) -> Response:
    """Note whose needs are arranged, of those that this page showed."""
    found = published_events.find(slug)
    ticks = list(_ticks(request.form.getlist("seen")))
    as_read = attendance_lists.note_arranged(found, ticks, actor=signed_in().coordinator_id)
    return see_other("event", slug=slug, done="arranged" if as_read else "arranged-in-part")


def _ticks(seen: Iterable[str]) -> Iterator[Tick]:
    for one in seen:
        try:
            person, part, before = one.split(":")
            ticked = f"arranged-{person}" in request.form
            yield Tick(UUID(hex=person), UUID(hex=part), before == "yes", ticked)
        except ValueError:
            # Nothing that our page sends.
            continue


@blueprint.post("/events/<slug>/participants")
@coordinator
def open_participants(slug: str) -> Response | str:
    """Open and show who agreed to be named to the others."""
    found = published_events.find(slug)
    if not found.definition.lists_people:
        return see_other("event", slug=slug)
    people = attendance_lists.open_participants(signed_in(), found)
    return event_page("event_participants", found, people=people, others=found.taken - len(people))


# The attendance list


@blueprint.post("/events/<slug>/list")
@coordinator
def open_list(slug: str) -> str:
    """Open and show who comes, by the names that they chose for the room."""
    found = published_events.find(slug)
    people = desk_registrations.open_list(signed_in(), found)
    return event_page("attendance", found, people=people, marks=MARKS)


@blueprint.post("/events/<slug>/attendance")
@coordinator
def note_attendance(slug: str) -> Response:
    """Note of everybody on the list who came and who did not. Whoever was left open stays so."""
    found = published_events.find(slug)
    actor = signed_in().coordinator_id
    for row in desk_registrations.list_registrations(found):
        mark = next(
            (mark for mark in MARKS if request.form.get(f"came-{row.id.hex}") == mark), None
        )
        if mark and mark != row.state and not _mark(row, mark, actor):
            return see_other("event", slug=slug, done="too-late")
    return see_other("event", slug=slug, done="marked")


def _mark(row: RegistrationRow, mark: RegistrationState, actor: UUID) -> bool:
    try:
        desk_registrations.mark(row.id, mark, actor=actor)
    except NotNow:
        return False
    except NoSuchRegistration:
        # Erased while the list was open: there is nothing left to note.
        return True
    return True
