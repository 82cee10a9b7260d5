"""The settings of a bucket for backups: validated before anything is sent, and TLS required."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from webapp.services.backup.backup_bucket import BackupBucket, is_loopback

_ADDRESS: Final = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[A-Za-z0-9._/-]*))?"
)
NEEDED: Final = ("BACKUPS_REGION", "BACKUPS_ACCESS_KEY_ID", "BACKUPS_SECRET_ACCESS_KEY")


class WrongBucketSetting(ValueError):
    """A setting of a bucket is missing or wrong. The message names it, and never its value."""


def bucket_at(address: str, settings: Mapping[str, str]) -> BackupBucket:
    """The bucket of an address like s3://bucket/prefix, with the settings that go with it.

    Raises `WrongBucketSetting`.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise WrongBucketSetting("BACKUPS is no address of a bucket, like s3://bucket/prefix")
    endpoint = settings.get("BACKUPS_ENDPOINT", "").rstrip("/")
    _check_endpoint(endpoint)
    for name in NEEDED:
        if not settings.get(name, "").strip():
            raise WrongBucketSetting(f"{name} is missing")
    old_versions = settings.get("BACKUPS_OLD_VERSIONS", "")
    if old_versions not in ("", "one-day"):
        raise WrongBucketSetting("BACKUPS_OLD_VERSIONS can be one-day, or nothing")
    return BackupBucket(
        bucket=found["bucket"],
        prefix=(found["prefix"] or "").strip("/"),
        endpoint=endpoint,
        region=settings["BACKUPS_REGION"],
        access_key_id=settings["BACKUPS_ACCESS_KEY_ID"],
        secret_access_key=settings["BACKUPS_SECRET_ACCESS_KEY"],
        versions_go=bool(old_versions),
    )


def _check_endpoint(endpoint: str) -> None:
    try:
        found = urlsplit(endpoint)
        host, _ = found.hostname, found.port
    except ValueError:
        host = None
    if not host or found.scheme not in ("https", "http"):
        raise WrongBucketSetting(
            "BACKUPS_ENDPOINT is missing, or not like https://s3.eu-west-2.example.com"
        )
    if found.path or found.query or found.fragment or found.username or found.password:
        raise WrongBucketSetting("BACKUPS_ENDPOINT has more in it than a host and a port")
    if found.scheme != "https" and not is_loopback(host):
        raise WrongBucketSetting(
            "BACKUPS_ENDPOINT does not begin with https://, and is not on this machine"
        )
