"""Rows changed as Hearth changes them: through the ORM, so that their MAC holds. Damage goes past it, on purpose."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session


def change(main: Session, rows: Select[Any], values: Mapping[str, Any]) -> int:
    """Set these columns of all these rows and sign them. Returns how many there were."""
    found = main.scalars(rows).all()
    for row in found:
        for name, value in values.items():
            setattr(row, name, value)
    main.flush()
    return len(found)
