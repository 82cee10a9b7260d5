"""Columns and CHECK constraints for enums of `rules`, such as the states in `rules.states`."""

from collections.abc import Iterable
from enum import StrEnum

from webapp.canonical_types import CanonicalEnum

#: Letters that a state has room for.
LENGTH = 10


def state_column(states: type[StrEnum], length: int = LENGTH) -> CanonicalEnum:
    """A text column that is read as a member of the enum. Its CHECK constraint is written out in the model."""
    return CanonicalEnum(
        states,
        native_enum=False,
        create_constraint=False,
        length=length,
        values_callable=lambda members: [member.value for member in members],
    )


def in_list(states: Iterable[StrEnum]) -> str:
    """States as the list of an SQL `IN`, in the order in which they are given."""
    quoted = ", ".join(f"'{state.value}'" for state in states)
    return f"({quoted})"
