"""Instances of earlier releases, as their own code wrote them (tests/releases), on SQLite or loaded into PostgreSQL."""

import json
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Engine, select

from tests.factories import TO_CALL, TO_READ, environment
from tests.pages import CheckedClient
from tests.people import code_now, come_back
from tests.stores import STORES, Stores, application, sqlite_stores
from tests.visitor import Visitor
from webapp.cli import instance, main
from webapp.cli.instance import without_reminders
from webapp.extensions import db
from webapp.models import Submission
from webapp.services.answers import own_copies
from webapp.services.events import own_registrations
from webapp.services.infrastructure import row_verification
from webapp.services.infrastructure import stores as all_stores
from webapp.services.keys import authentication
from webapp.services.opening import disclosure

FOLDER: Final = Path(__file__).parent / "releases"
#: Newest migration of each, the oldest first.
EARLIER: Final = tuple(sorted(path.name.partition(".")[0] for path in FOLDER.glob("*.tar.xz")))
#: Receipts of 20 characters, which this one has, open nothing since then (CHANGELOG.md).
BEFORE_LONG_RECEIPTS: Final = "0014"


@dataclass(frozen=True)
class Told:
    """What people typed there, and what they were given."""

    made_on: date
    submission_id: UUID
    receipt: str
    answers: Mapping[str, Any]
    erased_id: UUID
    booked: tuple[Mapping[str, Any], ...]
    sign_in: Mapping[str, Any]

    @property
    def next_day(self) -> date:
        """The day after it was made: what is open then is what was open."""
        return self.made_on + timedelta(days=1)


@dataclass(frozen=True)
class Operator:
    """Who gives commands on one instance, in this process: each command in the tests' own environment."""

    instance: Path
    words: str

    def give(self, *command: str, typed: str = "") -> Result:
        """A command, and these lines to read. What ends it as a kill would passes through."""
        return give(*command, typed=typed)

    def upgrade(self, *options: str) -> Result:
        """With the words of the backup key at hand."""
        return self.give("upgrade", *options, typed=f"{self.words}\n")


def give(*command: str, typed: str = "") -> Result:
    """A command in this process."""
    return CliRunner().invoke(main, command, input=typed)


def unpack(release: str, folder: Path) -> Told:
    """The instance as it was, in this folder, on SQLite."""
    with tarfile.open(FOLDER / f"{release}.tar.xz") as packed:
        packed.extractall(folder, filter="data")
    told = json.loads((folder / "told.json").read_text())
    return Told(
        made_on=date.fromisoformat(told["made_on"]),
        submission_id=UUID(told["sent"]["submission_id"]),
        receipt=told["sent"]["receipt"],
        answers=told["sent"]["answers"],
        erased_id=UUID(told["erased"]),
        booked=tuple(told["booked"]),
        sign_in=json.loads((folder / "demo-sign-in.json").read_text()),
    )


def with_backup_key(folder: Path, backups: Path) -> Operator:
    """Make the key of backups, as an operator does, and keep its words."""
    done = give("backup-key", "--to", str(backups))
    assert done.exit_code == 0, done.output
    words = " ".join(one for one in done.output.split("\n\n")[1].split() if one.isalpha())
    return Operator(folder, words)


def load(folder: Path, release: str, stores: Stores) -> None:
    """Copy the rows of an instance on SQLite into three empty databases of PostgreSQL, with the tables of then.

    Migrations of then make those tables: they are the ones of today, because a migration that was released is final.
    """
    with application(stores, folder, DOORS="worker") as app, app.app_context():
        upgrade(revision=release)
        for store in STORES:
            target = db.engines[None if store == "main" else store]
            source = sa.create_engine(getattr(sqlite_stores(folder), store))
            _copy(source, target)
            source.dispose()


def _copy(source: Engine, target: Engine) -> None:
    tables = sa.MetaData()
    tables.reflect(target)
    with source.connect() as read, target.begin() as write:
        for table in tables.sorted_tables:
            if table.name == "alembic_version":
                continue
            names = [column.name for column in table.columns]
            listed = ", ".join(f'"{name}"' for name in names)
            rows = read.execute(sa.text(f"SELECT {listed} FROM {table.name}")).mappings()
            decoded = [
                {name: _decoded(table.c[name].type, row[name]) for name in names} for row in rows
            ]
            if decoded:
                write.execute(table.delete())
                write.execute(table.insert(), decoded)


DECODED: Final[Mapping[type, Callable[[Any], Any]]] = {
    UUID: lambda value: UUID(value) if isinstance(value, str) else UUID(bytes=value),
    bool: bool,
    date: date.fromisoformat,
}


def _decoded(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    """A value as SQLite keeps it, as PostgreSQL wants it."""
    decode = DECODED.get(kind.python_type)
    return value if value is None or decode is None else decode(value)


@contextmanager
def opened() -> Iterator[Flask]:
    """The application of the instance in the environment, with the code of today."""
    with without_reminders():
        app = instance.application()
    app.test_client_class = CheckedClient
    with app.app_context():
        try:
            yield app
        finally:
            all_stores.let_go()


def check_all_is_there(told: Told, release: str) -> None:
    """What people told this instance opens: at the desk, with their codes and links; and nothing that they deleted."""
    with opened() as app:
        sent = told.submission_id
        known = told.sign_in
        code = code_now(known["totp_secret"])
        holder = authentication.sign_in(known["sign_in_name"], known["passphrase"], code)
        testimony = disclosure.open_testimony(holder, sent, TO_READ).answers
        contact = disclosure.open_contact(holder, sent, TO_CALL).contact
        assert testimony.items() <= told.answers.items()
        assert testimony["change_words"] == "Tell us what comes next."
        assert contact is not None
        assert contact.email is not None
        assert contact.email.address == told.answers["email"]
        with all_stores.reading() as main:
            assert set(main.scalars(select(Submission.id))) == {sent}
        assert list(row_verification.find_false()) == []
        _check_bookings(told)
        if release != BEFORE_LONG_RECEIPTS:
            _check_choices(app, told)


def _check_bookings(told: Told) -> None:
    for one in told.booked:
        assert own_registrations.find_own(one["ticket"]).state == one["state"]


def _check_choices(app: Flask, told: Told) -> None:
    """My choices shows what is held, and every permission."""
    visitor = Visitor(app.test_client())
    come_back(visitor, told.receipt)
    assert visitor.path.endswith("/choices/held"), visitor.path
    held = own_copies.find_held(told.receipt)
    assert held.answers.items() <= told.answers.items()
    given = {one.purpose: one.text for one in held.consents if one.granted}
    assert given.keys() >= {"contact_me", "quote", "invite"}
    visitor.get("/en/choices/agreed")
    assert all(words in visitor.page.text for words in given.values())


def surroundings(folder: Path, stores: Stores | None = None) -> dict[str, str]:
    """What stands in the environment of a command about this instance."""
    where = stores.environment() if stores and stores.kind == "postgresql" else {}
    return {"INSTANCE": str(folder), "LIMIT_FACTOR": environment(folder)["LIMIT_FACTOR"], **where}
