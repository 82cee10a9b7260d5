"""Files of answers that were downloaded, as the record tells of them: no table has them, and none leads to a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from webapp.models import AuditEntry, Coordinator
from webapp.rules import clock
from webapp.rules.audit_details import OfDownload
from webapp.rules.audit_events import AuditEvent
from webapp.rules.references import reference
from webapp.services.infrastructure import audit_reading, stores
from webapp.services.infrastructure.audit import AuditLine
from webapp.services.infrastructure.row_authentication import TOLERANT
from webapp.services.keys.coordinators import Holder
from webapp.services.opening.list_facts import NOT_OURS, name_of
from webapp.services.opening.looks import Download

#: The page of a call lists so many of its downloads.
MOST: Final = 20


@dataclass(frozen=True)
class PastDownload:
    """One file of answers: when, by whom and why it was made, of how many people. `reference` is in the file, too."""

    reference: str
    made_on: date
    made_by: str
    reason: str
    people: int


def recent(call_id: UUID) -> tuple[PastDownload, ...]:
    """The newest downloads of the answers to a call. Entries of the record that do not hold are left out."""
    with stores.reading() as main:
        people = main.scalars(select(Coordinator), execution_options=TOLERANT).all()
        names = {str(one.id): name_of(one) for one in people}
        # By people, because the record is found by who did what.
        lines = audit_reading.newest_about(
            main, AuditEvent.ANSWERS_DOWNLOADED, call_id, list(names), MOST
        )
    return tuple(_told(lines, names))


def _told(lines: tuple[AuditLine, ...], names: dict[str, str]) -> Iterator[PastDownload]:
    for line in lines:
        if line.holds and isinstance(line.detail, OfDownload):
            yield PastDownload(
                reference(UUID(line.detail.download)),
                clock.day_of(line.at),
                names.get(line.actor, NOT_OURS),
                line.reason,
                line.detail.people,
            )


def was_entered(main: Session, holder: Holder, download: Download) -> bool:
    """Whether this very download is in the record already: its button was pressed twice."""
    return any(
        isinstance(detail := OfDownload.from_text(text or ""), OfDownload)
        and detail.download == download.id.hex
        for text in main.scalars(_details(holder, download))
    )


def _details(holder: Holder, download: Download) -> Select[str | None]:
    mine = AuditEntry.actor == str(holder.coordinator_id)
    tag = AuditEntry.tag == AuditEvent.ANSWERS_DOWNLOADED.value
    return select(AuditEntry.detail).where(mine, tag, AuditEntry.subject_id == download.call_id)
