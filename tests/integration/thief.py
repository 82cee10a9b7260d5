"""An attacker who has all files and all configuration, and tries everything on everything.

What they know only grows: whatever opens may hold the key to the next thing. Given no passphrase, receipt or cookie
they must end where `docs/threat-model.md` says they end.
"""

import functools
import json
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.integration.tables import everything
from webapp.models import (
    Coordinator,
    DeskVisit,
    EntryDraft,
    ErasureSecret,
    Event,
    EventMessage,
    NewsWish,
    OutboxMessage,
    OwnCopy,
    Part,
    Passkey,
    PublicVisit,
    PurposeKey,
    PurposeKeySeal,
    RecoveryKey,
    RecoveryPair,
    Registration,
    RegistrationPart,
    ReturnDraft,
    SessionKeyring,
    SharedContact,
    Slot,
    Submission,
    WaitingPart,
)
from webapp.services.answers import own_copies, return_drafts
from webapp.services.desk_home import news_subscriptions
from webapp.services.events import registration_sealing
from webapp.services.infrastructure import stores
from webapp.services.keys.purpose_key_generation import seal_context
from webapp.services.sealed import equality_pool, parts
from webapp.services.sealed.shared_sealing import shared_context
from webapp.vault import (
    contexts,
    entry_drafts,
    keyring,
    passkeys,
    receipts,
    recovery_sheets,
    return_codes,
    seeds,
    session_keyrings,
    session_notes,
    tickets,
    visits,
)
from webapp.vault.contexts import Context, Field
from webapp.vault.crockford import MistypedCode
from webapp.vault.envelope import DoesNotOpen, VaultError
from webapp.vault.labels import Label
from webapp.vault.mailroom import open_until_written
from webapp.vault.sealing import WaitingEnvelope
from webapp.vault.seeds import open_direct, open_sealed_part
from webapp.vault.shared_contacts import BothSecrets, mixed
from webapp.vault.symmetric import derive, open_keyed

KEY_SIZE = 32
#: A key is made ready for HPKE once, however many values it is tried on: that is half of an attempt.
private_key = functools.cache(seeds.private_key)
PARTS_OF_ANSWERS = (contexts.CONTACT, contexts.TESTIMONY, contexts.EQUALITY)
PARTS_OF_REGISTRATIONS = (contexts.REGISTRANT, contexts.NEEDS, contexts.ROOM)


@dataclass(frozen=True)
class Sealed:
    """One sealed value as it lies in a table, and every way to try a key, or a word, on it."""

    field: Field
    where: str
    with_key: tuple[Callable[[bytes], bytes], ...]
    with_word: tuple[Callable[[str], bytes], ...] = ()
    #: Whether the same attempt on what lies there ends the same in every test of the same stolen server.
    is_fixed: bool = True


@dataclass
class Thief:
    """What an attacker knows, and what it opened.

    Thieves of one stolen server share what failed: nobody tries the same key on the same value twice.
    """

    salt: bytes
    failed: set[tuple[str, int, bytes | str]] = field(default_factory=set)
    keys: set[bytes] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    opened: dict[str, tuple[Field, bytes]] = field(default_factory=dict)
    tried: int = 0

    def try_everything(self, values: list[Sealed]) -> set[Field]:
        """Try all that is known on all that is closed, until nothing more opens. Returns the kinds that opened."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(seeds, "private_key", private_key)
            self._try_all(values, set(self.keys), set(self.words))
        return {kind for kind, _ in self.opened.values()}

    def _try_all(self, values: list[Sealed], keys: set[bytes], words: set[str]) -> None:
        new_keys, new_words = keys, words
        while new_keys or new_words:
            before = set(self.opened)
            for value in values:
                if value.where not in self.opened:
                    self._try(value, new_keys, new_words)
            # What opened may itself be a key, or hold one.
            learnt = [
                learn(self.opened[where][1], self.salt) for where in set(self.opened) - before
            ]
            new_keys = set().union(*(found for found, _ in learnt)) - keys
            new_words = set().union(*(found for _, found in learnt)) - words
            keys, words = keys | new_keys, words | new_words

    def _try(self, value: Sealed, keys: set[bytes], words: set[str]) -> None:
        attempts: list[tuple[int, Callable[[Any], bytes], Any]] = [
            *((n, way, key) for n, way in enumerate(value.with_key) for key in keys),
            *((n, way, word) for n, way in enumerate(value.with_word) for word in words),
        ]
        for number, way, known in attempts:
            self.tried += 1
            attempt = (value.where, number, known)
            if value.is_fixed and attempt in self.failed:
                continue
            with suppress(VaultError, MistypedCode, ValueError):
                self.opened[value.where] = (value.field, way(known))
                return
            self.failed.add(attempt)


def learn(data: bytes, salt: bytes) -> tuple[set[bytes], set[str]]:
    """Keys and codes in what was opened: bare, as a Visit writes them down, and whatever comes out of a ticket."""
    keys = {data} if len(data) == KEY_SIZE else set()
    words = set()
    # Only what can be written: a key of random bytes may hold two quotation marks of its own.
    for found in re.findall(rb'"([!#-~]{20,64})"', data):
        text = found.decode("ascii")
        with suppress(ValueError):
            keys.add(bytes.fromhex(text))
        with suppress(MistypedCode, ValueError):
            words.add(receipts.read_receipt(text))
        with suppress(MistypedCode, ValueError):
            ticket = tickets.labels(text, salt)
            keys |= {ticket.lookup, ticket.room}
            keys |= {
                derive(tickets.read_ticket(text).encode(), salt=salt, label=one) for one in Label
            }
    return {key for key in keys if len(key) == KEY_SIZE}, words


def everything_that_could_be_a_key() -> set[bytes]:
    """Every value of 32 bytes in any table: a secret, a salt, a MAC, an id."""
    rows = (row for table in everything().values() for row in table)
    values = {bytes(value) for row in rows for value in row if isinstance(value, bytes)}
    return {value for value in values if len(value) == KEY_SIZE}


def sealed_values(settings: Any) -> dict[Field, list[Sealed]]:
    """Every sealed value in the stores, by its kind. A kind that is declared and not here fails the test."""
    made: dict[Field, list[Sealed]] = {kind: [] for kind in READERS}
    for kind, reader in READERS.items():
        made[kind] = list(reader(kind, settings))
    return made


def _secrets() -> dict[UUID, bytes]:
    with stores.reading("erasure") as erased:
        return {row.id: row.secret for row in erased.scalars(select(ErasureSecret))}


def _part(
    kind: Field, where: str, envelope: bytes, secret: bytes | None, context: Context
) -> Sealed:
    def with_key(key: bytes) -> bytes:
        return open_sealed_part(envelope, key=private_key(key), secret=secret, context=context)

    return Sealed(kind, where, (with_key,))


def _parts(kind: Field, settings: Any) -> Iterator[Sealed]:
    secrets = _secrets()
    table = Part if kind in PARTS_OF_ANSWERS else RegistrationPart
    with stores.reading() as main:
        rows = [*main.scalars(select(table).where(table.purpose == kind.purpose))]
    if kind == contexts.EQUALITY:
        rows += _parts_that_wait(settings)
    for row in rows:
        secret = secrets.get(row.secret_id)
        yield _part(kind, f"part {row.id}", row.envelope, secret, parts.part_context(row))


def _shared(kind: Field, settings: Any) -> Iterator[Sealed]:
    """What is shared with a member: the thief has both erasure secrets, and mixes them."""
    secrets = _secrets()
    with stores.reading() as main:
        rows = main.scalars(select(SharedContact)).all()
        its_part = {row.id: main.get_one(Part, row.part_id).secret_id for row in rows}
    for row in rows:
        both = BothSecrets(secrets[row.secret_id], secrets[its_part[row.id]])
        yield _part(kind, f"shared {row.id}", row.envelope, mixed(both), shared_context(row))


def _rows_that_wait() -> list[WaitingPart]:
    with stores.reading() as main:
        return list(main.scalars(select(WaitingPart)))


def _parts_that_wait(settings: Any) -> list[Part]:
    """Equality parts in the pool: with the worker's configuration they are like any other."""
    return [
        equality_pool.read_row(
            open_until_written(
                WaitingEnvelope(row.sealed_key, row.envelope),
                mailer_seed=settings.mailer_key,
                owner_id=row.call_id,
                row_id=row.id,
            )
        )
        for row in _rows_that_wait()
    ]


def _waiting_keys(kind: Field, settings: Any) -> Iterator[Sealed]:
    for row in _rows_that_wait():
        context = Context(kind, owner_id=row.call_id, row_id=row.id)
        yield Sealed(
            kind,
            f"key of waiting {row.id}",
            (
                lambda key, row=row, context=context: open_direct(  # type: ignore[misc]
                    row.sealed_key, seed=key, context=context
                ),
            ),
        )


def _waiting(kind: Field, settings: Any) -> Iterator[Sealed]:
    for row in _rows_that_wait():
        context = Context(kind, owner_id=row.call_id, row_id=row.id)
        yield Sealed(
            kind,
            f"waiting {row.id}",
            (
                lambda key, row=row, context=context: open_keyed(  # type: ignore[misc]
                    row.envelope, key=key, label=Label.WAITING_PART_CONTENT, context=context
                ),
            ),
        )


def _mails(kind: Field, settings: Any) -> Iterator[Sealed]:
    secrets = _secrets()
    with stores.reading() as main:
        rows = main.scalars(select(OutboxMessage).where(OutboxMessage.envelope.is_not(None))).all()
    for row in rows:
        secret = secrets.get(row.secret_id) if row.secret_id else None
        context = Context(kind, owner_id=row.subject_id, row_id=row.id)
        yield _part(kind, f"mail {row.id}", row.envelope or b"", secret, context)


def _addresses(kind: Field, settings: Any) -> Iterator[Sealed]:
    secrets = _secrets()
    with stores.reading() as main:
        rows = main.scalars(
            select(Registration).where(Registration.mail_envelope.is_not(None))
        ).all()
    for row in rows:
        secret = secrets.get(row.mail_secret_id) if row.mail_secret_id else None
        context = registration_sealing.mail_context(row)
        yield _part(kind, f"address {row.id}", row.mail_envelope or b"", secret, context)


def _own_addresses(kind: Field, settings: Any) -> Iterator[Sealed]:
    secrets = _secrets()
    with stores.reading() as main:
        rows = main.scalars(select(NewsWish)).all()
    for row in rows:
        context = news_subscriptions.context_of(row.coordinator_id)
        secret = secrets.get(row.secret_id)
        yield _part(kind, f"own address {row.coordinator_id}", row.envelope, secret, context)


def _links(kind: Field, settings: Any) -> Iterator[Sealed]:
    with stores.reading() as main:
        rows = main.scalars(select(Event).where(Event.link_envelope.is_not(None))).all()
    for row in rows:
        context = Context(kind, owner_id=row.id, row_id=row.id)
        yield Sealed(
            kind,
            f"link {row.id}",
            (
                lambda key, row=row, context=context: open_keyed(  # type: ignore[misc]
                    row.link_envelope, key=key, label=Label.JOINING_LINK_CONTENT, context=context
                ),
            ),
        )


def _messages(kind: Field, settings: Any) -> Iterator[Sealed]:
    secrets = _secrets()
    with stores.reading() as main:
        rows = main.scalars(select(EventMessage)).all()
    for row in rows:
        context = Context(kind, owner_id=row.event_id, row_id=row.id)
        yield Sealed(
            kind,
            f"message {row.id}",
            (
                lambda key, row=row, context=context: open_keyed(  # type: ignore[misc]
                    row.envelope,
                    key=key,
                    label=Label.EVENT_MESSAGE_CONTENT,
                    context=context,
                    secret=secrets.get(row.secret_id),
                ),
            ),
        )


def _own_copies(kind: Field, settings: Any) -> Iterator[Sealed]:
    secrets = _secrets()
    with stores.reading() as main:
        rows = main.execute(
            select(OwnCopy, Submission.form_version).join(
                Submission, Submission.id == OwnCopy.submission_id
            )
        ).all()
    for row, form_version in rows:

        def with_key(key: bytes, row: OwnCopy = row, version: int = form_version) -> bytes:
            return receipts.open_own_copy(
                row.envelope,
                copy_key=key,
                secret=secrets.get(row.secret_id),
                context=own_copies._context(row, version),
            )

        def with_word(
            word: str,
            open_with: Callable[[bytes], bytes] = with_key,
            purpose: str = row.purpose,
        ) -> bytes:
            return open_with(receipts.labels(word, settings.receipt_salt).copy_keys[purpose])

        yield Sealed(kind, f"own copy of {row.purpose} {row.id}", (with_key,), (with_word,))


def _drafts(kind: Field, settings: Any) -> Iterator[Sealed]:
    secrets = _secrets()
    with stores.reading() as main:
        rows = main.scalars(select(ReturnDraft)).all()
    for row in rows:

        def with_key(key: bytes, row: ReturnDraft = row) -> bytes:
            return return_codes.open_draft(
                row.envelope,
                copy_key=key,
                secret=secrets.get(row.secret_id),
                context=return_drafts._context(row),
            )

        def with_word(word: str, open_with: Callable[[bytes], bytes] = with_key) -> bytes:
            return open_with(return_codes.labels(word, settings.receipt_salt).copy)

        yield Sealed(kind, f"draft {row.id}", (with_key,), (with_word,))


def _entries(kind: Field, settings: Any) -> Iterator[Sealed]:
    secrets = _secrets()
    with stores.reading() as main:
        rows = main.scalars(select(EntryDraft)).all()
        owners = main.scalars(select(Coordinator.id)).all()
    for row in rows:

        def with_key(key: bytes, row: EntryDraft = row) -> bytes:
            for owner in owners:
                with suppress(DoesNotOpen):
                    return entry_drafts.open_entry(
                        row.envelope,
                        key=key,
                        secret=secrets.get(row.secret_id),
                        context=Context(kind, owner_id=owner, row_id=row.id, epoch=row.version),
                    )
            raise DoesNotOpen

        def with_seed(seed: bytes, open_with: Callable[[bytes], bytes] = with_key) -> bytes:
            return open_with(entry_drafts.labels(seed).key)

        yield Sealed(kind, f"entry {row.id}", (with_key, with_seed))


def _seals(kind: Field, settings: Any) -> Iterator[Sealed]:
    with stores.reading() as main:
        keys = {row.id: row for row in main.scalars(select(PurposeKey))}
    with stores.reading("erasure") as erased:
        rows = erased.scalars(select(PurposeKeySeal)).all()
    for row in rows:
        context = seal_context(keys[row.purpose_key_id], row.holder_id)
        yield Sealed(
            kind,
            f"seal {row.id}",
            (
                lambda key, row=row, context=context: open_direct(  # type: ignore[misc]
                    row.envelope, seed=key, context=context
                ),
            ),
        )


def sheet_in(words: str) -> bytes:
    """The secret of a recovery sheet that an attacker found."""
    return recovery_sheets.read_sheet(words)


def with_sheets(found: Collection[bytes]) -> list[Sealed]:
    """The recovery key's envelopes, on which each known key is tried beside each of these sheets, in either place."""
    with stores.reading() as main:
        rows = main.scalars(select(RecoveryPair)).all()
        epochs = {key.id: key.epoch for key in main.scalars(select(RecoveryKey))}
    sealed = []
    for row in rows:
        epoch = epochs[row.recovery_key_id]
        context = Context(
            contexts.RECOVERY_SEED, owner_id=row.recovery_key_id, row_id=row.id, epoch=epoch
        )

        def raw(key: bytes, row: RecoveryPair = row, context: Context = context) -> bytes:
            return open_keyed(
                row.envelope, key=key, label=Label.RECOVERY_PAIR_CONTENT, context=context
            )

        ways = [raw]
        for sheet in found:
            for first in (True, False):

                def beside(
                    key: bytes,
                    row: RecoveryPair = row,
                    context: Context = context,
                    sheet: bytes = sheet,
                    first: bool = first,
                ) -> bytes:
                    low, high = (sheet, key) if first else (key, sheet)
                    return recovery_sheets.open_with_pair(
                        row.envelope,
                        recovery_sheets.Sheet(row.first_sheet, low),
                        recovery_sheets.Sheet(row.second_sheet, high),
                        context=context,
                    )

                ways.append(beside)
        where = f"recovery {row.sheets}"
        sealed.append(Sealed(contexts.RECOVERY_SEED, where, tuple(ways), is_fixed=not found))
    return sealed


def _recovery(kind: Field, settings: Any) -> Iterator[Sealed]:
    yield from with_sheets(())


def _slots(kind: Field, settings: Any) -> Iterator[Sealed]:
    with stores.reading() as main:
        rows = main.scalars(select(Slot)).all()
    for row in rows:
        context = Context(kind, owner_id=row.coordinator_id, row_id=row.id)
        closed = keyring.SlotBytes(row.salt, row.parameters, row.envelope)
        raw = tuple(
            lambda key, row=row, label=label, context=context: open_keyed(  # type: ignore[misc]
                row.envelope, key=key, label=label, context=context
            )
            for label in (Label.SLOT_PASSPHRASE_CONTENT, Label.SLOT_RECOVERY_CONTENT)
        )
        words: Callable[[str], bytes]
        if row.kind == "passphrase":

            def words(word: str, closed=closed, context=context) -> bytes:  # type: ignore[no-untyped-def]
                return keyring.open_slot_with_passphrase(
                    closed, word, pepper=settings.pepper, context=context
                )
        else:

            def words(word: str, closed=closed, context=context) -> bytes:  # type: ignore[no-untyped-def]
                return keyring.open_slot_with_recovery_code(closed, word, context=context)

        yield Sealed(kind, f"slot {row.kind}", raw, (words,))


def _totp(kind: Field, settings: Any) -> Iterator[Sealed]:
    with stores.reading() as main:
        rows = main.scalars(select(Coordinator)).all()
    for row in rows:
        context = Context(kind, owner_id=row.id, row_id=row.id)
        yield Sealed(
            kind,
            f"second factor {row.id}",
            (
                lambda key, row=row, context=context: keyring.open_totp(  # type: ignore[misc]
                    row.totp_envelope, key=key, context=context
                ),
                lambda seed, row=row, context=context: keyring.open_totp(  # type: ignore[misc]
                    row.totp_envelope, key=keyring.totp_key(seed), context=context
                ),
            ),
        )


def _passkeys(kind: Field, settings: Any) -> Iterator[Sealed]:
    with stores.reading() as main:
        rows = main.scalars(select(Passkey)).all()
    for row in rows:
        context = Context(kind, owner_id=row.coordinator_id, row_id=row.id)

        def with_key(key: bytes, row: Passkey = row, context: Context = context) -> bytes:
            found = passkeys.open_credential(row.envelope, key=key, context=context)
            return found.credential_id + found.public_key

        def with_seed(seed: bytes, way: Callable[[bytes], bytes] = with_key) -> bytes:
            return way(keyring.totp_key(seed))

        yield Sealed(kind, f"passkey {row.id}", (with_key, with_seed))


def _keyrings(kind: Field, settings: Any) -> Iterator[Sealed]:
    with stores.reading("volatile") as volatile:
        rows = volatile.scalars(select(SessionKeyring)).all()
    for row in rows:
        context = Context(kind, owner_id=row.coordinator_id, row_id=row.id)

        def with_key(key: bytes, row: SessionKeyring = row, context: Context = context) -> bytes:
            found = session_keyrings.open_keyring(row.sealed, key=key, context=context)
            return json.dumps([seed.hex() for seed in found.seeds.values()]).encode()

        yield Sealed(kind, f"keyring {row.id}", (with_key,))


def _notes(kind: Field, settings: Any) -> Iterator[Sealed]:
    with stores.reading("volatile") as volatile:
        rows = volatile.scalars(select(SessionKeyring)).all()
    for row in rows:
        context = Context(kind, owner_id=row.coordinator_id, row_id=row.id)
        yield Sealed(
            kind,
            f"note of session {row.id}",
            (
                lambda key, row=row, context=context: session_notes.open_note(  # type: ignore[misc]
                    row.note, key=key, context=context
                ),
                lambda seed, row=row, context=context: session_notes.open_note(  # type: ignore[misc]
                    row.note, key=session_notes.notes_key(seed), context=context
                ),
            ),
        )


def _visits(kind: Field, settings: Any) -> Iterator[Sealed]:
    door, table = {
        contexts.VISIT_PUBLIC: ("public", PublicVisit),
        contexts.VISIT_DESK: ("desk", DeskVisit),
    }[kind]
    with stores.reading("volatile") as volatile:
        rows = volatile.scalars(select(table)).all()
    door_key = getattr(settings, f"{door}_visit_key")
    for row in rows:
        whose = row.coordinator_id if isinstance(row, DeskVisit) else None
        which = row.session_id if isinstance(row, DeskVisit) else None
        header = visits.VisitHeader(row.version, row.expires_at, row.ends_at, whose, which)
        yield Sealed(
            kind,
            f"{door} visit {row.id.hex()}",
            (
                lambda key, row=row, door=door, header=header: visits.open_visit(  # type: ignore[misc]
                    row.sealed, key, door, header, door_key=door_key
                ),
            ),
        )


READERS: dict[Field, Callable[[Field, Any], Iterator[Sealed]]] = {
    **dict.fromkeys((*PARTS_OF_ANSWERS, *PARTS_OF_REGISTRATIONS), _parts),
    contexts.MAIL: _mails,
    contexts.REGISTRATION_MAIL: _addresses,
    contexts.COORDINATOR_MAIL: _own_addresses,
    contexts.JOINING_LINK: _links,
    contexts.EVENT_MESSAGE: _messages,
    contexts.OWN_COPY: _own_copies,
    contexts.RETURN_DRAFT: _drafts,
    contexts.ENTRY_DRAFT: _entries,
    contexts.WAITING_PART_KEY: _waiting_keys,
    contexts.WAITING_PART: _waiting,
    contexts.PURPOSE_KEY_SEAL: _seals,
    contexts.RECOVERY_SEED: _recovery,
    contexts.SLOT: _slots,
    contexts.TOTP_SECRET: _totp,
    contexts.PASSKEY: _passkeys,
    contexts.VISIT_PUBLIC: _visits,
    contexts.VISIT_DESK: _visits,
    contexts.SESSION_KEYRING: _keyrings,
    contexts.SESSION_NOTE: _notes,
    contexts.SHARED_CONTACT: _shared,
}


def words_in(opened: dict[str, tuple[Field, bytes]]) -> str:
    """All that was read, in one string."""
    return "\n".join(data.decode(errors="replace") for _, data in opened.values())
