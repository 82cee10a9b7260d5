"""What a participant can see again: their own sealed copies, opened with the code they hand in and nothing else."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import ConsentStatement, ErasureSecret, OwnCopy, Submission
from webapp.rules.contact import HELPER_KINDS, THROUGH_HELPER
from webapp.rules.form_definition import FormDefinition, PartName
from webapp.services import calls, consents, stores
from webapp.services.parts import as_bytes, new_secret
from webapp.vault import receipts
from webapp.vault.contexts import OWN_COPY, Context
from webapp.vault.receipts import MistypedCode

__all__ = [
    "Held",
    "HeldConsent",
    "MistypedCode",
    "NothingHeld",
    "find_held",
    "new_receipt",
    "part_that_differs",
    "read_code",
]


class NothingHeld(LookupError):
    """Nothing is kept under this code: it never was, or it was erased. Nobody is told which."""


@dataclass(frozen=True)
class HeldConsent:
    """One consent as it stands, with the exact words that were agreed to or would be."""

    purpose: str
    text: str
    language: str
    granted: bool
    changed_on: date | None


@dataclass(frozen=True)
class EqualityPart:
    """Where the answers about equality are: only the participant's own copy knows."""

    part_id: UUID
    secret_id: UUID


@dataclass(frozen=True)
class Held:
    """All that Hearth holds for one code."""

    submission_id: UUID
    call_id: UUID
    form: FormDefinition
    form_version: int
    language: str
    received_on: date
    answers: Mapping[str, Any]
    consents: tuple[HeldConsent, ...]
    due_on: Mapping[str, date]
    equality: EqualityPart | None


def new_receipt() -> str:
    """A fresh code: 20 characters in groups of four, the last one a check character."""
    return receipts.new_receipt()


def read_code(typed: str) -> str:
    """The code somebody meant by what they typed. Raises `MistypedCode`, without looking whether it exists."""
    return receipts.read_receipt(typed)


def part_that_differs(typed: str, code: str) -> int | None:
    """Which group of a code, from 1, somebody typed otherwise; None when all is right. Raises `MistypedCode`."""
    return receipts.part_that_differs(typed, code)


def seal_copies(
    receipt: str,
    submission_id: UUID,
    form_version: int,
    parts: Mapping[PartName, dict[str, Any]],
    due_on: Mapping[PartName, date],
) -> tuple[list[OwnCopy], list[ErasureSecret]]:
    """Seal a participant's own copy of every part under their code. Nothing is stored yet."""
    labels = receipts.labels(receipt, current_settings().receipt_salt)
    copies, secrets = [], []
    for purpose, content in parts.items():
        copy = OwnCopy(
            id=uuid4(), lookup=labels.lookup, submission_id=submission_id, purpose=purpose
        )
        secret = new_secret()
        copy.secret_id, copy.due_on = secret.id, due_on[purpose]
        copy.envelope = receipts.seal_own_copy(
            as_bytes(content),
            copy_key=labels.copy,
            secret=secret.secret,
            context=_context(copy, form_version),
        )
        copies.append(copy)
        secrets.append(secret)
    return copies, secrets


def _context(copy: OwnCopy, form_version: int) -> Context:
    return Context(OWN_COPY, owner_id=copy.submission_id, row_id=copy.id, form_version=form_version)


def belongs_to(main: Session, submission_id: UUID, receipt: str) -> bool:
    """Whether this submission was made under this receipt: then storing it again changes nothing."""
    lookup = receipts.labels(receipt, current_settings().receipt_salt).lookup
    owner = select(OwnCopy.submission_id).where(OwnCopy.lookup == lookup).limit(1)
    return main.scalar(owner) == submission_id


def find_held(code: str) -> Held:
    """Everything held under a code that `read_code` returned. Raises `NothingHeld`."""
    labels = receipts.labels(code, current_settings().receipt_salt)
    with stores.reading() as main:
        copies = main.scalars(select(OwnCopy).where(OwnCopy.lookup == labels.lookup)).all()
        submission = main.get(Submission, copies[0].submission_id) if copies else None
        if submission is None:
            raise NothingHeld
        contents = _open(copies, labels.copy, submission.form_version)
        if not contents:
            raise NothingHeld
        form = calls.form_at(main, submission.call_id, submission.form_version)
        answers = {
            key: answer
            for content in contents.values()
            for key, answer in content["answers"].items()
        }
        return Held(
            submission_id=submission.id,
            call_id=submission.call_id,
            form=form,
            form_version=submission.form_version,
            language=submission.language,
            received_on=submission.received_on,
            answers=answers,
            consents=_held_consents(
                main, submission, form, has_helper=not HELPER_KINDS.keys().isdisjoint(answers)
            ),
            due_on={copy.purpose: copy.due_on for copy in copies if copy.purpose in contents},
            equality=_equality_part(contents),
        )


def _open(
    copies: Sequence[OwnCopy], copy_key: bytes, form_version: int
) -> dict[str, dict[str, Any]]:
    with stores.reading("erasure") as erasure:
        wanted = [copy.secret_id for copy in copies]
        secrets = {
            row.id: row.secret
            for row in erasure.scalars(select(ErasureSecret).where(ErasureSecret.id.in_(wanted)))
        }
    return {
        copy.purpose: json.loads(
            receipts.open_own_copy(
                copy.envelope,
                copy_key=copy_key,
                secret=secrets[copy.secret_id],
                context=_context(copy, form_version),
            )
        )
        for copy in copies
        if copy.secret_id in secrets
    }


def _equality_part(contents: dict[str, dict[str, Any]]) -> EqualityPart | None:
    where = contents.get("equality")
    return EqualityPart(UUID(hex=where["part_id"]), UUID(hex=where["secret_id"])) if where else None


def _held_consents(
    main: Session, submission: Submission, form: FormDefinition, *, has_helper: bool
) -> tuple[HeldConsent, ...]:
    latest = consents.latest(main, submission.id)
    held = []
    for wording in form.consents:
        if wording.purpose == THROUGH_HELPER and not has_helper:
            # Nobody helped: the question would only puzzle.
            continue
        now = latest.get(wording.purpose)
        statement = consents.statement_for(main, submission.call_id, wording, submission.language)
        agreed = main.get_one(ConsentStatement, now.statement_id) if now else statement
        held.append(
            HeldConsent(
                wording.purpose,
                agreed.wording,
                agreed.language,
                bool(now and now.granted),
                now.changed_on if now else None,
            )
        )
    return tuple(held)


def machine_readable(held: Held) -> bytes:
    """A participant's own answers and consents as JSON, in the keys of the form they answered."""
    content = {
        "format": 1,
        "form_version": held.form_version,
        "language": held.language,
        "received_on": held.received_on.isoformat(),
        "answers": dict(held.answers),
        "consents": [
            {"purpose": consent.purpose, "words": consent.text, "granted": consent.granted}
            for consent in held.consents
        ],
        "kept_until": {purpose: day.isoformat() for purpose, day in held.due_on.items()},
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode()
