"""Data portability (GDPR, article 20): all that is held for one receipt, for programs, with every consent decision."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from webapp.models import Consent, ConsentStatement
from webapp.rules.forms.texts import text_in
from webapp.services.answers import looks, shared_with
from webapp.services.answers.looks import ListEnd, OneLook
from webapp.services.answers.own_copies import Held
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, is_genuine


@dataclass(frozen=True)
class Decision:
    """One entry in the history of a participant's consents: given or taken back, its day and its exact words."""

    purpose: str
    granted: bool
    on: date
    text: str
    language: str


def history(held: Held) -> tuple[Decision, ...]:
    """Every permission that was given and taken back, in the order of each purpose's numbers.

    Raises `StoreUnavailable`.
    """
    with stores.reading() as main:
        rows = main.execute(
            select(Consent, ConsentStatement)
            .join(ConsentStatement, ConsentStatement.id == Consent.statement_id)
            .where(Consent.submission_id == held.submission_id)
            .order_by(Consent.purpose, Consent.n)
            .execution_options(**TOLERANT)
        ).all()
    return tuple(
        _decision(held, consent, statement) for consent, statement in rows if is_genuine(consent)
    )


def _decision(held: Held, consent: Consent, statement: ConsentStatement) -> Decision:
    """One decision; in the words of the form, where the stored ones were changed by hand."""
    words = (statement.wording, statement.language)
    asked = held.form.consent(consent.purpose)
    if not is_genuine(statement):
        words = text_in(asked.text, held.language) if asked else ("", held.language)
    return Decision(consent.purpose, consent.granted, consent.changed_on, *words)


def machine_readable(held: Held) -> bytes:
    """Data portability (GDPR, article 20): all of a participant's own answers and consents as JSON, by the form's keys.

    `members` and `shared_with`: the member organisations that a consent to share covers, and those it was used for.
    `answers` holds those of every part, `parts` says which belong to which, `unreadable` which parts are damaged,
    `consents_unclear` whether what is stored of the consents is, so that none is used;
    `history` is every yes and no there was, which is read for this alone. `looked` says who has opened what, and
    `compared_on` on which days details were compared with what callers said, `resealed_on` on which days they were
    sealed anew to newer keys and read by no one (`services.answers.looks`).
    `not_to_be_contacted_since` and `changed_for_you_on` are null unless a coordinator did what was asked by phone.
    Raises `StoreUnavailable`.
    """
    looked = looks.find(held)
    content = {
        "format": 2,
        "call": held.slug,
        "form_version": held.form_version,
        "language": held.language,
        "received_on": held.received_on.isoformat(),
        "typed_by": held.typed_by,
        "answers": held.answers,
        "parts": {purpose: sorted(answers) for purpose, answers in held.by_part.items()},
        "unreadable": sorted(held.unreadable),
        "consents": [
            {
                "purpose": consent.purpose,
                "words": consent.text,
                "granted": consent.granted,
                "members": list(consent.members),
            }
            for consent in held.consents
        ],
        "consents_unclear": held.consents_unclear,
        "shared_with": [
            {"name": one.name, "on": one.shared_on.isoformat(), "ended_on": _iso(one.ended_on)}
            for one in shared_with.told(held.submission_id)
        ],
        "history": [
            {
                "purpose": entry.purpose,
                "granted": entry.granted,
                "on": entry.on.isoformat(),
                "words": entry.text,
                "language": entry.language,
            }
            for entry in history(held)
        ],
        "not_to_be_contacted_since": _iso(held.do_not_contact_on),
        "changed_for_you_on": _iso(held.changed_for_them_on),
        "kept_until": {purpose: day.isoformat() for purpose, day in held.due_on.items()},
        "looked": [_look(one) for one in looked.looks],
        "compared_on": [day.isoformat() for day in looked.compared_on],
        "resealed_on": [day.isoformat() for day in looked.resealed_on],
        "looked_is_whole": looked.is_whole,
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def _look(one: OneLook) -> dict[str, Any]:
    return {
        "on": one.on.isoformat(),
        "what": one.kind.value,
        "role": one.role.value,
        "reason": one.reason,
        "list": _list(one.list_end) if one.list_end else None,
        "in_a_file_until": _iso(one.file_until),
    }


def _list(end: ListEnd) -> dict[str, Any]:
    return {
        "purpose": end.purpose,
        "made_for": end.recipient or None,
        "delete_by": _iso(end.delete_by),
        "crossed_out_on": _iso(end.line_on),
        "partly_crossed_out_on": _iso(end.part_on),
        "waits_to_be_crossed_out": end.waits,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
