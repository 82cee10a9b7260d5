"""An attacker steals the whole server: every byte of it is searched, and everything is tried on everything."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests import live
from tests.factories import demo_event, demo_form
from tests.integration.a_day import EVENT, Robbed, set_up, use
from tests.integration.canaries import Canaries, every_byte_under, searched, writings
from tests.integration.tables import tables
from tests.integration.thief import (
    KEY_SIZE,
    PARTS_OF_ANSWERS,
    PARTS_OF_REGISTRATIONS,
    READERS,
    Thief,
    everything_that_could_be_a_key,
    learn,
    sealed_values,
    sheet_in,
    with_sheets,
    words_in,
)
from tests.postgres import Postgres
from tests.sharing import share_a_first_one
from tests.stores import Shelf
from tests.tally import Tell
from webapp.services.infrastructure import stores
from webapp.sessions import cookie as session_cookie
from webapp.settings import SECRETS_OF, Settings
from webapp.vault import contexts
from webapp.vault.contexts import FIELDS as SEALED_FIELDS
from webapp.vault.labels import Label

PEOPLE = {*PARTS_OF_ANSWERS, *PARTS_OF_REGISTRATIONS}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def robbed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Robbed]:
    """An instance set up as in production, used by everybody who uses one, stopped, and stolen."""
    name = "sqlite_shelf" if request.param == "sqlite" else "postgres_shelf"
    shelf: Shelf = request.getfixturevalue(name)
    folder = tmp_path_factory.mktemp("stolen")
    instance, temporary = folder / "instance", folder / "tmp"
    temporary.mkdir()
    instance.mkdir()
    with shelf.empty(instance) as where:
        settings = {**where.environment(), "TMPDIR": str(temporary)}
        scene = Robbed(request.param, folder, instance, settings, where)
        set_up(scene)
        server = live.start(instance, demo=False, **settings)
        try:
            use(scene, server.url)
            running = list(scene_bytes(scene))
            scene.printed += look(scene, "while it ran", running)
        finally:
            for wire in scene.wires:
                wire.close()
            server.stop()
            server.kill()
        with scene.opened():
            share_a_first_one()
        yield scene


# What lies there


def scene_bytes(scene: Robbed) -> Iterator[tuple[str, bytes]]:
    """Every byte that a thief gets: files, log, temporary folder, and every column of every database."""
    yield from every_byte_under(scene.instance, scene.folder / "tmp", scene.folder / "instance.log")
    yield from rows_of(scene)


def rows_of(scene: Robbed) -> Iterator[tuple[str, bytes]]:
    with scene.opened():
        for store, table in tables():
            with stores.reading(store) as session:
                for row in session.execute(table.select()):
                    for column, value in zip(table.columns, row, strict=True):
                        as_bytes = value if isinstance(value, bytes) else str(value).encode()
                        yield f"{store}, {table.name}.{column.name}", as_bytes


def look(scene: Robbed, when: str, everything: list[tuple[str, bytes]]) -> list[str]:
    """Search for all words, and tell how much was searched. Raises AssertionError."""
    lines = []
    for what, canaries in (("people told us", scene.told), ("is kept nowhere", scene.kept)):
        found, amount = searched(canaries, iter(everything))
        assert found == [], f"{when}: " + "\n".join(found)
        lines.append(f"{when}, what {what}: {dict(amount)}, found: {len(found)}")
    return lines


def test_the_search_would_find_what_is_there(tmp_path: Path) -> None:
    # Given a word in a file, in each of the writings that are searched, at any place
    canaries = Canaries()
    word = canaries.plant("something")
    assert len({pattern for _, pattern in writings(word)}) == 8
    for writing, pattern in writings(word):
        for before in range(4):
            file = tmp_path / "file"
            file.write_bytes(b"." * before + pattern + b"...")
            # Then it is found
            found, _ = searched(canaries, every_byte_under(tmp_path))
            assert found, writing
    # And as base64 makes it of a longer text, wherever it stands in it
    for before in range(6):
        text = base64.b64encode(b"." * before + word.encode() + b"....")
        assert canaries.found_in(text), before
    # And in the name of a file
    (tmp_path / "file").rename(tmp_path / f"{word}.txt")
    assert searched(canaries, every_byte_under(tmp_path))[0]


def test_no_byte_of_what_a_participant_told_us_is_readable(
    robbed: Robbed, tell: Tell, request: pytest.FixtureRequest
) -> None:
    # Given a stopped instance, and every word that people typed
    forms = (demo_form(), demo_event(EVENT).form)
    asked = (question for form in forms for question in form.questions)
    fields = {question.key for question in asked if not question.choice_keys}
    planted = {name.partition(": ")[2] for name in robbed.told.typed}
    assert fields <= planted, "a field without a word of its own"
    # When every byte is searched
    everything = list(scene_bytes(robbed))
    if robbed.kind == "postgresql":
        everything += list(data_files(robbed, request.getfixturevalue("cluster")))
    lines = look(robbed, "after it was stopped", everything)
    # Then none is there; and the temporary folder is empty
    assert [path for path in (robbed.folder / "tmp").rglob("*") if path.is_file()] == []
    tell(f"the stolen server, {robbed.kind}", *robbed.printed, *lines)


def data_files(scene: Robbed, cluster: Postgres) -> Iterator[tuple[str, bytes]]:
    """The files of the three databases, and the log that all changes go through."""
    with psycopg.connect(scene.stores.main) as connection:
        connection.execute("CHECKPOINT")
    names = [urlsplit(url).path[1:] for url in scene.settings.values() if "://" in url]
    oids = [
        oid
        for (oid,) in cluster.admin.execute(
            "SELECT oid FROM pg_database WHERE datname = ANY(%s)", [names]
        )
    ]
    assert len(oids) == 3
    data = cluster.folder / "data"
    yield from every_byte_under(*(data / "base" / str(oid) for oid in oids), data / "pg_wal")


def test_the_log_says_nothing_about_visitors(robbed: Robbed) -> None:
    # Given everything that the service printed while people used it, and while programs sent it nonsense
    log = (robbed.folder / "instance.log").read_text()
    # Then no address of a visitor is there, no path that they asked for, and no error
    assert "127.0.0.1" not in log
    assert "ip=" not in log
    assert "/choices" not in log
    assert "/page/" not in log
    assert "Traceback" not in log
    assert "ERROR" not in log


# What opens


#: What docs/threat-model.md says of an attacker with all files and configuration, and no passphrase: mails that wait,
#: addresses of live registrations (with the link to their own page), joining links, what coordinators wrote to everyone
#: at an event, the addresses of coordinators who want to be e-mailed, and where parts that wait will be written. No
#: answer, no consented contact.
OPENS_WITHOUT_A_PASSPHRASE = {
    *(contexts.MAIL, contexts.REGISTRATION_MAIL, contexts.JOINING_LINK),
    *(contexts.EVENT_MESSAGE, contexts.COORDINATOR_MAIL),
    # The row of a part that waits. The part itself stays sealed to its purpose.
    *(contexts.WAITING_PART_KEY, contexts.WAITING_PART),
}


def everything_stolen(scene: Robbed, settings: Settings) -> Thief:
    """An attacker who has all keys of the configuration, all bytes of the stores, and guesses from what they see."""
    thief = Thief(settings.receipt_salt, scene.failed)
    names = set().union(*SECRETS_OF.values())
    config = {name: getattr(settings, name.lower()) for name in names}
    assert all(config.values())
    keys = {key for key in config.values() if len(key) == KEY_SIZE}
    thief.keys = {*keys, *everything_that_could_be_a_key(), bytes(KEY_SIZE)}
    thief.words = {"", "ana", "Ana", "A charity", "hearth", *(key.hex() for key in keys)}
    return thief


def test_what_opens_without_a_passphrase_is_exactly_what_we_say(robbed: Robbed, tell: Tell) -> None:
    # Given all files and all configuration, and every kind of sealed value that is declared
    # But the key of a backup file, which is on another disk: `tests/integration/test_backups.py`.
    tried = {*READERS, contexts.BACKUP_FILE}
    assert tried == set(SEALED_FIELDS), "a kind of sealed value that nobody tries to open"
    with robbed.opened() as app:
        settings = app.extensions["hearth_settings"]
        values = sealed_values(settings)
        assert all(values.values()), "a kind that this test has nothing of"
        everything = [value for kind in values.values() for value in kind]
        thief = everything_stolen(robbed, settings)
        # When everything is tried on everything
        opened = thief.try_everything(everything)
    # Then exactly that opens which the threat model lists
    assert opened == OPENS_WITHOUT_A_PASSPHRASE
    # And no word that people told us is in it, but for the addresses that mails need
    known = {**robbed.told.typed, **robbed.kept.typed}
    read = words_in(thief.opened)
    assert {name for name, words in known.items() if words in read} == {
        *("one: email", "registered: registrant_email", "registered: link"),
        *("Ana: the joining link", "Ana: a message to everyone", "Ana: own address"),
    }
    tell(
        f"the stolen server, {robbed.kind}",
        f"{len(everything)} sealed values of {len(values)} kinds, {len(thief.keys)} keys "
        f"and {len(thief.words)} words, {thief.tried} attempts; opened: {len(thief.opened)}",
    )


def test_the_same_attempt_with_the_passphrase_opens_what_a_coordinator_may_read(
    robbed: Robbed,
) -> None:
    # Given the same thief, who has found the coordinator's passphrase on a piece of paper
    with robbed.opened() as app:
        settings = app.extensions["hearth_settings"]
        values = sealed_values(settings)
        thief = everything_stolen(robbed, settings)
        thief.words = {robbed.kept.typed["Ana: passphrase"]}
        opened = thief.try_everything([value for kind in values.values() for value in kind])
    # Then all that she may read opens: the attempt above was a real one
    own = {
        contexts.SLOT,
        contexts.TOTP_SECRET,
        contexts.PASSKEY,
        contexts.PURPOSE_KEY_SEAL,
        contexts.ENTRY_DRAFT,
        contexts.SESSION_NOTE,
    }
    assert opened == {*own, *PEOPLE, contexts.OWN_COPY, *OPENS_WITHOUT_A_PASSPHRASE}
    assert copies_of(thief.opened) == READABLE_AT_THE_DESK
    read = words_in(thief.opened)
    for question in demo_form().without_help.questions:
        if not question.choice_keys and question.key not in ("without_words", "phone"):
            assert robbed.told.typed[f"one: {question.key}"] in read


#: A part that a coordinator may read carries the key of its owner's copy. Answers about equality do not: their copy
#: says whose they are.
READABLE_AT_THE_DESK = {"contact", "testimony"}


def copies_of(opened: Mapping[str, object]) -> set[str]:
    """The parts whose own copies are among what opened."""
    return {where.split()[3] for where in opened if where.startswith("own copy of ")}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_with_one_recovery_sheet_nothing_more_opens(robbed: Robbed, number: int) -> None:
    # Given the same thief, who has also found one of the three sheets
    sheet = sheet_in(robbed.kept.typed[f"Ana: sheet {number}"])
    with robbed.opened() as app:
        settings = app.extensions["hearth_settings"]
        values = {**sealed_values(settings), contexts.RECOVERY_SEED: with_sheets({sheet})}
        assert len(values[contexts.RECOVERY_SEED]) == 3
        thief = everything_stolen(robbed, settings)
        thief.keys |= {sheet}
        thief.words |= {robbed.kept.typed[f"Ana: sheet {number}"]}
        # When it is tried beside everything, and as a key and a passphrase itself
        opened = thief.try_everything([value for kind in values.values() for value in kind])
    # Then exactly that opens which opened without it
    assert opened == OPENS_WITHOUT_A_PASSPHRASE


@pytest.mark.parametrize("numbers", [(1, 2), (1, 3), (2, 3)])
def test_with_two_recovery_sheets_what_coordinators_may_read_opens(
    robbed: Robbed, numbers: tuple[int, int]
) -> None:
    # Given the same thief, who has found two sheets
    sheets = {sheet_in(robbed.kept.typed[f"Ana: sheet {number}"]) for number in numbers}
    with robbed.opened() as app:
        settings = app.extensions["hearth_settings"]
        values = {**sealed_values(settings), contexts.RECOVERY_SEED: with_sheets(sheets)}
        thief = Thief(settings.receipt_salt, robbed.failed, keys=set(sheets))
        thief.keys |= {settings.mailer_key, settings.service_key}
        opened = thief.try_everything([value for kind in values.values() for value in kind])
    # Then it is as docs/threat-model.md says: all that was sealed to coordinators and not erased, and no one's own key
    recovered = {contexts.RECOVERY_SEED, contexts.PURPOSE_KEY_SEAL, contexts.SHARED_CONTACT}
    assert opened == {*recovered, *PEOPLE, contexts.OWN_COPY, *OPENS_WITHOUT_A_PASSPHRASE}
    assert copies_of(thief.opened) == READABLE_AT_THE_DESK
    # And by one of the three envelopes alone: the other two want another sheet
    assert [where for where in thief.opened if where.startswith("recovery")] == [
        f"recovery {numbers}"
    ]


WITH = {
    "a code": {contexts.OWN_COPY},
    "a return code": {contexts.RETURN_DRAFT},
    # It is an address to go to, while the server runs. No key that comes out of it opens anything.
    "a registrant's link": set(),
    # A participant had "My choices" open: the Visit holds their code.
    "visitors' cookies": {contexts.VISIT_PUBLIC, contexts.OWN_COPY},
    # A coordinator was signed in: the Visit holds the keys of that session. It ends after a quarter of an hour. No seal
    # opens, because their own key is not among them.
    "the desk's cookie": {
        contexts.VISIT_DESK,
        contexts.TOTP_SECRET,
        contexts.PASSKEY,
        contexts.SESSION_KEYRING,
        contexts.SESSION_NOTE,
        contexts.ENTRY_DRAFT,
        *PEOPLE,
        contexts.OWN_COPY,
    },
}


@pytest.mark.parametrize("found", WITH)
def test_what_a_thief_finds_elsewhere_opens_what_it_is_for_and_no_more(
    robbed: Robbed, found: str
) -> None:
    # Given the same thief, who also has one person's code, or cookies out of browsers that are still open
    with robbed.opened() as app:
        settings = app.extensions["hearth_settings"]
        values = sealed_values(settings)
        thief = Thief(settings.receipt_salt, robbed.failed)
        if found == "a code":
            thief.words = {robbed.told.typed["two: code"]}
        elif found == "a return code":
            thief.words = {robbed.told.typed["pausing: return code"]}
        elif found == "a registrant's link":
            link = robbed.told.typed["registered: link"]
            thief.keys, _ = learn(f'"{link}"'.encode(), thief.salt)
            assert len(thief.keys) >= len(Label), "a key that nobody tries"
        else:
            name = "__Host-hearth" + ("-desk" if "desk" in found else "")
            cookies = (wire.cookies.get(name) for wire in robbed.wires)
            thief.keys = {key for cookie in cookies if (key := secret_in(cookie))}
        opened = thief.try_everything([value for kind in values.values() for value in kind])
    # Then that opens, and nothing else
    assert opened == WITH[found]
    if found == "the desk's cookie":
        assert copies_of(thief.opened) == READABLE_AT_THE_DESK
    if found == "a code":
        assert len(thief.opened) == 3, "the copies of more than one person"
    if found == "a return code":
        read = words_in(thief.opened)
        waiting = [words for name, words in robbed.told.typed.items() if "that waits" in name]
        assert len(waiting) == 2
        assert [words for words in waiting if words not in read] == []


def secret_in(cookie: str | None) -> bytes | None:
    return session_cookie.secret_in(cookie) if cookie else None
