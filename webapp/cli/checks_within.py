"""Health checks on this machine: settings, file permissions, disk, clock, databases, worker, record, rows."""

import stat
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from webapp.cli.finding import Finding, State
from webapp.cli.instance import config_folder, environ
from webapp.models import WorkerClock
from webapp.rules import clock
from webapp.rules.clock_jumps import Doubt
from webapp.services.infrastructure import (
    audit,
    clock_guard,
    deletion_stops,
    disk_space,
    head_file,
    outbox,
    record_check,
    row_verification,
    settings_warnings,
    stores,
)
from webapp.services.sealed import older_stores
from webapp.settings import (
    FILES,
    LOCAL,
    STORE_SETTINGS,
    Settings,
    WrongSetting,
    read_config_file,
)

#: The worker sends what is due every five seconds.
WAITS_TOO_LONG_MINUTES = 15
#: The worker checks all rows once a day.
ROWS_UNCHECKED = timedelta(days=2)
#: A file system's and a process's clock are read at two moments.
AHEAD_SECONDS = 120


def settings(chosen: Settings) -> Iterator[Finding]:
    """Settings that the operator has not set yet, and ones that expose a door more than it should be."""
    yield from (wrong := list(_each_by_itself()))
    said = [*settings_warnings.of(chosen), *_addresses_of_the_other()]
    for reminder in said:
        yield Finding("settings", State.LOOK, reminder)
    if chosen.host.strip("[]") not in LOCAL and chosen.proxy_hops:
        yield Finding(
            "settings",
            State.LOOK,
            f"HOST is {chosen.host}: who reaches this port past the proxy can say that they come from anywhere. "
            "Set HOST=127.0.0.1, or close the port in a firewall.",
        )
    if chosen.secure and not chosen.proxy_hops:
        yield Finding(
            "settings",
            State.LOOK,
            "PROXY_HOPS is 0, and BASE_URL is https: behind a proxy all people count as one in the limits. "
            "Set it to 1 (nginx alone in front).",
        )
    if not said and not wrong:
        yield Finding("settings", State.WELL, "everything that a page says was said by you")


def _each_by_itself() -> Iterator[Finding]:
    """Validate each process's configuration file alone: read together, one file hides what is wrong in another."""
    for process, name in FILES.items():
        if not (config_folder() / name).exists():
            continue
        try:
            Settings.from_environment({**environ((process,)), "DOORS": process})
        except WrongSetting as problem:
            yield Finding("settings", State.BROKEN, f"{name}: it does not start: {problem}")


def _addresses_of_the_other() -> Iterator[str]:
    """Consistency of the addresses: the desk needs the public one, and the worker the desk's where it is another."""
    folder = config_folder()
    public, desk, worker = (
        read_config_file(folder / name) if (folder / name).exists() else {}
        for name in FILES.values()
    )
    address, desk_address = (one.get("BASE_URL", "").rstrip("/") for one in (public, desk))
    if not address or not desk_address:
        return
    if not desk.get("PUBLIC_URL"):
        yield (
            "PUBLIC_URL is not set in desk.env: a desk that runs as a process of its own cannot show the address of a "
            f"call, nor the pages of a language. Write PUBLIC_URL={address} there, and restart the desk."
        )
    if address != desk_address and not worker.get("DESK_URL"):
        yield (
            "DESK_URL is not set in worker.env: the mail to coordinators leads to where no desk is. Write "
            f"DESK_URL={desk_address} there."
        )


def files(chosen: Settings) -> Iterator[Finding]:
    """File permissions (least privilege): who may read the configuration, or delete files of the instance."""
    wrong = [*_config_files(), *_instance_files(chosen.instance)]
    yield from wrong
    if not wrong:
        yield Finding("files", State.WELL, "the configuration and the data are closed to others")


def _config_files() -> Iterator[Finding]:
    folder = config_folder()
    for path in (folder / name for name in FILES.values()):
        if not path.exists():
            continue
        about = path.stat()
        mode = stat.S_IMODE(about.st_mode)
        # The folder's group is that of all three processes.
        if mode & 0o040 and about.st_gid == folder.stat().st_gid:
            yield Finding(
                "files",
                State.BROKEN,
                f"{path} can be read by the group of its folder: give it the group of its own process alone",
            )
        elif mode & 0o037:
            yield Finding(
                "files",
                State.BROKEN,
                f"{path} can be read by others ({mode:04o}): chmod 0640, or 0600",
            )
    if folder.exists() and (mode := stat.S_IMODE(folder.stat().st_mode)) & 0o027:
        yield Finding("files", State.BROKEN, f"{folder} is open to others ({mode:04o}): chmod 0710")


def _instance_files(folder: Path) -> Iterator[Finding]:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o002 or (mode & 0o020 and not mode & stat.S_ISVTX):
        yield Finding(
            "files",
            State.BROKEN,
            f"{folder} can be written to by its group ({mode:04o}): one process could put its own folder in the "
            "place of config/. chmod 0750; docs/operating.md says which folders are shared",
        )
    for path in sorted(folder.glob("*.sqlite3*")):
        if stat.S_IMODE(path.stat().st_mode) & 0o007:
            yield Finding("files", State.BROKEN, f"{path} can be read by everyone: chmod o-rwx")


def disk(chosen: Settings) -> Iterator[Finding]:
    """Free disk space, and the reserve. On a nearly full disk nothing new is begun, so that people can still erase."""
    free = disk_space.free_bytes(chosen)
    words = f"{free // disk_space.MEGABYTE} MB free where {chosen.instance} is"
    if not disk_space.may_begin(chosen):
        kept = f"below KEEP_FREE_MB ({chosen.keep_free_mb}) nobody can begin to answer or book"
        yield Finding("disk", State.BROKEN, f"{words}: make room, {kept}")
    elif free < disk_space.LOW_BYTES:
        yield Finding("disk", State.LOOK, f"{words}: make room")
    else:
        yield Finding("disk", State.WELL, words)
    if not disk_space.has_reserve(chosen):
        reserve = (
            f"{chosen.reserve_file} is not there or empty: the worker fills it when there is room"
        )
        yield Finding("disk", State.LOOK, f"no reserve to erase with on a full disk: {reserve}")


def clock_here(chosen: Settings) -> Iterator[Finding]:
    """Clock regression: the clock compared with the newest audit entry and the newest files."""
    lines = audit.recent(1)
    newest = lines[0].at.date() if lines else clock.today()
    ahead = max((path.stat().st_mtime for path in chosen.instance.iterdir()), default=0)
    if newest > clock.today():
        yield Finding(
            "clock",
            State.BROKEN,
            f"it is {clock.today()} here, and the record has an entry of {newest}: the clock is, or was, wrong. "
            "Put it right before the worker runs",
        )
    elif ahead > time.time() + AHEAD_SECONDS:
        yield Finding(
            "clock", State.BROKEN, "a file in the instance is from the future: the clock is wrong"
        )
    else:
        yield Finding(
            "clock", State.WELL, f"{clock.now():%Y-%m-%d %H:%M} UTC, not before the record"
        )


def databases(chosen: Settings) -> Iterator[Finding]:
    """Database connections, schema versions, and whether a store was rolled back."""
    if gone := stores.not_answering():
        yield from (Finding("databases", State.BROKEN, _lost(store)) for store in gone)
        return
    found = stores.revisions()
    newest = stores.newest_revision()
    old = [store for store, revision in found.items() if revision != newest]
    if lost := [store for store in ("main", "erasure") if not found[store]]:
        yield Finding(
            "databases",
            State.BROKEN,
            f"{' and '.join(lost)} has no tables: lost, or the wrong database. Do not give migrate; stop it, and give "
            "restore",
        )
        return
    if old:
        yield Finding(
            "databases",
            State.BROKEN,
            f"the tables of {', '.join(old)} are not those of this Hearth ({newest}): give upgrade",
        )
        return
    try:
        older_stores.check()
    except WrongSetting as older:
        yield Finding("databases", State.BROKEN, str(older))
        return
    yield Finding("databases", State.WELL, f"all three answer, with the newest tables ({newest})")


def _lost(store: stores.Store) -> str:
    setting = STORE_SETTINGS[store]
    return f"the {store} store does not answer: is its database up ({setting}), and is there room on the disk?"


def worker(chosen: Settings) -> Iterator[Finding]:
    """Liveness of the worker, measured by its overdue work."""
    minutes, silent = outbox.backlog().oldest_minutes, _silent_minutes()
    if silent is None:
        yield Finding(
            "worker",
            State.LOOK,
            "it has not run yet: start it. Without it nothing is sent or deleted",
        )
    elif silent > WAITS_TOO_LONG_MINUTES:
        yield Finding(
            "worker",
            State.BROKEN,
            f"it last ran {silent} minutes ago: start it, or look at its log",
        )
    elif minutes > WAITS_TOO_LONG_MINUTES:
        yield Finding(
            "worker",
            State.BROKEN,
            f"a mail waits for {minutes} minutes longer than it should: does the worker run? Look at its log",
        )
    else:
        words = f"it last ran {silent} minutes ago, and nothing waits for it longer than it should"
        yield Finding("worker", State.WELL, words)


def record(chosen: Settings) -> Iterator[Finding]:
    """The daily check of the record: what it found, whether it was made, and whether heads are noted."""
    standing = record_check.standing()
    if not standing.found.is_whole:
        words = f"on {standing.found_on} it was found changed: verify-record says more, and the desk asks"
        yield Finding("record", State.BROKEN, words)
    elif standing.is_overdue:
        words = (
            "the worker has not checked it for days, or its last check was removed: look at its log"
        )
        yield Finding("record", State.BROKEN, words)
    elif standing.checked_on and head_file.last() is None:
        words = f"the worker cannot note its heads: may it write to {chosen.head_file}?"
        yield Finding("record", State.BROKEN, words)
    else:
        yield Finding("record", State.WELL, "nothing was found that is not as it was")


def deleting(chosen: Settings) -> Iterator[Finding]:
    """Retention: whether what is due is deleted, or waits for a confirmation. Our pages promise the day."""
    stopped, lost = clock_guard.asked(), clock_guard.unreadable()
    if stopped:
        state = State.LOOK if stopped.why is Doubt.SOON else State.BROKEN
        yield Finding("deleting", state, deletion_stops.in_words(stopped))
    if lost:
        yield Finding(
            "deleting",
            State.BROKEN,
            f"{lost} rows have lost their erasure secret: is the erasure store the right one? If it is, give "
            "remove-unreadable",
        )
    if not stopped and not lost:
        yield Finding("deleting", State.WELL, "nothing waits for a person to confirm the day")


def rows(chosen: Settings) -> Iterator[Finding]:
    """Integrity of the rows, by what the worker's daily check found."""
    newest = row_verification.newest()
    if newest is not None and newest.count:
        yield Finding(
            "rows",
            State.BROKEN,
            f"{newest.count} are not as Hearth wrote them ({newest.on}): give verify-rows, and keep a copy of all "
            "three stores before you change anything",
        )
    elif newest is None or clock.today() - newest.on >= ROWS_UNCHECKED:
        yield Finding(
            "rows",
            State.LOOK,
            "they were not checked yesterday or today: the worker does it once a day, and verify-rows does it now",
        )
    else:
        yield Finding("rows", State.WELL, f"all are as Hearth wrote them ({newest.on})")


def _silent_minutes() -> int | None:
    """Time since the worker's last round; None where it never ran."""
    with stores.reading() as main:
        row = main.scalars(select(WorkerClock)).one_or_none()
    return int((clock.now().timestamp() - row.ran_at) // 60) if row else None
