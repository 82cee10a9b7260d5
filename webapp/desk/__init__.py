"""Door 2: the desk, for coordinators. Signing in aside, nothing here answers anybody who is not signed in."""

from webapp.desk import (
    addresses,
    calls,
    contacts,
    events,
    indexes,
    languages,
    me,
    on_behalf,
    record,
    registrations,
    sharing,
    sign_in,
    submissions,
    today,
)
from webapp.desk.door import blueprint

__all__ = [
    "addresses",
    "blueprint",
    "calls",
    "contacts",
    "events",
    "indexes",
    "languages",
    "me",
    "on_behalf",
    "record",
    "registrations",
    "sharing",
    "sign_in",
    "submissions",
    "today",
]
