"""A row is not a sign-in: attackers who write to the tables of sessions, with and without a cookie of the desk."""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask
from sqlalchemy import Table, delete, insert, select, update

from tests import people
from tests.factories import publish_demo_event
from tests.integration.tables import everything
from tests.visitor import Visitor
from webapp.desk.shared.blueprint import SESSION_KEYS
from webapp.models import Coordinator, DeskVisit
from webapp.services.infrastructure import stores
from webapp.services.keys import coordinators
from webapp.services.keys.bootstrap import Founded
from webapp.vault.envelope import VaultError
from webapp.vault.framing import framed, whole_number

COOKIE = "hearth-desk"
ROOM = "https://evil.example.org/room"
VISITS: Table = DeskVisit.__table__  # type: ignore[assignment]
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands still, early in the half minute of a six-digit code and in the minute of a timeout."""
    now = datetime.now(UTC).replace(second=1, microsecond=0)
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@dataclass(frozen=True)
class Intruder:
    """An attacker with a cookie, of their own making or copied: what the desk lets them do."""

    app: Flask
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def gets_in(self) -> bool:
        """Whether the desk shows its first page."""
        return self._get("/desk/").status_code == 200

    def sets_a_joining_link(self) -> bool:
        """Whether the people of an event are sent to a room of theirs."""
        form = self._get("/desk/events/round-table/link")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form.get_data(as_text=True))
        data = {"csrf_token": token[1] if token else "", "link": ROOM, "minutes": "30"}
        done = self._client.post("/desk/events/round-table/link", data=data, headers=self._cookie)
        return done.status_code == 303 and "done=link" in done.headers["Location"]

    def _get(self, path: str) -> Any:
        return self._client.get(path, headers=self._cookie)

    @property
    def _client(self) -> Any:
        return self.app.test_client(use_cookies=False)

    @property
    def _cookie(self) -> dict[str, str]:
        value = base64.urlsafe_b64encode(self.secret).decode().rstrip("=")
        return {"Cookie": f"{COOKIE}={value}"}


def signed_in(app: Flask, founded: Founded) -> tuple[Visitor, Intruder]:
    """A coordinator at the desk, and an attacker who copied the cookie of her session."""
    desk = Visitor(app.test_client())
    people.sign_in(desk, founded.owner)
    cookie = desk.client.get_cookie(COOKIE)
    assert cookie is not None
    intruder = Intruder(app, base64.urlsafe_b64decode(cookie.value + "="))
    assert intruder.gets_in()
    return desk, intruder


def copied_rows(app: Flask) -> list[Row]:
    with app.app_context(), stores.reading("volatile") as volatile:
        return [dict(row) for row in volatile.execute(select(VISITS)).mappings()]


def put_back(app: Flask, rows: list[Row]) -> None:
    """Write rows as they were copied, whatever stands in their place now."""
    with app.app_context(), stores.writing("volatile") as volatile:
        volatile.execute(delete(VISITS).where(VISITS.c.id.in_([row["id"] for row in rows])))
        volatile.execute(insert(VISITS), rows)


def change(app: Flask, **columns: Any) -> None:
    with app.app_context(), stores.writing("volatile") as volatile:
        volatile.execute(update(VISITS).values(**columns))


# The first format of Visits, as its source said it. No key of any configuration is in it.


def hkdf(key: bytes, info: bytes, salt: bytes = b"") -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


def first_id(secret: bytes) -> bytes:
    return hkdf(secret, b"hearth/1/visit/desk/id")


def first_context(secret: bytes, version: int) -> bytes:
    found_by = first_id(secret)
    pieces = (b"\1", b"\2", b"visit-desk", b"visit", found_by[16:])
    return framed(*pieces, whole_number(version), found_by[:16], whole_number(0))


def first_key(secret: bytes, context: bytes) -> bytes:
    key = hkdf(secret, b"hearth/1/visit/desk/key")
    return hkdf(key, b"hearth/1/visit/desk/content" + hashlib.sha256(context).digest())


def sealed_as_first(content: Row, secret: bytes) -> bytes:
    context, data = first_context(secret, 1), json.dumps(content).encode()
    padded = (len(data).to_bytes(4, "big") + data).ljust(512, b"\0")
    nonce = secrets.token_bytes(12)
    key = AESGCM(first_key(secret, context))
    return b"\1\2" + nonce + key.encrypt(nonce, padded, context)


def opened_as_first(row: Row, secret: bytes) -> bytes:
    context = first_context(secret, row["version"])
    envelope = row["sealed"]
    return AESGCM(first_key(secret, context)).decrypt(envelope[2:14], envelope[14:], context)


def sealed_as_now(content: Row, secret: bytes, row: Row, door_key: bytes) -> bytes:
    """By the source of today: all that is missing is the key of the desk's configuration."""
    from webapp.vault import visits

    header = visits.VisitHeader(
        1, row["expires_at"], row["ends_at"], row["coordinator_id"], row.get("session_id")
    )
    data = json.dumps(content).encode()
    return visits.seal_visit(data, secret, "desk", header, door_key=door_key)


def guessed_keys(app: Flask) -> list[bytes]:
    """All of 32 bytes that lies in any table, and every key of a configuration that the desk alone does not have."""
    values = {
        bytes(value)
        for table in everything().values()
        for row in table
        for value in row
        if isinstance(value, bytes) and len(value) == 32
    }
    found = app.extensions["hearth_settings"]
    shared = {found.form_key, found.receipt_salt, found.key_mac_key, found.service_key}
    return [bytes(32), *sorted(shared | {found.public_visit_key, found.audit_key} | values)]


@pytest.mark.parametrize("how", ["as the first format", "as today's format"])
def test_an_inserted_row_is_no_sign_in(app: Flask, how: str) -> None:
    """Insert a session of a coordinator's, under a cookie of the attacker's own.

    Before (c7b8640): signed in as any coordinator, without passphrase, six digits or configuration: the desk's first
    page, and a joining link to the attacker's room, in the coordinator's name. A row was sealed under its own cookie.
    Now half of its key is `DESK_VISIT_KEY`, which is in no database and in no other process.
    """
    with app.app_context():
        publish_demo_event()
        # Given an attacker who reads who works here
        with stores.reading() as main:
            ana = main.scalars(select(Coordinator)).one()
        guesses = guessed_keys(app) if how == "as today's format" else [b""]
    in_an_hour = int(datetime.now(UTC).timestamp()) + 3600
    for guess in guesses:
        intruder = Intruder(app)
        content = {
            "coordinator_id": ana.id.hex,
            "name": ana.name,
            "role": "owner",
            "keyring": uuid4().hex,
            **{name: secrets.token_hex(32) for name in SESSION_KEYS},
            "csrf_token": secrets.token_hex(32),
        }
        row: Row = {
            "id": first_id(intruder.secret),
            "version": 1,
            "expires_at": in_an_hour,
            "ends_at": in_an_hour,
            "coordinator_id": ana.id,
        }
        if guess:
            row["sealed"] = sealed_as_now(content, intruder.secret, row, guess)
        else:
            row["sealed"] = sealed_as_first(content, intruder.secret)
        # When they insert it and come with their cookie
        put_back(app, [row])
        # Then they get nothing
        assert not intruder.gets_in()
        assert not intruder.sets_a_joining_link()


def test_a_session_is_not_prolonged(
    app: Flask, founded: Founded, clock: time_machine.Traveller
) -> None:
    """Move both ends of a session into next week.

    Before (c7b8640): the copied cookie worked for as long as the attacker wrote. Now the ends are associated data.
    """
    _, intruder = signed_in(app, founded)
    next_week = int(datetime.now(UTC).timestamp()) + 7 * 24 * 3600
    (row,) = copied_rows(app)
    for columns in (
        {"expires_at": next_week},
        {"ends_at": next_week},
        {"expires_at": next_week, "ends_at": next_week},
    ):
        put_back(app, [row | columns])
        assert not intruder.gets_in()
        clock.shift(timedelta(minutes=20))
        assert not intruder.gets_in()
        clock.shift(timedelta(minutes=-20))
    # And as it was, it works
    put_back(app, [row])
    assert intruder.gets_in()


@pytest.mark.parametrize("whose", [None, uuid4()], ids=["nobody's", "another's"])
def test_a_session_is_not_hidden_from_its_coordinator(
    app: Flask, founded: Founded, whose: UUID | None
) -> None:
    """Give a session to another coordinator, or to none, so that ending all of hers does not find it.

    Before (c7b8640): after a new passphrase, when every session of hers ends, the attacker's went on. Now whose it is
    is associated data.
    """
    _, intruder = signed_in(app, founded)
    (row,) = copied_rows(app)
    change(app, coordinator_id=whose)
    with app.app_context():
        coordinators.end_visits(row["coordinator_id"])
    assert not intruder.gets_in()


@pytest.mark.parametrize("how", ["signed out", "signed in again", "a new passphrase"])
def test_an_ended_session_that_is_put_back_does_not_work(
    app: Flask, founded: Founded, clock: time_machine.Traveller, how: str
) -> None:
    """Copy a session's row and cookie, wait until it is ended, and put the row back (replay).

    Before (c7b8640): it worked again. Now that it ended is noted in `main`, in another store.
    """
    desk, intruder = signed_in(app, founded)
    rows = copied_rows(app)
    if how == "signed out":
        desk.press("Sign out")
    elif how == "signed in again":
        clock.shift(timedelta(minutes=1))
        desk.client.post("/desk/sign-in", data=entered(founded))
    else:
        with app.app_context():
            coordinators.end_visits(rows[0]["coordinator_id"])
    assert not intruder.gets_in()
    # When the row is put back, at once and a little later
    for _ in range(2):
        put_back(app, rows)
        assert not intruder.gets_in()
        clock.shift(timedelta(minutes=2))
    # And with another version or other times on it, neither
    for columns in ({"version": 2}, {"expires_at": rows[0]["ends_at"]}):
        put_back(app, [rows[0] | columns])
        assert not intruder.gets_in()


def entered(founded: Founded) -> dict[str, str]:
    owner = founded.owner
    code = people.code_now(owner.totp_secret)
    return {"sign_in_name": owner.sign_in_name, "passphrase": owner.passphrase, "code": code}


def test_a_stolen_row_and_its_cookie_hold_no_key_without_the_configuration(
    app: Flask, founded: Founded
) -> None:
    """Steal `volatile` while a coordinator is signed in, and the cookie out of her browser.

    Before (c7b8640): the row opened to her long-term private key, which opens all that was ever sealed to her. Now it
    does not open without the desk's configuration, and what it holds is this session's (`test_stolen_sessions.py`).
    """
    _, intruder = signed_in(app, founded)
    (row,) = copied_rows(app)
    try:
        opened = opened_as_first(row, intruder.secret)
    except Exception:
        opened = b""
    assert b'"keyring-key"' not in opened
    # And with everything else that lies about, it does not either
    from webapp.vault import visits

    header = visits.VisitHeader(
        row["version"],
        row["expires_at"],
        row["ends_at"],
        row["coordinator_id"],
        row["session_id"],
    )
    with app.app_context():
        guesses = guessed_keys(app)
    for guess in guesses:
        with pytest.raises(VaultError):
            visits.open_visit(row["sealed"], intruder.secret, "desk", header, door_key=guess)
    # But with the key of the desk's configuration it does: the attempts above were real ones
    own = app.extensions["hearth_settings"].desk_visit_key
    assert b'"keyring-key"' in visits.open_visit(
        row["sealed"], intruder.secret, "desk", header, door_key=own
    )
