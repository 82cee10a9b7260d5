"""Own copies: the participant's sealed copy of their answers, opened with their receipt (a bearer capability) alone."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, cast
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import ErasureSecret, OwnCopy, Part, Submission
from webapp.rules.contact.questions import tells_of_helper
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.questions import PartName
from webapp.services.answers import answered_calls, held_consents
from webapp.services.answers.held_consents import HeldConsent
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine, is_genuine
from webapp.services.infrastructure.stores import Inside
from webapp.services.sealed.parts import as_bytes, new_secret
from webapp.vault import receipts
from webapp.vault.contexts import EQUALITY, OWN_COPY, Context
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.receipts import MistypedCode, ReceiptLabels

__all__ = ["MistypedCode", "ReceiptLabels"]

log = logging.getLogger("hearth.own_copies")

# Written once: putting a statement together takes longer than running it.
OWNER: Final = select(OwnCopy.submission_id).where(OwnCopy.lookup == bindparam("lookup")).limit(1)
#: How often a copy is looked for whose secret is gone: each look may meet one correction.
LOOKS = 3


class NothingHeld(LookupError):
    """Nothing is held under this code: it never was, or it was erased. The answer never says which (enumeration)."""


@dataclass(frozen=True)
class EqualityPart:
    """Where the answers about equality are: only the participant's own copy knows."""

    part_id: UUID
    secret_id: UUID


@dataclass(frozen=True)
class Held:
    """All that Hearth holds for one code.

    `copies` are the ids of the own copies it was read from: they change with every correction. `do_not_contact_on` and
    `changed_for_them_on` are days on which a coordinator did what was asked of them by phone. `unreadable` are the
    parts whose copy is there and does not open: a bit was turned over, or we did not write it.
    """

    code: str = field(repr=False)
    submission_id: UUID
    call_id: UUID
    slug: str
    closes_on: date
    form: FormDefinition
    form_version: int
    language: str
    received_on: date
    typed_by: str
    by_part: Mapping[PartName, Mapping[str, Any]]
    consents: tuple[HeldConsent, ...]
    due_on: Mapping[PartName, date]
    equality: EqualityPart | None
    copies: frozenset[UUID]
    do_not_contact_on: date | None = None
    changed_for_them_on: date | None = None
    unreadable: frozenset[PartName] = frozenset()

    @property
    def consents_unclear(self) -> bool:
        """Whether what is stored of their consents does not add up, so that none stands until they decide again."""
        return any(one.is_unclear for one in self.consents)

    @property
    def answers(self) -> dict[str, Any]:
        """Everything that was answered, of all parts."""
        return {key: answer for part in self.by_part.values() for key, answer in part.items()}


def new_receipt() -> str:
    """A fresh code: 24 characters in groups of four, the last one a check character."""
    return receipts.new_receipt()


def read_code(typed: str) -> str:
    """The code that was meant by what was typed. Raises `MistypedCode`, without looking whether it exists."""
    return receipts.read_receipt(typed)


def part_that_differs(typed: str, code: str) -> int | None:
    """Which group of a code, from 1, was mistyped; None when all is right. Raises `MistypedCode`."""
    return receipts.part_that_differs(typed, code)


def labels_of(receipt: str) -> ReceiptLabels:
    """What a code leads to: where its own copies are, and the key of each. Raises `MistypedCode`."""
    return receipts.labels(receipt, current_settings().receipt_salt)


def key_for_part(labels: ReceiptLabels, purpose: str) -> bytes | None:
    """The copy key that a part carries inside; None for equality answers, which must not lead to a participant."""
    return None if purpose == EQUALITY.purpose else labels.copy_keys[purpose]


def seal_copies(
    labels: ReceiptLabels,
    submission_id: UUID,
    form_version: int,
    parts: Mapping[PartName, dict[str, Any]],
    due_on: Mapping[PartName, date],
) -> tuple[list[OwnCopy], list[ErasureSecret]]:
    """Seal a participant's own copy of every part under their code. Nothing is stored yet."""
    copies, secrets = [], []
    for purpose, content in parts.items():
        copy = OwnCopy(
            id=uuid4(),
            lookup=labels.lookup,
            submission_id=submission_id,
            purpose=purpose,
            due_on=due_on[purpose],
        )
        secrets.append(seal_copy(copy, content, labels.copy_keys[purpose], form_version))
        copies.append(copy)
    return copies, secrets


def seal_copy(
    copy: OwnCopy, content: dict[str, Any], copy_key: bytes, form_version: int
) -> ErasureSecret:
    """Fill in an own copy's envelope and the id of its new secret. The rest of the row must be there already."""
    secret = new_secret(copy.purpose)
    copy.secret_id = secret.id
    copy.envelope = receipts.seal_own_copy(
        as_bytes(content),
        copy_key=copy_key,
        secret=secret.secret,
        context=_context(copy, form_version),
    )
    return secret


def content_of(part: Part, answers: dict[str, Any]) -> dict[str, Any]:
    """What the own copy of a part holds. Only it knows which answers about equality are this person's."""
    where = {"part_id": part.id.hex, "secret_id": part.secret_id.hex}
    return {"answers": answers, **(where if part.purpose == "equality" else {})}


def _context(copy: OwnCopy, form_version: int) -> Context:
    return Context(OWN_COPY, owner_id=copy.submission_id, row_id=copy.id, form_version=form_version)


def belongs_to(main: Inside, submission_id: UUID, labels: ReceiptLabels) -> bool:
    """Whether this submission was made under the receipt with these labels: the idempotency check of a doubled post."""
    return stores.rows(main).execute(OWNER, {"lookup": labels.lookup}).scalar() == submission_id


def find_held(code: str) -> Held:
    """Everything held under a code that `read_code` returned. Raises `NothingHeld`.

    A race with a correction may leave a copy whose secret is gone already: then it looks once more. A code that holds
    nothing is known at the first look.

    A damaged copy does not keep the others from opening; with only damaged copies, consents can still be withdrawn and
    everything erased.
    """
    labels = labels_of(code)
    for look in range(LOOKS):
        with stores.reading() as main:
            copies, submission = _found_under(main, labels.lookup)
            secrets = _secrets_of(copies)
            kept = [copy for copy in copies if copy.secret_id in secrets]
            if kept and (len(kept) == len(copies) or look == LOOKS - 1):
                opened = _open(kept, secrets, labels, submission)
                return _held(main, code, submission, copies, opened)
    raise NothingHeld


def _found_under(main: Session, lookup: bytes) -> tuple[list[OwnCopy], Submission]:
    """The own copies under a code, and the one submission that it leads to. Raises `NothingHeld`.

    False rows (`row_authentication`) are among them, because their owner must still be able to withdraw and to erase;
    no answers are shown of them. Only where no copy is genuine do false ones say whose code it is.
    """
    query = select(OwnCopy).where(OwnCopy.lookup == lookup).execution_options(**TOLERANT)
    copies = list(main.scalars(query))
    owners = {copy.submission_id for copy in genuine(copies) or copies}
    # One code leads to one submission. Where it leads to two, an attacker with write access moved a copy under it.
    if len(owners) != 1:
        raise NothingHeld
    owner = owners.pop()
    submission = main.get(Submission, owner, execution_options=TOLERANT)
    if submission is None:
        raise NothingHeld
    return [copy for copy in copies if copy.submission_id == owner], submission


def _held(
    main: Session,
    code: str,
    submission: Submission,
    copies: Sequence[OwnCopy],
    opened: dict[PartName, dict[str, Any] | None],
) -> Held:
    contents = {purpose: content for purpose, content in opened.items() if content is not None}
    call = answered_calls.call_of(main, submission)
    return Held(
        code=code,
        submission_id=submission.id,
        call_id=call.id,
        slug=call.slug,
        closes_on=call.closes_on,
        form=call.form,
        form_version=call.form_version,
        language=submission.language,
        received_on=submission.received_on,
        typed_by=submission.typed_by,
        by_part={purpose: content["answers"] for purpose, content in contents.items()},
        consents=held_consents.held(main, submission, call, has_helper=_tells_of_helper(contents)),
        due_on={
            part_name(copy.purpose): copy.due_on
            for copy in genuine(copies)
            if copy.purpose in opened
        },
        equality=_equality_part(contents),
        copies=frozenset(copy.id for copy in copies),
        do_not_contact_on=submission.do_not_contact_on,
        changed_for_them_on=submission.changed_for_them_on,
        unreadable=frozenset(opened.keys() - contents.keys()),
    )


def _secrets_of(copies: Sequence[OwnCopy]) -> dict[UUID, bytes]:
    with stores.reading("erasure") as erasure:
        wanted = [copy.secret_id for copy in copies]
        found = erasure.scalars(select(ErasureSecret).where(ErasureSecret.id.in_(wanted)))
        return {row.id: row.secret for row in found}


def _open(
    copies: Sequence[OwnCopy],
    secrets: Mapping[UUID, bytes],
    labels: ReceiptLabels,
    submission: Submission,
) -> dict[PartName, dict[str, Any] | None]:
    """What each copy holds, opened by itself; None for one that does not open, or that we did not write."""
    opened: dict[PartName, dict[str, Any] | None] = {}
    for copy in copies:
        if not (is_genuine(copy) and is_genuine(submission)):
            opened[part_name(copy.purpose)] = None
            continue
        try:
            content = _open_one(copy, secrets[copy.secret_id], labels, submission.form_version)
        except DoesNotOpen as error:
            # Its owner must not be locked out of everything by it. No id: the log must not say whose it is.
            log.warning("an own copy is left out: %s", type(error).__name__)
            opened[part_name(copy.purpose)] = None
        else:
            opened[part_name(copy.purpose)] = json.loads(content)
    return opened


def _open_one(copy: OwnCopy, secret: bytes, labels: ReceiptLabels, form_version: int) -> bytes:
    """One own copy. Raises `DoesNotOpen`."""
    return receipts.open_own_copy(
        copy.envelope,
        copy_key=labels.copy_keys[copy.purpose],
        secret=secret,
        context=_context(copy, form_version),
    )


def part_name(stored: str) -> PartName:
    """A purpose as the database holds it; a CHECK there lets nothing else in."""
    return cast(PartName, stored)


def _equality_part(contents: Mapping[PartName, dict[str, Any]]) -> EqualityPart | None:
    where = contents.get("equality")
    return EqualityPart(UUID(hex=where["part_id"]), UUID(hex=where["secret_id"])) if where else None


def _tells_of_helper(contents: Mapping[PartName, Mapping[str, Any]]) -> bool:
    return tells_of_helper(key for content in contents.values() for key in content["answers"])
