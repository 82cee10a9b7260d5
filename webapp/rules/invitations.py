"""Invitations to the desk: how long a link works, which roles fit a call or an event, how roles are written down."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from webapp.rules.roles import ACTS, WHOLE, Act, Grant, Grants, Role

#: A link works on the day on which it was made, and for so many days after it.
DAYS: Final = 7
#: Roles that can be given within one call, and within one event.
FOR_A_CALL: Final = frozenset(
    role for role in Role if role not in WHOLE and Act.SEE_CALLS in ACTS[role]
)
FOR_AN_EVENT: Final = frozenset(
    role for role in Role if role not in WHOLE and Act.SEE_EVENTS in ACTS[role]
)


def last_day(made_on: date) -> date:
    """The last day on which an invitation of this day can be accepted."""
    return made_on + timedelta(days=DAYS)


def misfits(roles: Iterable[Role], *, within: frozenset[Role]) -> tuple[Role, ...]:
    """Of these roles, those that cannot be given within a call, or within an event."""
    return tuple(role for role in roles if role not in within)


def as_text(grants: Grants) -> str:
    """Roles as canonical JSON: sorted, each with the id of its call or event, or nothing."""
    held = sorted([one.role.value, one.scope.hex if one.scope else ""] for one in grants.held)
    return json.dumps(held, separators=(",", ":"))


def from_text(text: str) -> Grants:
    """The roles that `as_text` wrote. Raises ValueError for anything else."""
    return Grants.of(
        Grant(Role(role), UUID(hex=scope) if scope else None) for role, scope in json.loads(text)
    )
