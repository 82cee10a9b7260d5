"""What can go wrong with backups and restores, each as one line that tells an operator what to do."""

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

import click

from webapp.services.backup.backup_bucket import BucketFailed, Why
from webapp.services.backup.backup_places import FOLDERS
from webapp.services.backup.drill import NoRoom, NotTogether
from webapp.services.backup.restoring import BackupDamaged, NoBackup, TombstonesLost
from webapp.services.backup.store_copies import CopyFailed
from webapp.services.infrastructure.audit import ChainBroken
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.vault.backup_files import MistypedWords

BUCKET: Final[Mapping[Why, str]] = MappingProxyType(
    {
        Why.NO_LIBRARY: "the library for buckets is not installed. In the folder of Hearth give: .venv/bin/python -m "
        "pip install --require-hashes --only-binary :all: -r requirements-s3.txt",
        Why.UNREACHABLE: "the store cannot be reached. Look at BACKUPS_ENDPOINT, and at the network of this machine",
        Why.UNTRUSTED: "the store shows no certificate that this machine trusts, so nothing was sent. Look at "
        "BACKUPS_ENDPOINT; the certificate of an authority of your own belongs to those of the system "
        "(update-ca-certificates)",
        Why.SLOW: "the store took too long to answer. Give the command again; if it stays slow, ask who runs the store",
        Why.BROKE_OFF: "the connection to the store broke off. Give the command again",
        Why.BUSY: "the store is busy or has a fault of its own. Give the command again in some minutes",
        Why.CLOCK: "the store refuses the time of this machine. Look at its clock (date, timedatectl), and at "
        "whether it is set by NTP",
        Why.WRONG_KEY: "the store does not know this key. Look at BACKUPS_ACCESS_KEY_ID and BACKUPS_SECRET_ACCESS_KEY",
        Why.WRONG_REGION: "the bucket is in another region. Look at BACKUPS_REGION",
        Why.NOT_ALLOWED: "the key may not do this here. It must list, read, write and delete in this bucket",
        Why.NO_BUCKET: "there is no such bucket. Make it at the store, or look at BACKUPS",
        Why.GONE: "it is not there any more: something else removed it",
        Why.KEEPS_VERSIONS: "the bucket keeps versions of what is removed, and so what people deleted, for longer than "
        "the seven days that our pages promise. Turn versioning off; or give the bucket a lifecycle rule that destroys "
        "versions that are not current after one day, and then write BACKUPS_OLD_VERSIONS=one-day",
        Why.OTHER: "the store refused",
    }
)


def bucket_words(failed: BucketFailed) -> str:
    """Why a bucket could not be used, and what to do. Of what the store said, its code alone."""
    return f"{failed.place}: {BUCKET[failed.why]}{f' ({failed.code})' if failed.code else ''}."


def slip_words(slip: MistypedWords) -> str:
    """What is wrong with 24 typed words."""
    if slip.problem == "length":
        return f"{slip.number} words were typed. The backup key has 24: all of them, in order, on one line."
    if slip.problem == "words":
        return f"Word {slip.position} is not in our list. Look at its letters."
    return "A word is wrong, or two are exchanged; or these are the words of something else than a backup key."


@contextmanager
def in_words() -> Iterator[None]:
    """Failures as one line for an operator. A terminal that is closed ends the command in order: what is open is
    destroyed."""
    before = {
        sign: signal.signal(sign, lambda *_: sys.exit(1))
        for sign in (signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    except CopyFailed as failed:
        raise click.ClickException(f"{failed}.") from None
    except NoBackup as none:
        raise click.ClickException(f"There is no backup of {FOLDERS[none.kind]} here.") from None
    except NotTogether:
        raise click.ClickException(
            "The newest copies were not made together: the last backup broke off. Give backup once more."
        ) from None
    except BackupDamaged as damaged:
        raise click.ClickException(
            f"{damaged.name} does not open: it is damaged or cut off, or of another key. To use the one before it, "
            "move the three files of that backup away."
        ) from None
    except NoRoom as room:
        raise click.ClickException(
            f"There is not room in memory for {room.needed:,} bytes. Name a folder on an encrypted disk: verify-backup "
            "--scratch FOLDER"
        ) from None
    except ChainBroken as broken:
        raise click.ClickException(f"The record does not hold: {broken}.") from None
    except StoreUnavailable as store:
        raise click.ClickException(f"The store {store} cannot be reached.") from None
    except TombstonesLost:
        raise click.ClickException(
            "tombstones.txt is lost, or nothing was ever deleted here. It says who was deleted since the backup; "
            "without it they are back. If it is still anywhere, put it in the folder of the instance. If it is "
            "nowhere, give restore --tombstones-lost, and tell the coordinators before anyone reads an answer. If "
            "nothing was ever deleted, --tombstones-lost is right, and nobody needs to be told."
        ) from None
    except BucketFailed as failed:
        raise click.ClickException(bucket_words(failed)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'A file'}: {error.strerror}.") from None
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
