"""Sealing one part: the same way for answers to a call and for registrations."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import select

from webapp import metrics
from webapp.models import ErasureSecret, Part, RegistrationPart
from webapp.rules import clock
from webapp.rules.retention import first_of_next_month
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.checked_rows import read_checked
from webapp.services.infrastructure.row_authentication import TOLERANT, forged_row, genuine
from webapp.services.infrastructure.stores import Inside
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.vault.contexts import EQUALITY, PART_FIELDS, Context
from webapp.vault.sealing import new_erasure_secret, seal_for_purpose

Sealed = TypeVar("Sealed", Part, RegistrationPart)

#: Stands beside the answers inside a part. No question's key has a hyphen: a part without it is answers and no more.
COPY_KEY = "copy-key"


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A part of a submission as a statement read it, to be opened and no more (`checked_rows`)."""

    id: UUID
    call_id: UUID
    submission_id: UUID | None
    purpose: str
    epoch: int
    form_version: int
    secret_id: UUID
    envelope: bytes = field(repr=False)

    @property
    def owner_id(self) -> UUID:
        """As of `Part`."""
        return self.call_id

    @property
    def bound_to(self) -> UUID:
        """As of `Part`."""
        return self.submission_id or self.call_id


def read_parts(inside: Inside, ids: Sequence[UUID]) -> list[ReadPart]:
    """These parts, of those that there are, in the order of their ids. Raises `RowForged`."""
    found = []
    for row, holds in read_checked(inside, Part, Part.id.in_(ids), by=(Part.id,)):
        if not holds:
            raise forged_row(Part, row._asdict())
        found.append(ReadPart(**{name: getattr(row, name) for name in ReadPart.__slots__}))
    return found


def read_in_batches(ids: Sequence[UUID], size: int) -> Iterator[list[ReadPart]]:
    """The same, `size` at a time: each batch in a transaction of its own. Raises `RowForged`."""
    for start in range(0, len(ids), size):
        with stores.reading_rows() as main:
            parts = read_parts(main, ids[start : start + size])
        # Outside the transaction: whoever takes the list slowly keeps no connection, and no old row alive.
        yield parts


@dataclass(frozen=True)
class PartContent:
    """The plaintext of one part: answers, and the key of the participant's own copy of them, so that the desk can seal
    a new own copy when it corrects this part for a caller.

    Equality answers never come with their key: with it a coordinator could tell whose they are. Nor do parts that were
    sealed before there was one.
    """

    answers: dict[str, Any] = field(repr=False)
    copy_key: bytes | None = field(default=None, repr=False)

    def as_bytes(self) -> bytes:
        """What is sealed."""
        if self.copy_key is None:
            return as_bytes(self.answers)
        return as_bytes({"answers": self.answers, COPY_KEY: self.copy_key.hex()})


def read_content(data: bytes) -> PartContent:
    """What was sealed in a part, or in a part of a registration."""
    content = json.loads(data)
    if COPY_KEY not in content:
        return PartContent(content)
    return PartContent(content["answers"], bytes.fromhex(content[COPY_KEY]))


def as_bytes(content: dict[str, Any]) -> bytes:
    """What is sealed: JSON in UTF-8, letters as they are, so that its size is bounded by what was typed."""
    return json.dumps(content, ensure_ascii=False).encode()


def new_secret(purpose: str | None = None) -> ErasureSecret:
    """A fresh erasure secret, to be stored before what it protects.

    For answers about equality, and for the own copy that names them, it is dated with the first of the next month: on
    a quiet day two secrets of one day would lead from the participant's copy to the part that must not name them.
    """
    apart = purpose == EQUALITY.purpose
    made_on = first_of_next_month(clock.today()) if apart else clock.today()
    return ErasureSecret(id=uuid4(), secret=new_erasure_secret(), made_on=made_on)


def seal(
    part: Part | RegistrationPart,
    content: dict[str, Any],
    public_key: bytes,
    copy_key: bytes | None = None,
) -> ErasureSecret:
    """Fill in a part's envelope and the id of its new secret. The rest of the row must be there already.

    Raises `ValueError` for a copy key with answers about equality.
    """
    if copy_key is not None and part.purpose == EQUALITY.purpose:
        raise ValueError("the own copy of equality answers must stay out of reach of the desk")
    secret = new_secret(part.purpose)
    part.secret_id = secret.id
    part.envelope = seal_for_purpose(
        PartContent(content, copy_key).as_bytes(),
        public_key=public_key,
        secret=secret.secret,
        context=part_context(part),
    )
    metrics.count_sealed(part.purpose)
    return secret


def seal_answers(
    person: UUID | None,
    purpose: str,
    content: dict[str, Any],
    *,
    call_id: UUID,
    form_version: int,
    key: VerifiedClaim,
    copy_key: bytes | None,
) -> tuple[Part, ErasureSecret]:
    """Seal one part of a submission's answers, under a new id and a new erasure secret. Its day is left to the caller.

    `person` is the submission; None for equality answers, which name no submission and come without `copy_key`.
    """
    part = Part(
        id=uuid4(),
        call_id=call_id,
        submission_id=person,
        purpose=purpose,
        epoch=key.epoch,
        form_version=form_version,
    )
    return part, seal(part, content, key.public_key, copy_key)


def sealed_anew(stale: Sequence[Sealed]) -> list[Sealed]:
    """These parts as they are now, of those whose erasure secret is another one since they were read (resealing)."""
    before = {part.id: part.secret_id for part in stale}
    found: list[Sealed] = []
    for table in {type(part) for part in stale}:
        these = select(table).where(table.id.in_(before))
        with stores.reading() as main:
            found += genuine(main.scalars(these, execution_options=TOLERANT))
    return [part for part in found if part.secret_id != before[part.id]]


def part_context(part: Part | RegistrationPart | ReadPart) -> Context:
    """What a sealed part is bound to; the same when it is sealed and when it is opened."""
    return Context(
        PART_FIELDS[part.purpose],
        # The participant, not only the call or event: an attacker with write access must not be able to move one
        # participant's contact details under another's consent. Call and event are bound by their purpose keys.
        owner_id=part.bound_to,
        row_id=part.id,
        epoch=part.epoch,
        form_version=part.form_version,
    )
