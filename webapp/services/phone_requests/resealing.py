"""New versions of a participant's parts and own copies, sealed under fresh erasure secrets before any lock is taken."""

from dataclasses import dataclass

from webapp.models import ErasureSecret, OwnCopy, Part
from webapp.services.infrastructure import stores


@dataclass(frozen=True)
class Resealed:
    """Rows that are not stored yet."""

    parts: list[Part]
    copies: list[OwnCopy]
    secrets: list[ErasureSecret]

    def store_secrets(self) -> None:
        """Commit the erasure secrets first: a part without its secret could never be opened."""
        with stores.writing("erasure") as erasure:
            erasure.add_all(self.secrets)
