"""Door 2: the desk, for coordinators. Signing in aside, nothing here answers anybody who is not signed in."""

from webapp.desk import (
    addresses,
    contacts,
    events,
    front,
    indexes,
    language_offer,
    languages,
    on_behalf,
    record,
    registrations,
    sign_in,
    submissions,
    today,
)
from webapp.desk.door import blueprint

__all__ = [
    "addresses",
    "blueprint",
    "contacts",
    "events",
    "front",
    "indexes",
    "language_offer",
    "languages",
    "on_behalf",
    "record",
    "registrations",
    "sign_in",
    "submissions",
    "today",
]
