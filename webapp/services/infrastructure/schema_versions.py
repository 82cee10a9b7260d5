"""Schema versions: which migrations this release knows, which an instance still needs, and which ones only expand.

A migration that only expands (expand/contract, or parallel change) adds what older code neither needs nor notices, so
the processes of the release before go on working beside the new tables until they are restarted.
`tests/architecture/test_expanding_migrations.py` holds those that say so of themselves to it.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory

from webapp.resources import MIGRATIONS
from webapp.services.infrastructure import stores
from webapp.settings import WrongSetting

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Migration:
    """One step from tables to tables, of all three stores."""

    revision: str
    title: str
    expands_only: bool


def known() -> frozenset[str]:
    """The revision of every migration of this release, by the names of their files: no migration is imported."""
    return frozenset(path.name.partition("_")[0] for path in _files())


def pending(revision: str) -> list[Migration]:
    """The migrations that lead from this revision to the newest one, in order."""
    return [one for one in _migrations() if one.revision > revision]


def between(older: str, newer: str) -> list[Migration]:
    """The migrations after `older`, up to and with `newer`."""
    return [one for one in pending(older) if one.revision <= newer]


def _files() -> list[Path]:
    return sorted((MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _migrations() -> list[Migration]:
    found = [
        Migration(
            script.revision,
            script.doc.splitlines()[0],
            getattr(script.module, "expands_only", False) is True,
        )
        for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    ]
    return sorted(found, key=lambda one: one.revision)


def check_not_older() -> None:
    """Raise `WrongSetting` where the tables are of an older release: an upgrade that was not given, or broke off.

    Newer ones are only told. During a rolling upgrade a process of before may be started again, and must serve.
    Raises `StoreUnavailable`.
    """
    newest_here, known_here = stores.newest_revision(), known()
    for store, revision in stores.revisions().items():
        if revision and revision not in known_here:
            log.warning(
                "The tables of %s (%s) are of a newer Hearth than this one: restart with the newer one.",
                store,
                revision,
            )
        elif revision and revision != newest_here:
            raise WrongSetting(
                f"The tables of {store} are at {revision}, and this Hearth needs {newest_here}: give upgrade"
            )
