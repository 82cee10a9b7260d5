"""Packs for tests: one of the demo's instance with people in it, and the reader that lies beside a pack."""

import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from uuid import UUID

import pytest
from flask import Flask

from tests.factories import Sent, publish_demo_event, register_one, submit_one
from webapp.extensions import current_settings
from webapp.services.answers import consents, erasing, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.backup import packing
from webapp.services.backup.packing import KEYS, PACK
from webapp.settings.processes import SECRETS_OF
from webapp.vault import backup_files

READER = Path(__file__).parents[1] / "deploy" / "hearth_reader.py"
KEY = backup_files.new_backup_key()
WORDS = " ".join(KEY.words)
SEED = backup_files.seed_of(WORDS)


@dataclass(frozen=True)
class People:
    """Who is in a pack: one who stays, one who took back the permission to be contacted, one who deleted everything,
    and one who booked."""

    stays: Sent
    withdrew: Sent
    erased: Sent
    booked: UUID


@dataclass(frozen=True)
class Pack:
    """A pack in its folder."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / PACK

    @property
    def keys(self) -> Path:
        return self.folder / "keys" / KEYS


def people(app: Flask) -> People:
    """Three people answer, and one books. Wants no context."""
    with app.app_context():
        stays, withdrew, erased = (submit_one() for _ in range(3))
        held = own_copies.find_held(withdrew.receipt)
        subject = Subject(held.submission_id, held.call_id, held.form, "en")
        consents.change(subject, "contact_me", granted=False)
        assert erasing.erase_held(own_copies.find_held(erased.receipt)).complete
        booked = register_one(publish_demo_event(), name_to_use="Robin")
    return People(stays, withdrew, erased, booked.id)


def packed(app: Flask, folder: Path, *, closing: bool = False) -> Pack:
    """A pack of this instance, whose settings stand in files as an operator's do."""
    with app.app_context():
        write_config(current_settings().config_folder)
        packing.make(folder, KEY.public_key, closing=closing)
    return Pack(folder)


def write_config(folder: Path) -> None:
    settings = current_settings()
    folder.mkdir(exist_ok=True)
    for process, needed in SECRETS_OF.items():
        secrets = [f"{name}={getattr(settings, name.lower()).hex()}\n" for name in sorted(needed)]
        (folder / f"{process}.env").write_text(
            'ORGANISATION="The test coalition"\nREACH_US="01632 960002"\nDATABASE_URL="sqlite:////not/here"\n'
            f'BASE_URL="{settings.base_url}"\n' + "".join(secrets)
        )


def the_reader(path: Path = READER) -> ModuleType:
    """The reader as a module: most of what it promises needs no process of its own."""
    spec = importlib.util.spec_from_file_location("hearth_reader", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(
    pack: Pack,
    to: Path,
    *options: str,
    typed: str,
    monkeypatch: pytest.MonkeyPatch,
    words: str = WORDS,
) -> str:
    """Give the reader, as it lies beside the pack. Returns the line with which it refuses; empty where it does not."""
    reader = the_reader(pack.folder / READER.name)
    monkeypatch.setattr("sys.argv", ["hearth_reader.py", str(pack.path), "--to", str(to), *options])
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{words}\n{typed}"))
    try:
        reader.main()
    except reader.Refused as refused:
        return str(refused)
    return ""
