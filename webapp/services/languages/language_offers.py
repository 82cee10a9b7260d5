"""Languages that are offered to participants: switched on by a coordinator, bound to the reviewed words by a hash.

Both doors read the offers; only the desk makes them. A row carries a MAC under a configuration key, so that an attacker
who can write to the database alone cannot have participants asked for consent in words that were never reviewed.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hmac import compare_digest
from uuid import UUID

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp.extensions import current_settings
from webapp.models import LanguageOffer
from webapp.rules import clock
from webapp.rules.audit_details import OfLanguage
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.vault.labels import Label
from webapp.vault.macs import mark

#: A process reads the offers again after so long: another process may have changed them.
FRESH_SECONDS = 30.0
KEPT = "hearth_language_offers"


@dataclass(frozen=True)
class Offer:
    """`words` is the fingerprint of what was reviewed; `offered` is False when it was switched off again."""

    words: bytes
    offered: bool
    changed_on: date


def offers() -> Mapping[str, Offer]:
    """Every language that the desk has ever offered, as it was at most half a minute ago.

    While the store is away: what was known before, or none. A page that needs no store must not fail for this.
    """
    now = time.monotonic()
    kept: tuple[float, Mapping[str, Offer]] | None = current_app.extensions.get(KEPT)
    if kept is not None and now - kept[0] < FRESH_SECONDS:
        return kept[1]
    try:
        found: Mapping[str, Offer] = _read()
    except StoreUnavailable:
        found = kept[1] if kept is not None else {}
    current_app.extensions[KEPT] = now, found
    return found


def change(language: str, words: bytes, *, offered: bool, actor: UUID) -> None:
    """Switch a language on, for exactly these words, or off. Idempotent: doing it again changes nothing."""
    try:
        _change(language, words, offered, actor)
    except IntegrityError:
        # Another coordinator offered it for the first time at the same moment: now their row is there.
        _change(language, words, offered, actor)
    current_app.extensions.pop(KEPT, None)


def _change(language: str, words: bytes, offered: bool, actor: UUID) -> None:
    with stores.writing() as main:
        row = main.get(LanguageOffer, language, with_for_update=True)
        if row is not None and (row.words, row.offered) == (words, offered) and _is_ours(row):
            return
        row = row or LanguageOffer(language=language)
        row.words, row.offered, row.changed_on = words, offered, clock.today()
        row.mac = _mac(row)
        main.add(row)
        main.flush()
        event = AuditEvent.LANGUAGE_OFFERED if offered else AuditEvent.LANGUAGE_WITHDRAWN
        audit.enter(main, actor, event, detail=OfLanguage(language))


def _read() -> dict[str, Offer]:
    with stores.reading() as main:
        return {
            row.language: Offer(row.words, row.offered, row.changed_on)
            for row in main.scalars(select(LanguageOffer))
            if _is_ours(row)
        }


def _is_ours(row: LanguageOffer) -> bool:
    return compare_digest(row.mac, _mac(row))


def _mac(row: LanguageOffer) -> bytes:
    return mark(
        current_settings().key_mac_key,
        Label.MAC_LANGUAGE_OFFER,
        row.language.encode(),
        row.words,
        b"on" if row.offered else b"off",
        row.changed_on.isoformat().encode(),
    )
