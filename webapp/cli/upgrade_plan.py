"""What an upgrade would do to an instance, and why it is refused: looked at before anything is changed."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from flask import Flask
from sqlalchemy import text

from webapp import create_app
from webapp.cli.backup_errors import in_words
from webapp.cli.backup_settings import Chosen, chosen_place
from webapp.cli.checks_backups import DRILL_DAYS
from webapp.cli.instance import config_folder, environ_with, instance_folder, without_reminders
from webapp.extensions import current_settings
from webapp.release import VERSION
from webapp.services.backup.overwriting import destroy_files
from webapp.services.backup.store_copies import sqlite_path
from webapp.services.infrastructure import (
    backup_marks,
    disk_space,
    record_check,
    row_verification,
    schema_versions,
    separate_stores,
    store_users,
    stores,
    upgrade_notes,
)
from webapp.services.infrastructure.schema_versions import Migration
from webapp.services.infrastructure.store_users import StoreUser
from webapp.services.infrastructure.stores import Store
from webapp.services.infrastructure.upgrade_notes import NoteDamaged, UpgradeNote
from webapp.services.keys import bootstrap
from webapp.settings import FILES, Settings, WrongSetting

#: Where SQLite rebuilds a table, it and its log are there twice; a third copy is encrypted.
ROOM: Final = 3
#: For the log of the database, the configuration and the notes.
AT_LEAST: Final = 16 * disk_space.MEGABYTE
STOP: Final = "systemctl stop hearth-public hearth-desk hearth-worker (a small instance: Ctrl-C where `run` is)"


@dataclass(frozen=True)
class Completed:
    """A copy of the configuration with the secrets that this release needs, and an application that reads it."""

    app: Flask
    added: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Plan:
    """An instance as it is, and what this release would change."""

    revisions: Mapping[Store, str]
    migrations: tuple[Migration, ...]
    added: Mapping[str, Sequence[str]]
    note: UpgradeNote | None
    users: tuple[StoreUser, ...]

    @property
    def broken_off(self) -> UpgradeNote | None:
        """The upgrade before, where it has moved tables and did not come to its end."""
        newest = stores.newest_revision()
        return upgrade_notes.unfinished(self.note, self.revisions, newest)

    @property
    def begun(self) -> UpgradeNote | None:
        """The same, or one that changed no table yet: of both it is known where they began."""
        note = self.note
        not_moved = note and not note.finished and note.from_revisions == self.revisions
        return note if not_moved else self.broken_off

    @property
    def from_release(self) -> str:
        """The release of before, in words."""
        return upgrade_notes.release_of(self.note, self.revisions)

    @property
    def changes_nothing(self) -> bool:
        """Whether tables and configuration are those of this release already."""
        return not self.migrations and not self.added and not self.broken_off

    @property
    def must_stop(self) -> bool:
        """Whether a migration takes away or changes what a process of the release before needs."""
        return not all(one.expands_only for one in self.migrations)


@contextmanager
def completed() -> Iterator[Completed]:
    """The instance as this release would read it, nothing of it changed. Raises `ClickException`."""
    folder = config_folder()
    if missing := [name for name in FILES.values() if not (folder / name).exists()]:
        raise click.ClickException(
            f"{folder / missing[0]} is missing. Are INSTANCE and CONFIG_FOLDER the ones that you mean? If they are, "
            "put the file back from a copy (docs/operating.md, Restore). Nothing was changed."
        )
    memory = Path("/dev/shm")  # noqa: S108  (a private folder is made in it)
    place = memory if memory.is_dir() else instance_folder()
    with tempfile.TemporaryDirectory(prefix="hearth-upgrade-", dir=place) as name:
        copy = Path(name)
        try:
            for file in FILES.values():
                shutil.copyfile(folder / file, copy / file)
            added = bootstrap.complete_config(copy)
            settings = _settings(copy)
            with without_reminders():
                app = create_app(settings)
            try:
                yield Completed(app, added)
            finally:
                with app.app_context():
                    stores.let_go()
        finally:
            destroy_files(copy)


def _settings(copy: Path) -> Settings:
    """The settings of all processes together. Each alone must start, too, but for a demo's, which start as one."""
    together, wrong = _read(copy, tuple(FILES))
    if together is None or not together.demo:
        wrong += [one for process in FILES for one in _read(copy, (process,))[1]]
    if wrong or together is None:
        listed = dict.fromkeys(wrong)
        raise refused([f"With this release it does not start: {one}." for one in listed])
    return together


def _read(copy: Path, processes: tuple[str, ...]) -> tuple[Settings | None, list[str]]:
    try:
        return Settings.from_environment(environ_with(copy, processes)), []
    except WrongSetting as problem:
        return None, [str(problem).replace(str(copy), str(config_folder()))]


def refused(reasons: Sequence[str]) -> click.ClickException:
    """All reasons at once, each on a line."""
    return click.ClickException("\n".join(["Nothing was changed.", *reasons]))


def look(here: Completed) -> Plan:
    """The instance and what is to be done. Needs its context. Raises `ClickException` where that cannot be known."""
    try:
        separate_stores.check()
        revisions = stores.revisions()
        note = upgrade_notes.read(current_settings().instance)
    except WrongSetting as wrong:
        raise refused([f"{wrong}."]) from None
    except stores.StoreUnavailable as lost:
        raise refused(
            [f"The {lost} store does not answer: is its database up, is there room on the disk?"]
        ) from None
    except NoteDamaged as damaged:
        raise refused(
            [f"{damaged} cannot be read: move it away, and give upgrade again."]
        ) from None
    if reasons := list(_not_ours(revisions)):
        raise refused(reasons)
    pending = schema_versions.pending(min(revisions.values()))
    return Plan(revisions, tuple(pending), here.added, note, tuple(store_users.find_users()))


def _not_ours(revisions: Mapping[Store, str]) -> Iterator[str]:
    lost = [store for store, revision in revisions.items() if not revision]
    if lost:
        yield (
            f"{' and '.join(lost)} has no tables: lost, or the wrong database. Give restore (docs/operating.md, "
            "Restore); a new instance is made by init."
        )
    known = schema_versions.known()
    for store, revision in revisions.items():
        if revision and revision not in known:
            yield (
                f"The tables of {store} are at {revision}, which Hearth {VERSION} does not know: they are of a "
                "newer release. Use that one, or its downgrade command first."
            )


def refusals(plan: Plan, *, unopened: bool = False) -> Iterator[str]:
    """Every reason against changing this instance now, each with the way out. Needs its context."""
    settings = current_settings()
    if (settings.instance / backup_marks.RESTORE).exists():
        yield "A restore broke off: give restore once more, to its end."
    if plan.must_stop:
        yield from in_the_way(plan.users)
    yield from _found_false(plan)
    try:
        chosen = chosen_place()
        with in_words():
            chosen.place.try_out()
    except click.ClickException as none:
        yield f"No backup can be made. {none.message}"
        return
    yield from _little_room(chosen, settings)
    if unopened and (reason := _never_opened(settings.instance)):
        yield reason


def _found_false(plan: Plan) -> Iterator[str]:
    """What the worker's daily checks have found: nothing may be signed or moved that Hearth did not write."""
    try:
        rows, record = row_verification.newest(), record_check.standing()
    except stores.StoreUnavailable:
        # Tables of before, which this release cannot read. What is false there is found in the backup.
        return
    if rows and rows.count and not any("ROW_KEY" in names for names in plan.added.values()):
        yield f"{rows.count} rows are not as Hearth wrote them: docs/operating.md, When rows are false."
    if not record.found.is_whole and not any("AUDIT_KEY" in names for names in plan.added.values()):
        yield "The record was found changed: docs/operating.md, The record. A coordinator confirms it at the desk."


def in_the_way(users: Sequence[StoreUser]) -> Iterator[str]:
    """Processes that would go on with tables that they do not know."""
    if users:
        named = ", ".join(f"{one.store}: {one.who}" for one in users)
        yield f"The stores are in use ({named}). Stop what uses them first: {STOP}."


def _never_opened(instance: Path) -> str:
    last = backup_marks.last_drill(instance)
    if last is not None and (datetime.now(UTC) - last).days <= DRILL_DAYS:
        return ""
    return (
        f"No backup was opened for {DRILL_DAYS} days, so nobody knows whether there is a way back: leave "
        "--unopened out, and have the 24 words of the backup key at hand."
    )


def _little_room(chosen: Chosen, settings: Settings) -> Iterator[str]:
    here, copied = _existing(settings.instance), store_bytes(settings)
    wanted = [(here, ROOM * _in_files(settings))]
    if chosen.place.disk is not None:
        wanted.append((_existing(chosen.place.disk), copied + copied // 8))
    # A file system may hold both.
    needed: dict[int, tuple[Path, int]] = {}
    for folder, size in wanted:
        device = folder.stat().st_dev
        first, before = needed.get(device, (folder, settings.keep_free_mb * disk_space.MEGABYTE))
        needed[device] = first, before + size + AT_LEAST
    for folder, size in needed.values():
        if (free := shutil.disk_usage(folder).free) < size:
            yield (
                f"There is too little room where {folder} is: {_megabytes(free)} MB are free, and the backup and the "
                f"tables need {_megabytes(size)} MB. Make room (docs/operating.md, A full disk)."
            )


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.exists())


def store_bytes(settings: Settings) -> int:
    """About how large a backup of both stores is."""
    on_postgresql = 0
    for store, url in _urls(settings):
        if sqlite_path(url) is None:
            with stores.reading(store) as session:
                size = session.scalar(text("SELECT pg_database_size(current_database())"))
                on_postgresql += int(size or 0)
    return on_postgresql + _in_files(settings)


def _in_files(settings: Settings) -> int:
    found = 0
    for _, url in _urls(settings):
        if path := sqlite_path(url):
            files = (path, path.with_name(f"{path.name}-wal"))
            found += sum(one.stat().st_size for one in files if one.exists())
    return found


def _urls(settings: Settings) -> tuple[tuple[Store, str], ...]:
    return (("main", settings.database_url), ("erasure", settings.erasure_database_url))


def _megabytes(size: int) -> int:
    return -(-size // disk_space.MEGABYTE)
