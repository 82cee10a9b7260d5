"""The Record page: the audit log in plain words, by days, with keyset pagination and filters in the address."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from flask import render_template, request, url_for
from flask_babel import format_date, gettext

from webapp.desk.record.audit_words import FILTER_WORDS, event_words, reason_words
from webapp.desk.record.record_check import FLASHES
from webapp.desk.shared.blueprint import blueprint
from webapp.desk.shared.date_field import day_typed
from webapp.desk.shared.flash import flash_in
from webapp.desk.shared.forms import one_line
from webapp.desk.shared.role_guard import grants
from webapp.desk.shared.unique_titles import call_titles, event_titles
from webapp.desk.shared.words import ACTORS, actor_words, capacity_words
from webapp.rules import clock
from webapp.rules.audit_events import RecordFilter, Source, Subject
from webapp.rules.references import ids_with, reference
from webapp.rules.roles import Act
from webapp.services.calls import published_calls
from webapp.services.events import published_events
from webapp.services.infrastructure import audit_reading, record_check
from webapp.services.infrastructure.audit import AuditLine
from webapp.services.infrastructure.audit_reading import RecordPage, Shown, Wanted
from webapp.services.keys import coordinators, organisations
from webapp.web.guards import may

#: Beyond it, neither database takes a number (64 bits with a sign).
LARGEST_NUMBER: Final = 2**63
#: So many acts of people themselves are listed for each day; the filter has the others.
MOST_OF_PEOPLE: Final = 10
#: Who acts and is no coordinator, as the record knows them.
ACTING = (Source.PUBLIC, Source.WORKER, Source.OPERATOR)


@dataclass(frozen=True)
class Line:
    """One entry as it is read. `about` may have an address to look at."""

    number: int
    when: str
    who: str
    #: Their roles and their organisation at that time.
    capacity: str
    what: str
    about: str
    address: str | None
    reason: str
    #: It is not as it was written, or the entry before it is gone.
    altered: bool


@dataclass(frozen=True)
class Day:
    """The entries of one day; what people did themselves apart; how much of both was left out."""

    day: date
    heading: str
    lines: tuple[Line, ...]
    routine: int
    people: tuple[Line, ...]
    more_people: int


@dataclass(frozen=True)
class Filters:
    """The filter values, to be shown in the form again, and those that could not be parsed."""

    typed: Mapping[str, str]
    wanted: Wanted
    problems: tuple[tuple[str, str], ...]

    @property
    def chosen(self) -> dict[str, str]:
        """Every filter that is set, for the links to other pages."""
        return {name: value for name, value in self.typed.items() if value}


@dataclass(frozen=True)
class Known:
    """Names for the ids that entries are about."""

    coordinators: Mapping[str, str]
    organisations: Mapping[str, str]
    owners: Mapping[UUID, tuple[str, str | None]]
    still_here: Mapping[UUID, Shown]


@blueprint.get("/record")
@may(Act.SEE_RECORD)
def record() -> str:
    """One page of the record, the newest first, with what the last check said."""
    names, owners = coordinators.names(), _owners()
    filters = _filters(owners)
    page = audit_reading.read(
        filters.wanted,
        before=request.args.get("before", type=_number),
        after=request.args.get("after", type=_number),
    )
    lines = (*page.lines, *page.people)
    here = audit_reading.still_here(line.subject_id for line in lines if line.subject_id)
    return render_template(
        "desk/record.html",
        days=_days(page, Known(names, organisations.names(), owners, here)),
        page=page,
        filters=filters,
        problems=filters.problems,
        kinds=FILTER_WORDS,
        people=[*names.items(), *((key, ACTORS[key]) for key in ACTING)],
        owners=[(owner_id.hex, title) for owner_id, (title, _) in owners.items()],
        standing=record_check.standing(),
        is_any_altered=any(not line.holds for line in lines),
        done=flash_in(FLASHES),
    )


def _number(typed: str) -> int:
    """An entry's number as an address has it. Raises `ValueError` for one that no database can have."""
    found = int(typed)
    if not 0 <= found < LARGEST_NUMBER:
        raise ValueError(typed)
    return found


def _owners() -> dict[UUID, tuple[str, str | None]]:
    """Title of every call and event, and its address where it is for a role of this coordinator."""
    every_call, every_event = list(published_calls.all_calls()), list(published_events.all_events())
    titles = call_titles(every_call) | event_titles(every_event)
    return {
        one.id: (titles[one.id], _owner_address(one.id, one.slug, endpoint, act))
        for found, endpoint, act in (
            (every_call, "desk.call", Act.SEE_SUBMISSIONS),
            (every_event, "desk.event", Act.SEE_EVENTS),
        )
        for one in found
    }


def _owner_address(owner_id: UUID, slug: str, endpoint: str, act: Act) -> str | None:
    return url_for(endpoint, slug=slug) if grants().allow_in(act, owner_id) else None


# Filters


def _filters(owners: Mapping[UUID, object]) -> Filters:
    names = ("kind", "who", "where", "reference", "since", "until")
    typed = {name: one_line(request.args.get(name))[:60] for name in names}
    problems: list[tuple[str, str]] = []
    ids = ids_with(typed["reference"]) if typed["reference"] else None
    if typed["reference"] and ids is None:
        words = gettext("Enter the reference as it stands on the person’s page, like K7Q-M2X-HB4")
        problems.append(("reference", words))
    days = {name: day_typed(typed[name]) for name in ("since", "until")}
    problems += [
        (name, gettext("Enter the day like 28/11/2026"))
        for name, day in days.items()
        if typed[name] and day is None
    ]
    owner = next((one for one in owners if one.hex == typed["where"]), None)
    wanted = Wanted(
        _kind(typed["kind"]), typed["who"] or None, owner, ids, days["since"], days["until"]
    )
    return Filters(typed, wanted, tuple(problems))


def _kind(typed: str) -> RecordFilter | None:
    return next((kind for kind in RecordFilter if kind == typed), None)


# Lines


def _days(page: RecordPage, known: Known) -> list[Day]:
    """The entries by days, newest first. What people did themselves is entered later, under its own day."""
    routine = Counter(_day_of(line) for line in page.routine)
    lines, people = _by_day(page.lines), _by_day(page.people)
    return [
        Day(
            day,
            format_date(day, "EEEE d MMMM y"),
            _in_words(lines[day], known),
            routine[day],
            _in_words(people[day][:MOST_OF_PEOPLE], known),
            max(0, len(people[day]) - MOST_OF_PEOPLE),
        )
        for day in sorted(lines.keys() | people.keys() | routine.keys(), reverse=True)
    ]


def _by_day(lines: Iterable[AuditLine]) -> defaultdict[date, list[AuditLine]]:
    found: defaultdict[date, list[AuditLine]] = defaultdict(list)
    for line in lines:
        found[_day_of(line)].append(line)
    return found


def _in_words(lines: Iterable[AuditLine], known: Known) -> tuple[Line, ...]:
    return tuple(_line(line, known) for line in lines)


def _day_of(line: AuditLine) -> date:
    # Of what people do themselves only the day is kept.
    zone = UTC if line.source is Source.PUBLIC else clock.COALITION_ZONE
    return line.at.astimezone(zone).date()


def _line(line: AuditLine, known: Known) -> Line:
    about, address = _about(line, known)
    return Line(
        line.n,
        _when(line),
        actor_words(_actor(line), known.coordinators),
        capacity_words(line.capacity, known.organisations),
        event_words(line, known.organisations),
        about,
        address,
        reason_words(line),
        altered=not line.holds,
    )


def _actor(line: AuditLine) -> str:
    by_registrant = (
        line.source is Source.PUBLIC
        and line.event is not None
        and line.event.subject is Subject.REGISTRATION
    )
    return "registrant" if by_registrant else line.actor


def _when(line: AuditLine) -> str:
    if line.source is Source.PUBLIC:
        return ""
    return f"{line.at.astimezone(clock.COALITION_ZONE):%H:%M}"


def _about(line: AuditLine, known: Known) -> tuple[str, str | None]:
    subject = line.subject_id
    if subject is None:
        return "", None
    if subject in known.owners:
        return known.owners[subject]
    if subject.hex in known.organisations:
        return known.organisations[subject.hex], None
    # Where an operator did something for a coordinator.
    if name := known.coordinators.get(str(subject)):
        return ("" if line.actor == str(subject) else name), None
    here = known.still_here.get(subject)
    if here == "export":
        about = gettext("list %(reference)s", reference=reference(subject))
        return about, _address(here, subject)
    return reference(subject), _address(here, subject)


#: Where each is looked at, the name of its id in the address, and what that page is for.
_PAGES: Final[Mapping[Shown, tuple[str, str, Act]]] = MappingProxyType(
    {
        "export": ("desk.export", "export_id", Act.EXPORT_CONTACTS),
        "submission": ("desk.submission", "submission_id", Act.SEE_SUBMISSIONS),
        "registration": ("desk.registration", "registration_id", Act.OPEN_REGISTRATIONS),
    }
)


def _address(here: Shown | None, subject_id: UUID) -> str | None:
    """Where to look at it; None where it was deleted, or is not for this coordinator's roles everywhere."""
    if here is None:
        return None
    endpoint, name, act = _PAGES[here]
    if grants().scopes(act) is not None:
        return None
    named: dict[str, Any] = {name: subject_id}
    return url_for(endpoint, **named)
