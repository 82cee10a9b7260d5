"""Reviews of translations by speakers of a language, and notes about them, as coordinators enter them.

Every row carries a MAC under the audit key, which the public door does not have. A row whose MAC does not hold counts
as none: the text is then unreviewed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hmac import compare_digest
from uuid import UUID, uuid5

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import TextNote, TextReview
from webapp.rules import clock
from webapp.rules.audit_details import OfLanguage
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, stores
from webapp.vault.labels import Label
from webapp.vault.macs import mark


@dataclass(frozen=True)
class Review:
    """Which role found the words right, and on which day."""

    by: str
    on: date


@dataclass(frozen=True)
class Note:
    """A remark about the words that a text had then."""

    id: UUID
    words: str
    wording: bytes
    on: date
    coordinator_id: UUID


@dataclass(frozen=True)
class NewNote:
    """A remark to be stored: about which text, and which words of it."""

    text: bytes
    wording: bytes
    words: str


def reviews_of(language: str) -> Mapping[bytes, Review]:
    """All reviews of a language by the fingerprints of what was reviewed."""
    with stores.reading() as main:
        rows = main.scalars(select(TextReview).where(TextReview.language == language))
        return {
            row.wording: Review(row.reviewed_by, row.reviewed_on)
            for row in rows
            if compare_digest(row.mac, _review_mac(row))
        }


def notes_about(language: str) -> Mapping[bytes, tuple[Note, ...]]:
    """The remarks that are not settled, by the text they are about, the oldest first."""
    found: dict[bytes, tuple[Note, ...]] = {}
    with stores.reading() as main:
        query = select(TextNote).where(TextNote.language == language)
        for row in main.scalars(query.order_by(TextNote.written_on, TextNote.id)):
            if compare_digest(row.mac, _note_mac(row)):
                note = Note(row.id, row.note, row.wording, row.written_on, row.coordinator_id)
                found[row.text] = (*found.get(row.text, ()), note)
    return found


@dataclass(frozen=True)
class Checked:
    """What one page of words said: which wordings are right, or no longer are, and what was remarked."""

    by: str = ""
    on: date | None = None
    right: frozenset[bytes] = frozenset()
    no_longer: frozenset[bytes] = frozenset()
    noted: tuple[NewNote, ...] = ()
    settled: frozenset[UUID] = frozenset()


def save(language: str, checked: Checked, *, actor: UUID) -> None:
    """Store it in one transaction. Idempotent, notes within one day."""
    try:
        _save(language, checked, actor)
    except IntegrityError:
        # Another coordinator ticked the same text at the same moment: now their tick is there.
        _save(language, checked, actor)


def _save(language: str, checked: Checked, actor: UUID) -> None:
    with stores.writing() as main:
        for texts, event, reviewer in (
            (_review(main, language, checked, actor), AuditEvent.WORDS_REVIEWED, checked.by),
            (_take_back(main, language, checked.no_longer), AuditEvent.WORDS_UNREVIEWED, None),
            (_write_notes(main, language, checked.noted, actor), AuditEvent.WORDS_NOTED, None),
            (_settle(main, language, checked.settled), AuditEvent.WORDS_NOTE_SETTLED, None),
        ):
            if texts:
                audit.enter(main, actor, event, detail=OfLanguage(language, texts, reviewer))


def _review(main: Session, language: str, checked: Checked, actor: UUID) -> int:
    query = select(TextReview).where(
        TextReview.language == language, TextReview.wording.in_(checked.right)
    )
    rows = {row.wording: row for row in main.scalars(query.with_for_update())}
    count = 0
    for wording in sorted(checked.right):
        row = rows.get(wording)
        if row is not None and compare_digest(row.mac, _review_mac(row)):
            continue
        row = row or TextReview(language=language, wording=wording)
        row.reviewed_by, row.reviewed_on = checked.by, checked.on or clock.today()
        row.coordinator_id = actor
        row.mac = _review_mac(row)
        main.add(row)
        count += 1
    main.flush()
    return count


def _take_back(main: Session, language: str, wordings: frozenset[bytes]) -> int:
    if not wordings:
        return 0
    gone: int = main.execute(  # type: ignore[attr-defined]
        delete(TextReview).where(TextReview.language == language, TextReview.wording.in_(wordings))
    ).rowcount
    return gone


def _write_notes(main: Session, language: str, noted: Iterable[NewNote], actor: UUID) -> int:
    """The same remark on the same day is one remark: a form that is sent twice says nothing twice."""
    count = 0
    for one in noted:
        row_id = _note_id(language, one, actor)
        if main.get(TextNote, row_id) is not None:
            continue
        row = TextNote(
            id=row_id,
            language=language,
            text=one.text,
            wording=one.wording,
            note=one.words,
            written_on=clock.today(),
            coordinator_id=actor,
        )
        row.mac = _note_mac(row)
        main.add(row)
        count += 1
    main.flush()
    return count


def _note_id(language: str, one: NewNote, actor: UUID) -> UUID:
    about = (language, one.text.hex(), one.wording.hex(), one.words, str(clock.today()))
    return uuid5(actor, "|".join(about))


def _settle(main: Session, language: str, ids: frozenset[UUID]) -> int:
    if not ids:
        return 0
    gone: int = main.execute(  # type: ignore[attr-defined]
        delete(TextNote).where(TextNote.language == language, TextNote.id.in_(ids))
    ).rowcount
    return gone


def _review_mac(row: TextReview) -> bytes:
    return mark(
        current_settings().audit_key,
        Label.MAC_TEXT_REVIEW,
        row.language.encode(),
        row.wording,
        row.reviewed_by.encode(),
        row.reviewed_on.isoformat().encode(),
        row.coordinator_id.bytes,
    )


def _note_mac(row: TextNote) -> bytes:
    return mark(
        current_settings().audit_key,
        Label.MAC_TEXT_NOTE,
        row.id.bytes,
        row.language.encode(),
        row.text,
        row.wording,
        row.note.encode(),
        row.written_on.isoformat().encode(),
        row.coordinator_id.bytes,
    )
