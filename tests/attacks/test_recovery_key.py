"""Key escrow taken away by a database writer: the recovery key's row is deleted or exchanged before publishing.

At commit c7b8640 `DELETE FROM recovery_keys`, then `publish`, made purpose keys with one holder (two before), without
a word: the loss of one passphrase then lost the whole call. Now no purpose key is made without a recovery key whose
MAC holds, and `publish` and `publish-event` end in a sentence. The same holds where no pair of sheets would open it.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import delete, insert, select, text, update

from tests.factories import (
    CONTENT,
    DEMO_CALL,
    days_of_call,
    publish_demo_call,
    publish_demo_event,
    rehearse_all,
    sheets_of,
)
from tests.integration.tables import everything
from webapp import cli
from webapp.cli import checks_recovery, content
from webapp.models import RecoveryKey, RecoveryPair
from webapp.rules import clock
from webapp.services.desk_home.concern_kinds import House, Kind
from webapp.services.desk_home.key_concerns import holders
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.outbox import Backlog
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import (
    recovery,
    recovery_rehearsal,
    recovery_renewal,
    recovery_sheets,
    recovery_state,
)
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.purpose_key_generation import NoRecoveryKey
from webapp.services.keys.recovery_sheets import UnknownSheet
from webapp.vault.keyring import make_coordinator_key

#: Whether the keys are held is asked of the stores, not of what is open.
NO_HOUSE = House(clock.now(), (), (), {}, Backlog(0, 0))
WAYS = {
    "call": (
        "publish",
        str(CONTENT / f"{DEMO_CALL}.json"),
        "--same-title",
        *days_of_call(clock.today() + timedelta(days=30)),
    ),
    "event": ("publish-event", str(CONTENT / "round-table.json"), "--same-title"),
}


@pytest.fixture
def instance(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An instance with a call that is open, which the commands find; on SQLite, then on PostgreSQL."""
    monkeypatch.setattr(content, "application", lambda: app)
    with app.app_context():
        yield app


def delete_the_row() -> None:
    """As the database's own shell does it: with foreign keys off."""
    with stores.writing() as main_store:
        url = main_store.get_bind().engine.url
        if url.get_backend_name() == "postgresql":
            main_store.execute(text("SET LOCAL session_replication_role = replica"))
            main_store.execute(text("DELETE FROM recovery_keys"))
            return
    shell = sqlite3.connect(str(url.database))
    with shell:
        shell.execute("DELETE FROM recovery_keys")
    shell.close()


def put_in_own_key() -> None:
    with stores.writing() as main_store:
        main_store.execute(update(RecoveryKey).values(public_key=make_coordinator_key()[1]))


def forge_the_mac() -> None:
    with stores.writing() as main_store:
        main_store.execute(update(RecoveryKey).values(mac=bytes(32)))


ATTACKS: dict[str, tuple[Callable[[], None], str]] = {
    "removed": (delete_the_row, "The recovery key is missing from the database"),
    "exchanged": (put_in_own_key, "A stored key is not as Hearth wrote it"),
    "no MAC of ours": (forge_the_mac, "A stored key is not as Hearth wrote it"),
}


def give(words: tuple[str, ...], *more: str) -> Result:
    name, *rest = words
    return CliRunner().invoke(cli.command(name), [*rest, "--slug", "another", *more])


@pytest.mark.parametrize("what", WAYS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_is_published_without_an_authentic_recovery_key(
    instance: Flask, what: str, attack: str
) -> None:
    # Given an attacker who can write to `main` alone
    mount, said = ATTACKS[attack]
    mount()
    before = everything()
    # When an operator publishes, or looks whether they could
    for more in ((), ("--check",)):
        done = give(WAYS[what], *more)
        # Then they are told so in a sentence
        assert done.exit_code == 1, done.output
        assert said in done.stderr
        assert not re.search(r"Traceback|KeySwapped|NoRecoveryKey", done.output)
    # And nothing is half made: no key, no seal, no call, no entry in the record
    assert everything() == before


def test_the_services_refuse_it_too(instance: Flask) -> None:
    delete_the_row()
    before = everything()
    with pytest.raises(NoRecoveryKey):
        publish_demo_call("second")
    with pytest.raises(NoRecoveryKey):
        publish_demo_event()
    assert everything() == before


# Recovery sheets


def remove_a_pair() -> None:
    with stores.writing() as main_store:
        main_store.execute(delete(RecoveryPair).where(RecoveryPair.second_sheet == 2))


def garble_a_pair() -> None:
    with stores.writing() as main_store:
        main_store.execute(update(RecoveryPair).values(envelope=b"x" * 542))


def exchange_two_pairs() -> None:
    """Move one pair's envelope into the row of another, with its marks."""
    with stores.writing() as main_store:
        one, other, *_ = main_store.execute(
            select(RecoveryPair.id, RecoveryPair.envelope).order_by(
                RecoveryPair.first_sheet, RecoveryPair.second_sheet
            )
        ).all()
        for row, envelope in ((one, other.envelope), (other, one.envelope)):
            main_store.execute(
                update(RecoveryPair).where(RecoveryPair.id == row.id).values(envelope=envelope)
            )


def take_a_rehearsal_back() -> None:
    with stores.writing() as main_store:
        main_store.execute(update(RecoveryPair).values(proved_on=None))


ON_SHEETS = {
    "removed": remove_a_pair,
    "garbled": garble_a_pair,
    "exchanged": exchange_two_pairs,
    "not rehearsed": take_a_rehearsal_back,
}


@pytest.mark.parametrize("attack", ON_SHEETS)
def test_nothing_is_published_that_a_pair_of_sheets_could_not_recover(
    instance: Flask, attack: str
) -> None:
    # Given an attacker who can write to `main` alone
    ON_SHEETS[attack]()
    before = everything()
    for what in WAYS.values():
        # When an operator publishes, then they are told so, and nothing is half made
        done = give(what)
        assert done.exit_code == 1, done.output
        assert "cannot be opened by every pair of sheets" in done.stderr
        assert everything() == before
    # And the desk says so on the day
    assert Kind.SHEETS_MISSING in {one.kind for one in holders(NO_HOUSE)}


def test_an_envelope_that_was_exchanged_opens_nothing(instance: Flask, founded: Founded) -> None:
    exchange_two_pairs()
    sheets = sheets_of(founded, 2, 3)
    # The pair that was left alone still opens
    assert recovery_sheets.open_seed(*sheets)
    with pytest.raises((RowForged, UnknownSheet)):
        recovery_sheets.open_seed(*sheets_of(founded, 1, 2))


def test_a_rehearsal_cannot_be_written_into_the_database(instance: Flask, founded: Founded) -> None:
    # Given new sheets that nobody has tried, and an attacker who writes today's day beside them
    recovery_renewal.renew(recovery.recovery_secret(*sheets_of(founded, 1, 2)))
    with stores.writing() as main_store:
        main_store.execute(update(RecoveryPair).values(proved_on=clock.today()))
    # Then they do not count as proved
    assert not recovery_state.standing().is_ready


def test_a_recovery_key_that_was_replaced_and_put_back_is_counted(
    instance: Flask, founded: Founded
) -> None:
    # Given a set that was replaced, and an attacker who puts its rows back as they were
    with stores.reading() as main_store:
        old = [dict(row._mapping) for row in main_store.execute(select(RecoveryKey.__table__))]
        pairs = [dict(row._mapping) for row in main_store.execute(select(RecoveryPair.__table__))]
    renewed = recovery_renewal.renew(recovery.recovery_secret(*sheets_of(founded, 1, 2)))
    rehearse_all(replace(founded, sheets=renewed.sheets))
    assert recovery_state.standing().keys == 1
    with stores.writing() as main_store:
        main_store.execute(insert(RecoveryKey.__table__), old)
        main_store.execute(insert(RecoveryPair.__table__), pairs)
    # Then its sheets open a seed again, to which what is published from now on is sealed, and `check` says so
    assert recovery_sheets.open_seed(*sheets_of(founded, 1, 3))
    (found,) = checks_recovery.sheets(instance.extensions["hearth_settings"])
    assert "the set before are still good" in found.words
    # And the newest set is still the one that counts; a rehearsal puts the other away again
    new = replace(founded, sheets=renewed.sheets)
    assert recovery_rehearsal.rehearse(sheets_of(new, 1, 2)).put_away == 1
    with pytest.raises(UnknownSheet):
        sheets_of(founded)


@pytest.mark.parametrize("what", WAYS)
def test_with_the_recovery_key_in_its_place_it_is_published(instance: Flask, what: str) -> None:
    done = give(WAYS[what])
    assert done.exit_code == 0, done.output
