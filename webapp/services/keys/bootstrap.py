"""Bootstrap of an instance: its configuration files, its tables, its first coordinator, its recovery key."""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType

from sqlalchemy import select

from webapp import env_files
from webapp.models import Coordinator
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import coordinators, recovery
from webapp.services.keys.key_slots import Credentials
from webapp.services.keys.recovery_sheets import PrintedSheet
from webapp.settings import (
    FILES,
    SECRET_BYTES,
    SECRETS_OF,
    Settings,
    WrongSetting,
    read_config_file,
)
from webapp.vault.mailer_keys import make_mailer_key, public_key_of_mailer

NOTHING_MORE: Mapping[str, Mapping[str, str]] = MappingProxyType({})
#: The two doors listen on ports of their own; `HOST` stays this machine, and a reverse proxy is in front.
PORTS: Mapping[str, str] = MappingProxyType({"public": "8000", "desk": "8001"})
#: What each process says about itself alone.
ADDRESSES = ("BASE_URL", "PUBLIC_URL", "DESK_URL", "PORT")


class AlreadyFounded(Exception):
    """There is an instance here already; a second one would make everything sealed so far unreadable."""


@dataclass(frozen=True)
class Founded:
    """What is shown once, and kept nowhere."""

    owner: Credentials
    sheets: tuple[PrintedSheet, ...] = field(repr=False)


def write_config(
    folder: Path, common: Mapping[str, str], own: Mapping[str, Mapping[str, str]] = NOTHING_MORE
) -> None:
    """One configuration file for each process, readable by their owner alone, with the secrets that it needs.

    `common` goes into all of them, `own` into one. Raises `AlreadyFounded` rather than replace one, and `WrongSetting`
    before anything is written.
    """
    if any((folder / name).exists() for name in FILES.values()):
        raise AlreadyFounded(str(folder))
    secrets = _new_secrets()
    files = {process: {**common, **own.get(process, {})} for process in FILES}
    for process, values in files.items():
        check_answers(values)
        Settings.from_environment({**values, **secrets, "DOORS": ",".join(FILES)})
        values |= {name: secrets[name] for name in sorted(SECRETS_OF[process])}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # It may have been there before, open to others.
    folder.chmod(0o700)
    for process, values in files.items():
        _write_new(folder / FILES[process], values)


def check_answers(values: Mapping[str, str]) -> None:
    """Raise `WrongSetting` when an answer would become a second line of its file: a setting of its own."""
    if any(len(value.splitlines()) > 1 or "\0" in value for value in values.values()):
        raise WrongSetting("an answer holds a line break")


def _write_new(path: Path, values: Mapping[str, str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(env_files.written(name, value) for name, value in values.items())
        file.flush()
        os.fsync(file.fileno())


def complete_config(folder: Path) -> dict[str, list[str]]:
    """Add the secrets that a newer Hearth needs to the files of an older one; nothing that is there changes.

    A file that was lost is made anew, with the settings that are no secrets of one that is there. Returns the names
    that were added for each process. Every file has what is its own before a crash can leave two that do not fit: the
    worker's, which has the private half of the mailer key, comes first, and what another file has already is taken
    from there.
    """
    there = {
        process: read_config_file(folder / name)
        for process, name in FILES.items()
        if (folder / name).exists()
    }
    values = _new_secrets()
    for own in there.values():
        values |= own
    if "MAILER_KEY" in there.get("worker", {}):
        values["MAILER_PUBLIC_KEY"] = public_key_of_mailer(
            bytes.fromhex(values["MAILER_KEY"])
        ).hex()
    added: dict[str, list[str]] = {}
    for process in ("worker", "desk", "public"):
        if process not in there:
            there[process] = _made_anew(process, there)
            _write_new(folder / FILES[process], there[process])
        missing = sorted(SECRETS_OF[process] - set(there[process]))
        if missing:
            _append(folder / FILES[process], {name: values[name] for name in missing})
            added[process] = missing
    return added


def remove_settings(folder: Path, added: Mapping[str, Sequence[str]]) -> None:
    """Take settings out of the files again that a newer Hearth added: an older one does not know them.

    Each file is replaced whole, with the owner and the mode that it has. Idempotent. Raises `OSError`.
    """
    for process, names in added.items():
        path = folder / FILES[process]
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        # As `_append` wrote them: a line that was edited since is the operator's own.
        kept = [line for line in lines if line.partition("=")[0] not in names]
        if kept != lines:
            _replace(path, "".join(kept))


def _replace(path: Path, text: str) -> None:
    about, part = path.stat(), path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchown(descriptor, about.st_uid, about.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(about.st_mode))
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _made_anew(process: str, there: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """What a lost file said, as far as the others tell it: no secret, and no password of a mail server.

    The addresses are known: what a door calls its own, the other processes have under another name.
    """
    kept_apart = set().union(*SECRETS_OF.values()) | {"MAIL_PASSWORD", *ADDRESSES}
    other = next(iter(there.values()))
    made = {name: value for name, value in other.items() if name not in kept_apart}
    ours, desk, worker = (there.get(name, {}) for name in ("public", "desk", "worker"))
    public_url = ours.get("BASE_URL") or worker.get("BASE_URL") or desk.get("PUBLIC_URL")
    desk_url = desk.get("BASE_URL") or worker.get("DESK_URL") or public_url
    found = {"BASE_URL": desk_url if process == "desk" else public_url}
    if process == "desk":
        found["PUBLIC_URL"] = public_url
    elif process == "worker" and desk_url != public_url:
        found["DESK_URL"] = desk_url
    if any("PORT" in one for one in there.values()):
        found["PORT"] = PORTS.get(process)
    return made | {name: value for name, value in found.items() if value}


def _append(path: Path, values: Mapping[str, str]) -> None:
    # Some editors save a file without an end to its last line.
    joined = not path.read_bytes().endswith((b"\n", b"\r")) and path.stat().st_size > 0
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" if joined else "")
        file.writelines(f"{name}={value}\n" for name, value in values.items())
        file.flush()
        os.fsync(file.fileno())


def _new_secrets() -> dict[str, str]:
    """Every secret there is, in hex: random ones, and the two halves of the mailer key."""
    secrets = {
        name: token_hex(SECRET_BYTES) for names in SECRETS_OF.values() for name in sorted(names)
    }
    seed, public_key = make_mailer_key()
    return {**secrets, "MAILER_KEY": seed.hex(), "MAILER_PUBLIC_KEY": public_key.hex()}


def is_founded() -> bool:
    """Whether this instance has a coordinator."""
    with stores.reading() as main:
        return main.scalar(select(Coordinator.id).limit(1)) is not None


def found(*, organisation: str, name: str, sign_in_name: str) -> Founded:
    """Make the record's chain, the recovery key and the owner, in one transaction. Raises `AlreadyFounded`."""
    if is_founded():
        raise AlreadyFounded("there is a coordinator already")
    with stores.writing() as main:
        audit.begin_chain(main)
        sheets = recovery.make_recovery_key(main)
        owner = coordinators.make_owner(
            main, organisation=organisation, name=name, sign_in_name=sign_in_name
        )
    return Founded(owner, sheets)
