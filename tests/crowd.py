"""Many registrations at once: copies of a real one under other ids, signed as Hearth signs them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Table, insert, select, text

from tests.factories import register_one
from webapp.models import Registration
from webapp.rules.states import RegistrationState
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import mac_of_values

TABLE: Table = Registration.__table__  # type: ignore[assignment]


def seated(*seats: int) -> list[dict[str, Any]]:
    """The columns of registrants with these seats."""
    return [{"state": RegistrationState.CONFIRMED, "seat": one, "place": None} for one in seats]


def waiting(*places: int) -> list[dict[str, Any]]:
    """The columns of registrants who wait with these places."""
    return [{"state": RegistrationState.WAITING, "seat": None, "place": one} for one in places]


def crowd(event: Event, rows: Iterable[dict[str, Any]]) -> list[UUID]:
    """Registrations for this event with these columns, in place of all that it has. Their addresses open to no one."""
    example = _example(event)
    made = [_signed({**example, **_new(), **columns}) for columns in rows]
    with stores.writing() as main:
        if main.get_bind().dialect.name == "postgresql":
            # Tests commit without waiting for the disk; VACUUM does not count such rows as visible to all yet.
            main.execute(text("SET LOCAL synchronous_commit = on"))
        main.execute(
            TABLE.delete().where(TABLE.c.event_id == event.id, TABLE.c.id != example["id"])
        )
        main.execute(insert(TABLE), made)
    return [row["id"] for row in made]


def plant(event: Event, **columns: Any) -> UUID:
    """A registration that an attacker puts into the database: it has every column but a MAC that holds."""
    row = {**_example(event), **_new(), **columns, "row_mac": bytes(32)}
    with stores.writing() as main:
        main.execute(insert(TABLE), [row])
    return UUID(str(row["id"]))


def _example(event: Event) -> dict[str, Any]:
    """A registration of this event, which was cancelled and holds nothing."""
    cancelled = TABLE.c.event_id == event.id, TABLE.c.lookup == event.id.bytes * 2
    with stores.reading() as main:
        there = main.execute(select(TABLE).where(*cancelled)).mappings().one_or_none()
    if there is not None:
        return dict(there)
    first = register_one(event)
    nothing = {"state": RegistrationState.CANCELLED, "seat": None, "place": None}
    with stores.writing() as main:
        row = dict(main.execute(select(TABLE).where(TABLE.c.id == first.id)).mappings().one())
        kept = _signed({**row, **nothing, "lookup": event.id.bytes * 2})
        main.execute(TABLE.update().where(TABLE.c.id == first.id).values(**kept))
    return kept


def _new() -> dict[str, Any]:
    return {"id": uuid4(), "lookup": uuid4().bytes * 2, "mail_secret_id": uuid4()}


def _signed(row: dict[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in row.items() if name != "row_mac"}
    return {**values, "row_mac": mac_of_values(Registration, values)}
