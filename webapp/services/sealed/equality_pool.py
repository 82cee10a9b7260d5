"""The pool of equality parts (a mix): a part waits here, sealed to the worker, until it is written along with others.

An equality part must not be linkable to the participant. Written in the transaction in which its owner sends it, it
would lie beside their rows in the database file. `services.worker.equality_batches` writes what waits.
"""

import json
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import KeyedColumnElement

from webapp.extensions import current_settings
from webapp.models import ErasureSecret, Part, WaitingPart
from webapp.services.infrastructure import row_authentication
from webapp.vault.macs import waiting_part_mac
from webapp.vault.sealing import seal_until_written

LENGTH_SIZE = 4


def seal_into_pool(part: Part, secret: ErasureSecret) -> WaitingPart:
    """What waits for this part, which must be whole, its day included. Nothing is stored yet.

    The part is signed here, where it is made, and the worker stores it only with this MAC: what is sealed does not say
    who sealed it.
    """
    row_authentication.sign(part)
    row_id = waiting_id(part.secret_id)
    sealed = seal_until_written(
        _as_bytes(part),
        public_key=current_settings().mailer_public_key,
        owner_id=part.call_id,
        row_id=row_id,
    )
    return WaitingPart(
        id=row_id,
        call_id=part.call_id,
        lookup=_lookup(part.id),
        sealed_key=sealed.sealed_key,
        envelope=sealed.content,
        secret_made_on=secret.made_on,
        due_on=part.due_on,
    )


def waiting_id(secret_id: UUID) -> UUID:
    """The id of the row in which a part with this secret waits: a MAC, which leads nobody without the key to either.

    So it can be told, without opening what waits, whether a secret is still needed.
    """
    return row_authentication.derived_id(WaitingPart.__tablename__, secret_id=secret_id)


def take_out(main: Session, part_id: UUID, secret_id: UUID) -> bool:
    """Take a part out of the pool, by its own id or by that of its secret. False when it does not wait there.

    The worker may be writing it at this moment; then this waits for the worker, and the part is in `parts`.
    """
    mine = or_(WaitingPart.lookup == _lookup(part_id), WaitingPart.id == waiting_id(secret_id))
    taken: Any = main.execute(delete(WaitingPart).where(mine))
    return bool(taken.rowcount)


def days_of_waiting_secrets(main: Session) -> set[date]:
    """The days that secrets of waiting parts have in `erasure`."""
    return set(main.scalars(select(WaitingPart.secret_made_on).distinct()))


def read_row(data: bytes) -> Part:
    """The part that waited, with every column as it was."""
    end = LENGTH_SIZE + int.from_bytes(data[:LENGTH_SIZE], "big")
    written = json.loads(data[LENGTH_SIZE:end])
    values = {column.key: _read(column, written.get(column.key)) for column in _columns()}
    return Part(**values, envelope=data[end:])


def _as_bytes(part: Part) -> bytes:
    """The length of the columns in JSON (4 bytes, big-endian), the columns, and the envelope as it is."""
    columns = json.dumps(
        {column.key: _write(getattr(part, column.key)) for column in _columns()}
    ).encode()
    return len(columns).to_bytes(LENGTH_SIZE, "big") + columns + part.envelope


def _columns() -> Iterable[KeyedColumnElement[Any]]:
    return [column for column in Part.__table__.columns if column.key != "envelope"]


def _write(value: Any) -> Any:
    if isinstance(value, UUID | bytes):
        return value.hex() if isinstance(value, bytes) else value.hex
    return value.isoformat() if isinstance(value, date) else value


def _read(column: KeyedColumnElement[Any], written: Any) -> Any:
    readers: dict[type, Callable[[str], Any]] = {
        UUID: UUID,
        bytes: bytes.fromhex,
        date: date.fromisoformat,
    }
    reader = readers.get(column.type.python_type)
    return written if written is None or reader is None else reader(written)


def _lookup(part_id: UUID) -> bytes:
    """A blind index. Its key is in the doors' configuration, which also leads from a code to what it opens."""
    return waiting_part_mac(current_settings().receipt_salt, part_id)
