"""Ids of looks: derived under the key of rows from what the record, or a list, says of them (keyed index).

So an id leads nowhere for who has the database alone, the same look is never stored twice, and the worker can find
every look that the record tells of: one that is missing, or that nothing tells of, is noticed
(`services.infrastructure.look_check`).
"""

from datetime import date
from uuid import UUID

from webapp.rules.looks import LookKind
from webapp.services.infrastructure.row_authentication import derived_id


def of_entry(number: int, submission_id: UUID) -> UUID:
    """The look that an entry of the record about one person leaves."""
    return derived_id("look of an entry", number=number, submission_id=submission_id)


def of_line(export_id: UUID, submission_id: UUID) -> UUID:
    """The look that a person's line in a list leaves."""
    return derived_id("look of a line", export_id=export_id, submission_id=submission_id)


def of_download(download_id: UUID, submission_id: UUID) -> UUID:
    """The look that a person's row in a file of answers leaves."""
    return derived_id("look of a download", download_id=download_id, submission_id=submission_id)


def of_crossing_out(export_id: UUID, submission_id: UUID, kind: LookKind, on: date) -> UUID:
    """The look that crossing out a line, or some of it, leaves."""
    return derived_id(
        "look of crossing out",
        export_id=export_id,
        submission_id=submission_id,
        kind=kind.value,
        on_day=on,
    )


def of_search(kind: LookKind, submission_id: UUID, on: date) -> UUID:
    """The one look that all searches of a day leave: whom they compared with a caller, or showed as one."""
    return derived_id("look of a search", kind=kind.value, submission_id=submission_id, on_day=on)
