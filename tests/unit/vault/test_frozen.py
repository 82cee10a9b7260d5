"""Stored bytes of every version still open, and every derived value is still the same.

If one of these fails, the change would make what people entrusted to us unreadable. Make a second
suite, format or label; never new vectors.
"""

import hashlib
from typing import Any
from uuid import UUID

import pytest

from tests.unit.vault.factories import context_of, stored
from webapp.vault import (
    address_marks,
    entry_drafts,
    event_messages,
    keyring,
    macs,
    mailroom,
    opening,
    passkeys,
    purpose_key_seals,
    receipts,
    return_codes,
    seeds,
    service_key,
    session_keyrings,
    session_notes,
    shared_contacts,
    tickets,
    visits,
    webauthn_ceremonies,
)
from webapp.vault.contexts import FIELDS, VISIT_DESK, VISIT_PUBLIC
from webapp.vault.key_claims import KeyClaim
from webapp.vault.sealing import WaitingEnvelope
from webapp.vault.visits import Door

FROZEN = {
    name: bytes_of
    for stored_bytes in (
        "frozen",
        "frozen_events",
        "frozen_drafts",
        "frozen_copies",
        "frozen_messages",
        "frozen_coordinators",
        "frozen_entries",
        "frozen_waiting",
        "frozen_sessions",
        "frozen_sheets",
        "frozen_passkeys",
        "frozen_own_sessions",
        "frozen_shared",
        "frozen_backups",
    )
    for name, bytes_of in stored(stored_bytes).items()
}
COPIES = [name for name in FROZEN if name.startswith("own_copy_of_")]
PARTS = ["part", *(name for name in FROZEN if name.startswith("part_"))]


def entry(name: str) -> dict[str, Any]:
    found: dict[str, Any] = FROZEN[name]
    return found


def raw(of: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(of[name])


def slot_of(of: dict[str, Any]) -> keyring.SlotBytes:
    return keyring.SlotBytes(raw(of, "salt"), of["parameters"], raw(of, "envelope"))


@pytest.mark.parametrize("name", [name for name in FROZEN if "context" in FROZEN[name]])
def test_contexts_are_written_as_ever(name: str) -> None:
    context = context_of(entry(name))

    assert context.encode(1, context.field.format).hex() == entry(name)["context"]["encoded"]


def test_every_field_has_its_frozen_bytes() -> None:
    written = {context_of(entry(name)).field for name in FROZEN if "context" in FROZEN[name]}

    assert written | {VISIT_PUBLIC, VISIT_DESK} == set(FIELDS)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_opens(name: str) -> None:
    part = entry(name)
    reader = opening.PurposeReader(raw(part, "purpose_seed"))
    opened = reader.open_part(
        raw(part, "envelope"), secret=raw(part, "secret"), context=context_of(part)
    )

    assert opened.decode() == part["data"]


@pytest.mark.parametrize("name", COPIES)
def test_each_parts_own_copy_opens_with_its_receipt(name: str) -> None:
    own = entry(name)
    key = receipts.labels(own["receipt"], raw(own, "salt")).copy_keys[own["purpose"]]

    opened = receipts.open_own_copy(
        raw(own, "envelope"), copy_key=key, secret=raw(own, "secret"), context=context_of(own)
    )

    assert key == raw(own, "copy_key")
    assert opened.decode() == own["data"]


def test_a_draft_at_the_desk_opens_with_its_coordinators_key() -> None:
    draft = entry("entry_draft")
    found = entry_drafts.labels(raw(draft, "seed"))

    made = {name: getattr(found, name).hex() for name in draft["labels"]}
    opened = entry_drafts.open_entry(
        raw(draft, "envelope"),
        key=found.key,
        secret=raw(draft, "secret"),
        context=context_of(draft),
    )
    assert made == draft["labels"]
    assert opened.decode() == draft["data"]


def test_a_draft_opens_with_its_return_code() -> None:
    draft = entry("return_draft")
    found = return_codes.labels(draft["return_code"], raw(draft, "salt"))

    made = {name: getattr(found, name).hex() for name in draft["labels"]}
    opened = return_codes.open_draft(
        raw(draft, "envelope"),
        copy_key=found.copy,
        secret=raw(draft, "secret"),
        context=context_of(draft),
    )
    assert made == draft["labels"]
    assert opened.decode() == draft["data"]


def test_slots_open() -> None:
    slot, recovery = entry("slot_passphrase"), entry("slot_recovery")

    with_passphrase = keyring.open_slot_with_passphrase(
        slot_of(slot), slot["passphrase"], pepper=raw(slot, "pepper"), context=context_of(slot)
    )
    with_code = keyring.open_slot_with_recovery_code(
        slot_of(recovery), recovery["code"], context=context_of(recovery)
    )
    assert with_passphrase == raw(slot, "seed")
    assert with_code == raw(recovery, "seed")


def test_a_purpose_keys_seal_opens() -> None:
    seal = entry("purpose_key_seal")
    opened = purpose_key_seals.open_purpose_seed(
        raw(seal, "envelope"),
        holder_seed=raw(seal, "holder_seed"),
        context=context_of(seal),
        public_key=seeds.public_key_of(raw(seal, "purpose_seed")),
    )

    assert opened == raw(seal, "purpose_seed")
    reader = purpose_key_seals.SealReader(raw(seal, "holder_seed"))
    assert reader.open_seal(raw(seal, "envelope"), context=context_of(seal)) == opened


def test_a_sessions_keyring_opens() -> None:
    stored_keyring = entry("session_keyring")
    opened = session_keyrings.open_keyring(
        raw(stored_keyring, "envelope"),
        key=raw(stored_keyring, "session_key"),
        context=context_of(stored_keyring),
    )

    seeds = {key_id.hex: seed.hex() for key_id, seed in opened.seeds.items()}
    assert seeds == stored_keyring["seeds"]
    assert [key_id.hex for key_id in opened.damaged] == stored_keyring["damaged"]


def test_a_shared_contact_opens_with_both_secrets() -> None:
    shared = entry("shared_contact")
    both = shared_contacts.BothSecrets(raw(shared, "share_secret"), raw(shared, "part_secret"))
    opened = opening.PurposeReader(raw(shared, "purpose_seed")).open_part(
        raw(shared, "envelope"),
        secret=shared_contacts.mixed(both),
        context=context_of(shared),
    )

    assert shared_contacts.mixed(both) == raw(shared, "mixed")
    assert opened.decode() == shared["data"]


def test_a_second_factor_opens() -> None:
    totp = entry("totp")
    opened = keyring.open_totp(
        raw(totp, "envelope"), key=keyring.totp_key(raw(totp, "seed")), context=context_of(totp)
    )

    assert opened == raw(totp, "totp_secret")


def test_a_passkey_opens() -> None:
    passkey = entry("passkey")
    opened = passkeys.open_credential(
        raw(passkey, "envelope"),
        key=keyring.totp_key(raw(passkey, "seed")),
        context=context_of(passkey),
    )

    assert (opened.name, opened.sign_count) == (passkey["name"], passkey["sign_count"])
    assert opened.credential_id == raw(passkey, "credential_id")
    assert opened.public_key == raw(passkey, "public_key")
    assert {nonce.hex(): end for nonce, end in opened.spent.items()} == passkey["spent"]


def test_what_a_device_answered_is_still_good() -> None:
    stored_passkey, known = entry("passkey"), entry("webauthn")
    party = webauthn_ceremonies.RelyingParty(known["rp_id"], known["origin"], "Hearth")
    made, answered = known["registration"], known["assertion"]
    registered = webauthn_ceremonies.verify_registration(
        made["answer"], party=party, challenge=raw(made, "challenge")
    )
    assert registered.credential_id == raw(stored_passkey, "credential_id")
    assert registered.public_key == raw(stored_passkey, "public_key")

    count = webauthn_ceremonies.verify_assertion(
        answered["answer"],
        party=party,
        challenge=raw(answered, "challenge"),
        public_key=registered.public_key,
    )
    assert count == answered["sign_count"]


def test_a_note_of_a_session_opens() -> None:
    note = entry("session_note")
    key = session_notes.notes_key(raw(note, "seed"))

    opened = session_notes.open_note(raw(note, "envelope"), key=key, context=context_of(note))

    assert opened.decode() == note["data"]


@pytest.mark.parametrize(
    ("name", "door"),
    [("visit_public", "public"), ("visit_desk", "desk"), ("visit_of_a_session", "desk")],
)
def test_a_visit_opens(name: str, door: Door) -> None:
    visit = entry(name)
    secret = raw(visit, "secret")

    header = visits.VisitHeader(
        visit["version"],
        visit["expires_at"],
        visit["ends_at"],
        UUID(visit["coordinator_id"]) if visit["coordinator_id"] else None,
        UUID(visit["session_id"]) if "session_id" in visit else None,
    )

    opened = visits.open_visit(
        raw(visit, "envelope"), secret, door, header, door_key=raw(visit, "door_key")
    )

    assert visits.visit_id(secret, door) == raw(visit, "id")
    assert opened.decode() == visit["data"]


def test_marks_are_the_same() -> None:
    made = entry("macs")
    key = raw(made, "key")

    macs.check_public_key(
        key,
        KeyClaim(
            kind=made["kind"],
            owner_id=UUID(made["owner_id"]),
            purpose=made["purpose"],
            epoch=made["epoch"],
            holders=frozenset(UUID(holder) for holder in made["holders"]),
            public_key=raw(made, "public_key"),
        ),
        mac=raw(made, "public_key_mac"),
    )
    assert macs.chain_mac(key, b"previous", b"one", b"two") == raw(made, "chain_mac")
    assert macs.network_mac(key, b"salt of a day", "192.0.2.0/24") == raw(made, "network_mac")


def test_recovery_words_give_the_same_seed() -> None:
    words = entry("recovery_words")

    assert keyring.words_to_seed(words["words"]) == raw(words, "seed")


def test_a_room_code_is_known_again() -> None:
    room = entry("room_code")

    tickets.check_room_code(
        room["code"],
        mac=raw(room, "mac"),
        room_key=tickets.labels(room["ticket"], raw(room, "salt")).room,
        registration_id=UUID(room["registration_id"]),
    )


@pytest.mark.parametrize("name", ["mail", "registration_mail", "coordinator_mail"])
def test_a_mail_opens(name: str) -> None:
    mail = entry(name)
    seed = raw(mail, "mailer_seed")

    opened = mailroom.MailReader(seed).open_mail(
        raw(mail, "envelope"), secret=raw(mail, "secret"), context=context_of(mail)
    )

    assert opened.decode() == mail["data"]
    assert hashlib.sha256(seeds.public_key_of(seed)).hexdigest() == mail["public_key_sha256"]


def test_a_row_that_waits_opens() -> None:
    key, row = entry("waiting_part_key"), entry("waiting_part")

    opened = mailroom.open_until_written(
        WaitingEnvelope(raw(key, "envelope"), raw(row, "envelope")),
        mailer_seed=raw(key, "mailer_seed"),
        owner_id=UUID(row["context"]["owner_id"]),
        row_id=UUID(row["context"]["row_id"]),
    )

    assert opened.decode() == row["data"]
    assert macs.waiting_part_mac(raw(row, "salt"), UUID(row["part_id"])) == raw(row, "lookup")


def test_a_joining_link_opens() -> None:
    joining = entry("joining_link")

    opened = service_key.open_joining_link(
        raw(joining, "envelope"), key=raw(joining, "key"), context=context_of(joining)
    )

    assert opened == joining["link"]


def test_a_message_to_registrants_opens() -> None:
    message = entry("event_message")

    opened = event_messages.open_event_message(
        raw(message, "envelope"),
        key=raw(message, "key"),
        secret=raw(message, "secret"),
        context=context_of(message),
    )

    assert opened == message["words"]


def test_the_mark_of_an_address_is_the_same() -> None:
    marked = entry("address_mark")

    made = address_marks.address_mark(
        marked["address"],
        event_id=UUID(marked["event_id"]),
        secret=raw(marked, "secret"),
        salt=raw(marked, "salt"),
    )

    assert made == raw(marked, "mark")
