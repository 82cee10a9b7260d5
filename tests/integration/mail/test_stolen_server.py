"""Somebody has all stores and all configuration, and no passphrase. What opens is what the threat model says.

They try everything they have as a key on everything that is sealed, in every way that there is to open something, and
again with whatever that gave them.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from flask import Flask
from sqlalchemy import LargeBinary, Uuid, select

from tests.architecture.test_sealed_fields import SEALED
from tests.factories import (
    answers_for,
    demo_form,
    publish_demo_event,
    register_one,
    secret,
    submit_one,
)
from tests.integration.mail.postbox import Postbox
from tests.integration.tables import tables
from webapp.models import ErasureSecret
from webapp.services import delivery, events, registrations, stores, waiting_list
from webapp.settings import SECRETS_OF
from webapp.vault import tickets
from webapp.vault.contexts import Context, Field
from webapp.vault.envelope import Format, VaultError
from webapp.vault.labels import Label
from webapp.vault.seeds import open_direct, open_sealed_part, private_key
from webapp.vault.symmetric import derive, open_keyed

LINK = "https://meet.example/quiet-room"
CANARY = "zq-canary"


@dataclass(frozen=True)
class Sealed:
    """One sealed value, with all that its row says about it."""

    where: str
    envelope: bytes
    fields: tuple[Field, ...]
    row_id: UUID
    ids: tuple[UUID, ...]
    secret_ids: tuple[UUID, ...]


def everything_sealed() -> Iterator[Sealed]:
    for store, table in tables():
        columns = [c for c in table.columns if isinstance(c.type, LargeBinary)]
        with stores.reading(store) as session:
            for row in session.execute(select(table)).mappings():
                ids = tuple(
                    row[c.name]
                    for c in table.columns
                    if isinstance(c.type, Uuid)
                    and row[c.name] is not None
                    and not c.name.endswith("secret_id")
                )
                secret_ids = tuple(
                    value for name, value in row.items() if name.endswith("secret_id")
                )
                for column in columns:
                    fields, value = SEALED.get((table.name, column.name), ()), row[column.name]
                    if len(fields) > 1:
                        fields = tuple(f for f in fields if f.purpose == row["purpose"])
                    if fields and value is not None:
                        where = f"{table.name}.{column.name}"
                        row_id = row.get("id", ids[0])
                        yield Sealed(where, bytes(value), fields, row_id, ids, secret_ids)


def every_value_of_32_bytes() -> set[bytes]:
    found = set()
    for store, table in tables():
        with stores.reading(store) as session:
            for row in session.execute(select(table)):
                found |= {bytes(v) for v in row if isinstance(v, bytes) and len(v) == 32}
    return found


def contexts_of(sealed: Sealed, field: Field) -> Iterator[Context]:
    for owner in sealed.ids:
        for epoch, form_version in ((0, 0), (0, 1), (1, 1)):
            yield Context(field, owner, sealed.row_id, epoch, form_version)


def try_everything(
    sealed: list[Sealed], keys: set[bytes], secrets: dict[UUID, bytes]
) -> Iterator[tuple[str, bytes]]:
    readers = {key: private_key(key) for key in keys}
    for one in sealed:
        salts = [secrets[i] for i in one.secret_ids if i in secrets] or [None]
        for field in one.fields:
            for context in contexts_of(one, field):
                for key in keys:
                    for salt in salts:
                        yield from open_one(one, field, context, key, salt, readers)


def open_one(one, field, context, key, salt, readers):  # type: ignore[no-untyped-def]
    salt = salt if field.takes_secret else None
    ways = []
    if field.format == Format.PART:
        ways = [
            lambda: open_sealed_part(one.envelope, key=readers[key], secret=salt, context=context)
        ]
    elif field.format == Format.DIRECT:
        ways = [lambda: open_direct(one.envelope, seed=key, context=context)]
    else:
        ways = [
            lambda label=label: open_keyed(
                one.envelope, key=key, label=label, context=context, secret=salt
            )
            for label in Label
            if label.value.endswith(b"content")
        ]
    for way in ways:
        with suppress(VaultError, ValueError):
            yield one.where, way()


def test_a_stolen_server_opens_exactly_what_the_threat_model_says(
    inside: Flask, postbox: Postbox
) -> None:
    # Given people whose every word is a canary, with mails that wait and one that was sent
    event = publish_demo_event("small-group", seats=1)
    texts = [q.key for q in event.definition.form.questions if q.kind in ("text", "long_text")]
    told = {key: f"{CANARY}-{key}" for key in texts}
    gone = register_one(event, "gone@example.org", **told)
    delivery.send_waiting()
    waiting_list.cancel(gone.id)
    delivery.send_waiting()
    live = register_one(event, "live@example.org", **told)
    events.set_joining_link(event.id, LINK, opens_minutes=15, actor=UUID(int=1))
    answers = answers_for(
        demo_form(),
        words=lambda q: {"email": "asked@example.org", "phone": "07700 900123"}.get(
            q.key, f"{CANARY}-{q.key}"
        ),
    )
    sent = submit_one(answers=answers, given={"mail_confirmation": True})
    # When a thief tries all of it on all of it
    config = {name: secret(name) for names in SECRETS_OF.values() for name in names}
    keys = {bytes.fromhex(value) for value in config.values() if len(value) == 64}
    salt = bytes.fromhex(config["RECEIPT_SALT"])
    with stores.reading("erasure") as erasure_store:
        secrets = {row.id: row.secret for row in erasure_store.scalars(select(ErasureSecret))}
    sealed = list(everything_sealed())
    assert {one.where for one in sealed} >= {
        *("parts.envelope", "own_copies.envelope", "registration_parts.envelope"),
        *("outbox.envelope", "registrations.mail_envelope", "events.link_envelope"),
        *("slots.envelope", "purpose_key_seals.envelope", "coordinators.totp_envelope"),
    }
    opened = set(try_everything(sealed, keys | every_value_of_32_bytes(), secrets))
    # And then what links they found, and every key that comes out of a link
    found = b"\n".join(content for _, content in opened).decode()
    assert live.ticket in found
    labels = tickets.labels(live.ticket, salt)
    more = {labels.lookup, labels.room}
    more |= {derive(live.ticket.encode(), salt=salt, label=label) for label in Label}
    opened |= set(try_everything(sealed, more, secrets))
    # Then it is unsent mails, addresses and links of live registrations, and joining links: nothing else
    assert {where for where, _ in opened} == {
        "outbox.envelope",
        "registrations.mail_envelope",
        "events.link_envelope",
    }
    contents = sorted(content.decode() for _, content in opened)
    assert len(contents) == 3
    assert contents == sorted(
        [
            LINK,
            '{"address": "asked@example.org"}',
            f'{{"address": "live@example.org", "ticket": "{live.ticket}"}}',
        ]
    )
    # And no word that anybody told us, no code, nobody who is gone
    for hidden in (CANARY, "gone@example.org", gone.ticket, sent.receipt, str(live.room_code)):
        assert hidden not in "\n".join(contents)
    # And the link that they have shows them a page with no answer on it
    own = registrations.find_own(live.ticket)
    assert CANARY not in repr(own)
