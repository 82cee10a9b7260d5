"""Equality parts in their pool: written at once, as the worker has done it when enough of them wait."""

from sqlalchemy import select

from webapp.models import WaitingPart
from webapp.services.infrastructure import stores
from webapp.services.sealed import equality_pool
from webapp.vault.mailroom import open_until_written
from webapp.vault.sealing import WaitingEnvelope


def write_pool(worker_key: bytes) -> None:
    """Write everything that waits into `parts`. Wants an application context, of any process."""
    with stores.writing() as main:
        for row in main.scalars(select(WaitingPart)).all():
            opened = open_until_written(
                WaitingEnvelope(row.sealed_key, row.envelope),
                mailer_seed=worker_key,
                owner_id=row.call_id,
                row_id=row.id,
            )
            main.add(equality_pool.read_row(opened))
            main.delete(row)
