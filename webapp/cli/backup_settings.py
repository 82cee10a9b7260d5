"""Where backups go: `backup.env` beside the configuration, which `backup-key` writes, and what a bucket needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from webapp import env_files
from webapp.cli.instance import config_folder, in_environment
from webapp.services.backup.backup_bucket import SCHEME
from webapp.services.backup.backup_folder import BackupFolder
from webapp.services.backup.backup_places import BackupPlace
from webapp.services.backup.bucket_settings import WrongBucketSetting, bucket_at

FILE: Final = "backup.env"
KEY, PLACE = "BACKUP_KEY", "BACKUPS"
#: What a bucket needs beside its address. The environment wins over the file, as everywhere.
OF_A_BUCKET: Final = (
    "BACKUPS_ENDPOINT",
    "BACKUPS_REGION",
    "BACKUPS_ACCESS_KEY_ID",
    "BACKUPS_SECRET_ACCESS_KEY",
    "BACKUPS_OLD_VERSIONS",
)
NOTHING: Final = "Nothing was changed."


@dataclass(frozen=True)
class Chosen:
    """Where backups go, and the public half of the key that they are encrypted to."""

    place: BackupPlace
    public_key: bytes


def backup_file() -> Path:
    """The file that says where backups go."""
    return config_folder() / FILE


def chosen_place() -> Chosen:
    """What `backup-key` wrote. Raises `ClickException` where it is not there, with what to give."""
    path = backup_file()
    if not path.exists():
        raise click.ClickException(
            f"There is no {path}. If you have backups, it is lost: give restore --from FOLDER, like "
            "/var/backups/hearth, or s3://BUCKET/PREFIX, and make no new key. If this instance never had one: "
            "backup-key --to FOLDER"
        )
    try:
        found = env_files.read(path, (KEY, PLACE, *OF_A_BUCKET))
        public_key, place = bytes.fromhex(found[KEY]), found[PLACE]
    except (env_files.NotReadable, KeyError, ValueError):
        raise click.ClickException(
            f"{path} is not as backup-key wrote it: {KEY} and {PLACE}. {NOTHING}"
        ) from None
    return Chosen(place_at(place, found), public_key)


def place_at(place: str, found: Mapping[str, str] | None = None) -> BackupPlace:
    """A folder by its path, or a bucket by its address, with its settings from the environment, or from those that were
    found in a file. Raises `ClickException`."""
    if not place.startswith(SCHEME):
        return BackupFolder(Path(place))
    try:
        return bucket_at(place, {**(found or {}), **in_environment(OF_A_BUCKET)})
    except WrongBucketSetting as wrong:
        raise click.ClickException(
            f"{wrong}. It belongs into {backup_file()}, or into the environment. {NOTHING}"
        ) from None


def write(public_key: bytes, place: str, of_a_bucket: Mapping[str, str]) -> None:
    """Write `backup.env`, for its owner alone."""
    path = backup_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    settings = {KEY: public_key.hex(), PLACE: place, **of_a_bucket}
    part.touch(mode=0o600)
    part.chmod(0o600)
    part.write_text("".join(env_files.written(name, value) for name, value in settings.items()))
    part.replace(path)
