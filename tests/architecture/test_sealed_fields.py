"""Every column of bytes is either declared as sealed, under a context of its own, or known not to be."""

import pytest
from sqlalchemy import Column, inspect

from webapp import models  # noqa: F401  (fills the metadata)
from webapp.extensions import db
from webapp.models.authenticated import MAC_COLUMN, Authenticated
from webapp.vault import contexts
from webapp.vault.contexts import FIELDS, Field

SEALED: dict[tuple[str, str], tuple[Field, ...]] = {
    ("parts", "envelope"): (contexts.CONTACT, contexts.TESTIMONY, contexts.EQUALITY),
    ("own_copies", "envelope"): (contexts.OWN_COPY,),
    ("purpose_key_seals", "envelope"): (contexts.PURPOSE_KEY_SEAL,),
    ("slots", "envelope"): (contexts.SLOT,),
    ("recovery_pairs", "envelope"): (contexts.RECOVERY_SEED,),
    ("coordinators", "totp_envelope"): (contexts.TOTP_SECRET,),
    ("passkeys", "envelope"): (contexts.PASSKEY,),
    ("public_visits", "sealed"): (contexts.VISIT_PUBLIC,),
    ("desk_visits", "sealed"): (contexts.VISIT_DESK,),
    ("session_keyrings", "sealed"): (contexts.SESSION_KEYRING,),
    ("session_keyrings", "note"): (contexts.SESSION_NOTE,),
    ("registration_parts", "envelope"): (contexts.REGISTRANT, contexts.NEEDS, contexts.ROOM),
    ("registrations", "mail_envelope"): (contexts.REGISTRATION_MAIL,),
    ("outbox", "envelope"): (contexts.MAIL,),
    ("news_wishes", "envelope"): (contexts.COORDINATOR_MAIL,),
    ("events", "link_envelope"): (contexts.JOINING_LINK,),
    ("return_drafts", "envelope"): (contexts.RETURN_DRAFT,),
    ("event_messages", "envelope"): (contexts.EVENT_MESSAGE,),
    ("entry_drafts", "envelope"): (contexts.ENTRY_DRAFT,),
    ("shared_contacts", "envelope"): (contexts.SHARED_CONTACT,),
    ("waiting_parts", "sealed_key"): (contexts.WAITING_PART_KEY,),
    ("waiting_parts", "envelope"): (contexts.WAITING_PART,),
}
IN_THE_CLEAR = {
    ("coordinators", "public_key"): "the public half of a key",
    ("coordinators", "public_key_mac"): "vouches for the key beside it",
    ("purpose_keys", "public_key"): "the public half of a key",
    ("purpose_keys", "mac"): "vouches for the key beside it",
    ("recovery_keys", "public_key"): "the public half of a key",
    ("recovery_keys", "mac"): "vouches for the key beside it",
    ("recovery_pairs", "first_mark"): "derived one way from a sheet, to recognise it by",
    ("recovery_pairs", "second_mark"): "derived one way from a sheet, to recognise it by",
    ("slots", "salt"): "a salt is no secret",
    ("waiting_parts", "lookup"): "a MAC of an id, under a key of the doors",
    ("own_copies", "lookup"): "derived one way from the code that only the participant has",
    ("return_drafts", "lookup"): "derived one way from the code that only the participant has",
    ("entry_drafts", "lookup"): "derived one way from the coordinator's own key",
    ("erasure_secrets", "secret"): "opens nothing without the key it is mixed with",
    ("public_visits", "id"): "derived one way from the cookie",
    ("desk_visits", "id"): "derived one way from the cookie",
    ("ended_desk_visits", "id"): "derived one way from the cookie",
    ("rate_buckets", "key"): "a MAC under a key of the doors, with a salt of the day",
    ("daily_salts", "salt"): "thrown away daily",
    ("text_reviews", "wording"): "a hash of words that everybody may read",
    ("text_reviews", "mac"): "vouches for the review beside it",
    ("text_notes", "text"): "a hash of words that everybody may read",
    ("text_notes", "wording"): "a hash of words that everybody may read",
    ("text_notes", "mac"): "vouches for the note beside it",
    ("language_offers", "words"): "a hash of words that everybody may read",
    ("language_offers", "mac"): "vouches for the offer beside it",
    ("audit_entries", "mac"): "a link of the chain",
    ("audit_head", "mac"): "the end of the chain",
    ("worker_clock", "mac"): "a MAC over when the worker last ran",
    ("record_checks", "mac"): "a MAC over what the worker's check of the record found",
    ("invitations", "lookup"): "derived one way from the link that only the person invited has",
    ("invitations", "account_key_mac"): "the MAC over a public key, as in the account's own row",
    ("registrations", "lookup"): "derived one way from the link that only the registrant has",
    (
        "registrations",
        "address_mark",
    ): "a MAC of the address, under a secret that goes with the event",
    ("registrations", "room_mac"): "a MAC of the room code, keyed by the registrant's own link",
    **{
        (inspect(table).local_table.name, MAC_COLUMN): "vouches for the row that it stands in"
        for table in Authenticated.__subclasses__()
    },
}
# Where the column that names the erasure secret is not called "secret_id".
SECRET_OF = {("registrations", "mail_envelope"): "mail_secret_id"}
# The only free words in the clear: none is about a participant.
WORDS_IN_THE_CLEAR = {
    ("audit_entries", "actor"),
    ("audit_entries", "capacity"),
    ("audit_entries", "detail"),
    ("audit_entries", "reason"),
    ("audit_entries", "tag"),
    ("audit_notes", "tag"),
    # What coordinators write for publishing; participants read it, and none of it is about one.
    ("call_draft_versions", "change"),
    ("call_draft_versions", "content"),
    ("calls", "slug"),
    ("calls", "state"),
    ("published_versions", "published_by"),
    ("published_versions", "reason"),
    ("consent_statements", "language"),
    ("consent_statements", "purpose"),
    ("consent_statements", "wording"),
    ("consents", "purpose"),
    ("coordinators", "name"),
    ("coordinators", "sign_in_name"),
    ("crossed_out", "kind"),
    ("event_counts", "state"),
    ("events", "calendar_uid"),
    ("events", "slug"),
    ("events", "state"),
    ("exports", "file_format"),
    ("exports", "purpose"),
    ("exports", "reason"),
    ("form_versions", "definition"),
    ("invitations", "name"),
    ("invitations", "roles"),
    ("language_offers", "language"),
    ("looks", "kind"),
    ("looks", "purpose"),
    ("looks", "reason"),
    ("looks", "role"),
    ("member_lists", "members"),
    ("organisation_periods", "standing"),
    ("organisations", "name"),
    ("outbox", "dedupe_key"),
    ("outbox", "kind"),
    ("outbox", "language"),
    ("outbox", "state"),
    ("own_copies", "purpose"),
    ("parts", "purpose"),
    ("purpose_keys", "purpose"),
    ("record_checks", "found"),
    ("record_checks", "known"),
    ("registration_parts", "purpose"),
    ("resealings", "purpose"),
    ("resealings", "reason"),
    ("registrations", "language"),
    ("registrations", "pool"),
    ("registrations", "state"),
    ("role_grants", "role"),
    ("row_checks", "named"),
    ("slots", "kind"),
    ("slots", "parameters"),
    ("submissions", "language"),
    ("submissions", "typed_by"),
    # What people are told became of a call: anyone may read it.
    ("tell_back_texts", "asked"),
    ("tell_back_texts", "heard"),
    ("tell_back_texts", "language"),
    ("tell_back_texts", "since"),
    ("tell_backs", "by_month"),
    ("tell_backs", "first_month"),
    ("text_notes", "language"),
    ("text_notes", "note"),
    ("text_reviews", "language"),
    ("text_reviews", "reviewed_by"),
}


#: Sealed into no table: the key of a backup file is in the file.
IN_FILES = (contexts.BACKUP_FILE,)


def columns() -> dict[tuple[str, str], "Column[object]"]:
    """Every column of the three stores."""
    return {
        (table.name, column.name): column
        for metadata in db.metadatas.values()
        for table in metadata.tables.values()
        for column in table.columns
    }


def test_every_column_of_bytes_is_accounted_for() -> None:
    # Given every column that holds bytes
    found = {
        name for name, column in columns().items() if issubclass(column.type.python_type, bytes)
    }
    # Then each is declared as sealed, or known not to need it
    assert found == set(SEALED) | set(IN_THE_CLEAR)
    assert not set(SEALED) & set(IN_THE_CLEAR)


def test_every_column_of_words_is_accounted_for() -> None:
    # Given every column that could hold a participant's words
    found = {name for name, column in columns().items() if issubclass(column.type.python_type, str)}
    # Then each is known, and is not about a participant
    assert found == WORDS_IN_THE_CLEAR


def test_the_inventory_of_sealed_fields_is_whole() -> None:
    # Given the fields that have a place in a table
    placed = [*(field for fields in SEALED.values() for field in fields), *IN_FILES]
    # Then the vault's inventory names the same ones, each once
    assert sorted(placed, key=str) == sorted(FIELDS, key=str)
    assert len({(field.purpose, field.name) for field in FIELDS}) == len(FIELDS)


def test_the_inventory_lists_every_declared_field() -> None:
    declared = {value for value in vars(contexts).values() if isinstance(value, Field)}
    assert declared == set(FIELDS)


@pytest.mark.parametrize(("table", "column"), SEALED)
def test_what_is_about_a_person_takes_an_erasure_secret(table: str, column: str) -> None:
    # Given the fields of one column
    takes = {field.takes_secret for field in SEALED[table, column]}
    # Then either all of them take a secret, and the row names it, or none does
    assert takes == {(table, SECRET_OF.get((table, column), "secret_id")) in columns()}
