"""UUIDs that hidden fields carry: idempotency keys, and versions for optimistic locking."""

from uuid import UUID


def id_in(typed: str | None) -> UUID | None:
    """The UUID that a form sent; None for anything else."""
    try:
        return UUID(hex=typed or "")
    except ValueError:
        return None
