"""Filling a Hearth with people who do not exist: some whose contacts open, and many whose rows only take room."""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from bench.visitors import LONG, SAID, SHORT
from webapp.extensions import db
from webapp.models import Consent, ErasureSecret, OwnCopy, Part, Submission
from webapp.models.authenticated import MAC_COLUMN, Authenticated
from webapp.rules import clock
from webapp.rules.forms.answers_on_form import AnswersOnForm
from webapp.rules.forms.form_definition import Form
from webapp.rules.forms.kinds import Answer
from webapp.services.answers import own_copies, submissions
from webapp.services.answers.consent_statements import Statements
from webapp.services.answers.submissions import Told
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import mac_of_values
from webapp.services.keys import member_lists, purpose_keys

#: The consent that exports ask for.
EXPORTED = "contact_me"
#: Rows in one transaction.
AT_ONCE = 2000
YES = {"contact_me": True, "quote": True, "invite": True, "share": True}


def answers_to(form: Form) -> dict[str, Answer]:
    """An answer to every question of a form."""
    answers: dict[str, Answer] = {}
    for question in form.questions:
        if question.kind == "choices":
            answers[question.key] = [question.choices[0].key]
        elif question.choice_keys:
            answers[question.key] = question.choice_keys[0]
        else:
            words = LONG if question.kind == "long_text" else SHORT
            answers[question.key] = SAID.get(question.kind, words)
    return answers


def consented(app: Flask, call: str, number: int) -> None:
    """So many submissions as people send them, each with contact details that open and every consent."""
    with app.app_context():
        found = published_calls.find_call(call)
        answers = answers_to(found.form.without_help)
        for start in range(0, number, 500):
            _submit_many(found, answers, min(500, number - start))


def _submit_many(call: published_calls.Call, answers: dict[str, Answer], number: int) -> None:
    """What `submissions.submit` does, for many people in one transaction."""
    with stores.reading() as main:
        keys = purpose_keys.newest(main, call.id, call.form.parts)
        statements = Statements(main, call.id, call.form, "en")
    shown = member_lists.current()
    members = shown.id if shown else None
    sealed = []
    for _ in range(number):
        row = Submission(
            id=uuid4(),
            call_id=call.id,
            form_version=call.form_version,
            language="en",
            received_on=clock.today(),
            typed_by="self",
        )
        labels = own_copies.labels_of(own_copies.new_receipt())
        told = Told(clock.today(), "en")
        valid = AnswersOnForm(call.form, answers)
        sealed.append(
            submissions._prepare(call, row, labels, valid, YES, keys, statements, told, members)
        )
    with stores.writing("erasure") as erasure:
        erasure.add_all(secret for one in sealed for secret in one.secrets)
    with stores.writing() as main:
        for one in sealed:
            submissions._store(main, call, one, late=False)


@dataclass(frozen=True)
class Example:
    """The rows of one real submission, to be written again and again under other ids."""

    submission: dict[str, Any]
    parts: list[dict[str, Any]]
    copies: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    made_on: date


def more(app: Flask, call: str, number: int) -> None:
    """So many more rows of the size of real ones. Their envelopes do not open: they belong to other participants."""
    with app.app_context():
        if not number:
            return
        found = published_calls.find_call(call)
        _submit_many(found, answers_to(found.form.without_help), 1)
        example = _example(found.id)
        for start in range(0, number, AT_ONCE):
            here = Span(start / number, min(start + AT_ONCE, number) / number)
            _write(example, here, min(AT_ONCE, number - start))


def _example(call_id: UUID) -> Example:
    with stores.reading() as main:
        submission = main.scalars(
            select(Submission).where(Submission.call_id == call_id).limit(1)
        ).one()
        own = Part.submission_id == submission.id
        equality = select(Part).where(Part.purpose == "equality").limit(1)
        return Example(
            _values(submission),
            [
                _values(row)
                for row in (*main.scalars(select(Part).where(own)), *main.scalars(equality))
            ],
            _all(main, OwnCopy, submission.id),
            _all(main, Consent, submission.id),
            submission.received_on,
        )


def _all(main: Any, table: Any, submission_id: UUID) -> list[dict[str, Any]]:
    rows = main.scalars(select(table).where(table.submission_id == submission_id))
    return [_values(row) for row in rows]


def _values(row: Any) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


@dataclass(frozen=True)
class Span:
    """From where to where in all random ids, as shares: each batch has a span of its own, one after the other.

    Tables that are kept by random ids are then written from front to back, and a million rows in minutes.
    """

    start: float
    end: float

    def ids(self, number: int) -> list[UUID]:
        """So many random ids of this span, in order."""
        first, last = int(self.start * 2**128), int(self.end * 2**128)
        return [
            UUID(int=one)
            for one in sorted(first + secrets.randbelow(last - first) for _ in range(number))
        ]


def _write(example: Example, here: Span, number: int) -> None:
    people = here.ids(number)
    rows_of_person = len(example.parts) + len(example.copies)
    secret_ids = here.ids(number * rows_of_person)
    ids, of_secrets = iter(here.ids(number * rows_of_person)), iter(secret_ids)
    parts = list(_renamed(example.parts, people, ids, of_secrets))
    copies = list(_renamed(example.copies, people, ids, of_secrets))
    rows = [
        {"id": one, "secret": secrets.token_bytes(32), "made_on": example.made_on}
        for one in secret_ids
    ]
    with stores.writing("erasure") as erasure:
        erasure.execute(_table(ErasureSecret).insert(), rows)
    with stores.writing() as main:
        # They do not open, so no export may want them.
        consents = [one for one in example.consents if one["purpose"] != EXPORTED]
        counted = {**example.submission, "consent_count": len(consents)}
        _insert(main, Submission, ({**counted, "id": person} for person in people))
        _insert(main, Part, parts)
        _insert(main, OwnCopy, copies)
        _insert(
            main,
            Consent,
            ({**one, "submission_id": person} for person in people for one in consents),
        )


def _insert(main: Session, model: type[Authenticated], rows: Iterable[dict[str, Any]]) -> None:
    """Past the ORM, which would take ten times as long; so each row gets its MAC here."""
    signed = []
    for row in rows:
        values = {name: value for name, value in row.items() if name != MAC_COLUMN}
        signed.append({**values, MAC_COLUMN: mac_of_values(model, values)})
    main.execute(_table(model).insert(), signed)


def _renamed(
    examples: list[dict[str, Any]],
    people: list[UUID],
    ids: Iterator[UUID],
    of_secrets: Iterator[UUID],
) -> Iterator[dict[str, Any]]:
    for person in people:
        lookup = secrets.token_bytes(32)
        for one in examples:
            row = {**one, "id": next(ids), "secret_id": next(of_secrets)}
            if row["submission_id"] is not None:
                row["submission_id"] = person
            if "lookup" in row:
                row["lookup"] = lookup
            yield row


def _table(model: Any) -> Table:
    table: Table = db.metadatas[model.__dict__.get("__bind_key__")].tables[model.__tablename__]
    return table
