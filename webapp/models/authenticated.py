"""Rows that are authenticated (data origin authentication): which models are, and what of a row is under its MAC.

The MAC itself is made and checked in `services.infrastructure.row_authentication`: models hold no keys.
"""

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Mapped, mapped_column

from webapp.canonical_types import (
    CanonicalBytes,
)

MAC_COLUMN = "row_mac"


class Authenticated:
    """A model with a MAC over all of its columns: a row that was written without the configuration's key is refused."""

    __tablename__: str

    row_mac: Mapped[bytes] = mapped_column(CanonicalBytes(32), sort_order=1000)

    @classmethod
    def authenticated_columns(cls) -> tuple[str, ...]:
        """The names of all columns under the MAC: every one but the MAC's own. Deny by default."""
        columns = inspect(cls).column_attrs
        return tuple(column.key for column in columns if column.key != MAC_COLUMN)

    def under_mac(self) -> dict[str, Any]:
        """Name and value of each column under the MAC."""
        return {name: getattr(self, name) for name in self.authenticated_columns()}
