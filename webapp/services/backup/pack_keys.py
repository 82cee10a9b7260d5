"""The keys of a pack: the settings of all three processes, in a file of their own, encrypted to the backup key.

Row MACs, ids that are derived under them, the record's chain, key slots under the pepper and the labels of codes are
under secrets of the configuration: those move along, and the pack itself has none of them (decision 81).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from webapp import env_files
from webapp.services.backup.pack_archive import PackDamaged
from webapp.services.backup.packed_rows import read_json
from webapp.settings import FILES, SECRETS_OF, Settings, read_config_file

FORMAT: Final = "hearth-keys"
VERSION: Final = 1
#: Where an instance is, and where its stores are: of the machine, and not of the coalition.
OF_THE_MACHINE: Final = frozenset(
    {"INSTANCE", "CONFIG_FOLDER", "DATABASE_URL", "ERASURE_DATABASE_URL", "VOLATILE_DATABASE_URL"}
)
#: Secrets that only rows of `volatile` are under, which are not packed: another instance may have others.
OF_SESSIONS: Final = frozenset({"FORM_KEY", "PUBLIC_VISIT_KEY", "DESK_VISIT_KEY"})
#: Secrets that stored rows are under.
BINDING: Final = frozenset(set().union(*SECRETS_OF.values()) - OF_SESSIONS)


@dataclass(frozen=True, slots=True)
class PackKeys:
    """The settings of each process, by its name."""

    pack_id: UUID
    settings: Mapping[str, Mapping[str, str]] = field(repr=False)

    def as_bytes(self) -> bytes:
        """What is encrypted."""
        told = {
            "format": FORMAT,
            "version": VERSION,
            "pack_id": self.pack_id.hex,
            "settings": {name: dict(own) for name, own in self.settings.items()},
        }
        return json.dumps(told, ensure_ascii=False, indent=1).encode()

    def fits(self, there: Settings) -> bool:
        """Whether a configuration that is there has the same secrets, of those that stored rows are under."""
        ours = {name: value for own in self.settings.values() for name, value in own.items()}
        return all(getattr(there, name.lower()).hex() == ours.get(name, "") for name in BINDING)

    def write_config(self, folder: Path, stores: Mapping[str, str]) -> None:
        """Write the three files of a configuration where there are none; `stores` are the addresses of its stores.
        Raises `OSError`."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for process, name in FILES.items():
            own = {**self.settings[process], **stores}
            part = (folder / name).with_suffix(".part")
            part.touch(mode=0o600)
            part.write_text("".join(env_files.written(*one) for one in own.items()), "utf-8")
            part.replace(folder / name)


def keys_of(config_folder: Path, pack_id: UUID) -> PackKeys:
    """The settings of this instance. Raises `WrongSetting`."""
    return PackKeys(
        pack_id,
        {
            process: {
                name: value
                for name, value in read_config_file(config_folder / file).items()
                if name not in OF_THE_MACHINE
            }
            for process, file in FILES.items()
        },
    )


def read_keys(pieces: Iterable[bytes]) -> PackKeys:
    """The keys out of an opened file. Raises `PackDamaged`."""
    told = read_json(b"".join(pieces), "the file of keys")
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise PackDamaged("this is no file of keys")
    if told.get("version") != VERSION:
        raise PackDamaged("its keys are of a format that this release does not know")
    settings: Any = told.get("settings")
    if not _are_settings(settings):
        raise PackDamaged("its keys are not whole")
    try:
        return PackKeys(UUID(told.get("pack_id")), settings)
    except (ValueError, TypeError, AttributeError):
        raise PackDamaged("its keys are not whole") from None


def _are_settings(told: Any) -> bool:
    return (
        isinstance(told, dict)
        and set(told) == set(FILES)
        and all(isinstance(own, dict) for own in told.values())
        and not any(OF_THE_MACHINE & set(own) for own in told.values())
        and all(_is_setting(*one) for own in told.values() for one in own.items())
    )


def _is_setting(name: str, value: Any) -> bool:
    """Whether it stays one line of its file: a second one would be a setting of its own."""
    return (
        name.isascii()
        and name.isidentifier()
        and isinstance(value, str)
        and len(value.splitlines()) <= 1
        and "\0" not in value
    )
