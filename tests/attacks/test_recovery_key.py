"""Key escrow taken away by a database writer: the recovery key's row is deleted or exchanged before publishing.

At commit c7b8640 `DELETE FROM recovery_keys`, then `publish`, made purpose keys with one holder (two before), without
a word: the loss of one passphrase then lost the whole call. Now no purpose key is made without a recovery key whose
MAC holds, and `publish` and `publish-event` end in a sentence.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import text, update

from tests.factories import CONTENT, DEMO_CALL, publish_demo_call, publish_demo_event
from tests.integration.tables import everything
from webapp.cli import content, main
from webapp.models import RecoveryKey
from webapp.rules import clock
from webapp.services.infrastructure import stores
from webapp.services.keys.purpose_key_generation import NoRecoveryKey
from webapp.vault.keyring import make_coordinator_key

WAYS = {
    "call": (
        "publish",
        str(CONTENT / f"{DEMO_CALL}.json"),
        "--same-title",
        "--closes-on",
        (clock.today() + timedelta(days=30)).isoformat(),
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
    return CliRunner().invoke(main.commands[name], [*rest, "--slug", "another", *more])


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


@pytest.mark.parametrize("what", WAYS)
def test_with_the_recovery_key_in_its_place_it_is_published(instance: Flask, what: str) -> None:
    done = give(WAYS[what])
    assert done.exit_code == 0, done.output
