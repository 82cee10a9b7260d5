"""Names and access needs of all registrants of an event, opened in one audited act.

Disclosure is the answer to a POST, so that nothing is opened by a link, cached, or kept in a history. A search is a
field of that POST: a name never stands in an address.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import request
from flask_babel import LazyString, lazy_gettext
from werkzeug.wrappers import Response

from webapp.desk.events.event import event_page, to_event
from webapp.desk.shared.blueprint import blueprint, signed_in
from webapp.desk.shared.forms import one_line
from webapp.rules.events import access_needs
from webapp.rules.events.registration_form import (
    FOOD,
    INTERPRETER_LANGUAGE,
    NAME,
    NEEDS_NOTES,
    ORGANISATION,
    SUPPORT_PERSON,
    TRAVEL_HELP,
)
from webapp.rules.references import reference
from webapp.rules.roles import Act
from webapp.services.events import attendance_lists, desk_registrations, published_events
from webapp.services.events.attendance_lists import Person, Tick
from webapp.web.guards import may

LONGEST_SEARCH: Final = 120
#: Short labels of questions in a list: before free text, or for a yes.
SHORT: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        INTERPRETER_LANGUAGE: lazy_gettext("Interpreter:"),
        NEEDS_NOTES: lazy_gettext("Also:"),
        FOOD: lazy_gettext("Does not eat:"),
        TRAVEL_HELP: lazy_gettext("Wants us to pay for the way there and back"),
        SUPPORT_PERSON: lazy_gettext("Brings someone to support them"),
    }
)


@blueprint.post("/events/<slug>/people")
@may(Act.OPEN_NEEDS, fresh=True)
def event_open_names(slug: str) -> str:
    """Open and show names, organisations and needs of all registrants with a seat or a place in the waiting list."""
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
        not_ours=[reference(one) for one in desk_registrations.list_all(found).false],
    )


def _fits(person: Person, find: str) -> bool:
    wanted = find.casefold()
    return any(
        wanted in words.casefold()
        for words in (person.name, person.organisation, person.display_name)
    )


@blueprint.post("/events/<slug>/arranged")
@may(Act.OPEN_NEEDS)
def event_arrange_needs(slug: str) -> Response:
    """Note which needs are arranged, of those that this page showed (optimistic locking)."""
    found = published_events.find(slug)
    ticks = list(_ticks(request.form.getlist("seen")))
    as_read = attendance_lists.note_arranged(found, ticks, actor=signed_in().coordinator_id)
    return to_event(slug, "arranged" if as_read else "arranged-in-part")


def _ticks(seen: Iterable[str]) -> Iterator[Tick]:
    for one in seen:
        try:
            person, part, before = one.split(":")
            ticked = f"arranged-{person}" in request.form
            yield Tick(UUID(hex=person), UUID(hex=part), before == "yes", ticked)
        except ValueError:
            # Not from a form of ours.
            continue
