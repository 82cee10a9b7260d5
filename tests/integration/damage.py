"""What a failing disk, or somebody who can write to the main store, does to what is kept."""

from uuid import UUID

from sqlalchemy import select

from webapp.models import OwnCopy
from webapp.services import stores


def damage_copies(submission_id: UUID, *purposes: str) -> None:
    """Turn one bit over in a person's own copies of these parts."""
    with stores.writing() as main:
        mine = select(OwnCopy).where(OwnCopy.submission_id == submission_id)
        for copy in main.scalars(mine):
            if copy.purpose in purposes:
                copy.envelope = copy.envelope[:-1] + bytes([copy.envelope[-1] ^ 1])
