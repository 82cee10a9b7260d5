"""Search for a caller: clues are compared in memory with decrypted parts, and only matching participants come out.

One search is one audited act for each call that it goes through, with the number of submissions opened and never the
clues. Each person whose details are compared can read that in *My choices*; those who match read that a worker saw it.
It has a rate limit of its own, so that a desk left open does not allow user enumeration.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from webapp.models import Consent, Part, Submission
from webapp.rules.audit_events import AuditEvent
from webapp.rules.consent import lets_reach
from webapp.rules.contact import caller_matching
from webapp.rules.contact.caller_matching import Clue, Clues
from webapp.rules.looks import LookKind
from webapp.rules.references import reference
from webapp.services.answers import consents, stored_consents
from webapp.services.answers.stored_consents import StoredConsents
from webapp.services.answers.submission_locks import lock_submissions
from webapp.services.calls import form_versions
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, limits, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure, looks
from webapp.services.opening.looks import BATCH
from webapp.services.opening.missing_keys import Attempt, entered_as_tried

#: More matches than so many are no match: then one more thing must be asked.
MOST = 20


@dataclass(frozen=True)
class Found:
    """One participant whom a caller may be. `name` is as they gave it, and only where it is what matched."""

    submission_id: UUID
    title: Mapping[str, str]
    received_on: date
    matched: tuple[Clue, ...]
    name: str = field(default="", repr=False)


@dataclass(frozen=True)
class Search:
    """Those who match, the best first; how many more there are; how many parts do not open, or are false."""

    found: tuple[Found, ...]
    more: int
    damaged: int


def search(holder: Holder, chosen: Sequence[Call], clues: Clues, reason: str) -> Search:
    """Search for a caller among all participants of these calls.

    Contact details are opened for a name, a number or an address, and only of those who said that we may use them;
    answers only for words. A reference opens nothing.
    Raises `TooMany`, `NotAuthorisedToOpen`, `StoreUnavailable`.
    """
    limits.take_for("caller-search", holder.coordinator_id.hex)
    with ExitStack() as tried, stores.writing() as main:
        people = stored_consents.where(main, Submission.call_id.in_([one.id for one in chosen]))
        parts = _to_open(main, chosen, clues, people)
        for call in chosen:
            attempt = Attempt(AuditEvent.CALLER_SEARCHED, call.id, f"{reason} (0 opened)")
            tried.enter_context(entered_as_tried(holder, attempt))
        ours = genuine(parts)
        disclosure.require_keys(main, holder, ours)
        _leave_looks(main, holder, LookKind.SEARCHED, {part.bound_to for part in parts})
        for call in chosen:
            opened = len({part.submission_id for part in parts if part.call_id == call.id})
            told = f"{reason} ({opened} opened)"
            audit.enter(main, holder.coordinator_id, AuditEvent.CALLER_SEARCHED, call.id, told)
    answers: dict[UUID, dict[str, dict[str, Any]]] = {}
    opened_parts = 0
    for part, content in disclosure.open_contents(holder, ours, leave_out_damaged=True):
        opened_parts += 1
        answers.setdefault(part.bound_to, {})[part.purpose] = content.answers
    titles = {call.id: call.form.title for call in chosen}
    genuine_people = genuine(one.submission for one in people.values())
    matching = _matching(genuine_people, answers, clues, titles)
    shown = tuple(matching[:MOST])
    # Before the coordinator sees them. Of those whom a reference alone found, nothing was opened.
    if seen := {one.submission_id for one in shown} & answers.keys():
        with stores.writing() as main:
            _leave_looks(main, holder, LookKind.MATCHED, seen)
    return Search(
        shown,
        more=max(0, len(matching) - MOST),
        damaged=len(parts) - opened_parts,
    )


def _leave_looks(
    main: Session, holder: Holder, kind: LookKind, submission_ids: Collection[UUID]
) -> None:
    """Leave a look with these people, as far as they are still here: in batches, in the order of their ids."""
    wanted = sorted(submission_ids)
    for start in range(0, len(wanted), BATCH):
        here = lock_submissions(main, wanted[start : start + BATCH])
        rows = select(Submission.id, Submission.call_id).where(Submission.id.in_(here))
        looks.leave_searched(main, holder, kind, [(one, call) for one, call in main.execute(rows)])


def _to_open(
    main: Session,
    chosen: Iterable[Call],
    clues: Clues,
    people: Mapping[UUID, StoredConsents],
) -> list[Part]:
    return [
        part
        for call in chosen
        for part in _found_in(main, call, clues)
        if part.purpose == "testimony" or _may_be_used(call, people.get(part.bound_to))
    ]


def _may_be_used(call: Call, consents_of: StoredConsents | None) -> bool:
    """Contact details only where a consent to use them stands: pages promise that no others are used."""
    reaching = {
        wording.purpose for wording in form_versions.every_consent(call) if lets_reach(wording)
    }
    return consents_of is not None and bool(reaching & consents_of.standing)


def _found_in(main: Session, call: Call, clues: Clues) -> list[Part]:
    """The parts that may be opened, false ones included, by the consents as SQL sees them."""
    reaching = [
        wording.purpose for wording in form_versions.every_consent(call) if lets_reach(wording)
    ]
    may_be_used = exists().where(
        Consent.submission_id == Part.submission_id,
        Consent.purpose.in_(reaching),
        consents.stands(Consent),
    )
    kinds = []
    if clues.about_contact or clues.words:
        kinds.append(and_(Part.purpose == "contact", may_be_used))
    if clues.words:
        kinds.append(Part.purpose == "testimony")
    if not kinds:
        return []
    query = select(Part).where(Part.call_id == call.id, or_(*kinds)).order_by(Part.id)
    return list(main.scalars(query.execution_options(**TOLERANT)))


def _matching(
    people: Iterable[Submission],
    answers: Mapping[UUID, Mapping[str, dict[str, Any]]],
    clues: Clues,
    titles: Mapping[UUID, Mapping[str, str]],
) -> list[Found]:
    found = []
    for person in people:
        said = answers.get(person.id, {})
        contact = said.get("contact", {})
        matched = caller_matching.matches(clues, contact, said.get("testimony", {}))
        if clues.reference and caller_matching.same_reference(
            clues.reference, reference(person.id)
        ):
            matched += (Clue.REFERENCE,)
        if matched:
            name = caller_matching.name_given(contact) if Clue.NAME in matched else ""
            title = titles[person.call_id]
            found.append(Found(person.id, title, person.received_on, matched, name))
    return sorted(found, key=lambda one: (-len(one.matched), one.submission_id))
