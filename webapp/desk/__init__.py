"""Door 2: the desk, for coordinators. Signing in aside, nothing here answers anybody who is not signed in."""

from webapp.desk import (
    addresses,
    caller_acts,
    caller_resealing,
    callers,
    contacts,
    deleting,
    event_messages,
    event_people,
    events,
    indexes,
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
    "caller_acts",
    "caller_resealing",
    "callers",
    "contacts",
    "deleting",
    "event_messages",
    "event_people",
    "events",
    "indexes",
    "languages",
    "on_behalf",
    "record",
    "registrations",
    "sign_in",
    "submissions",
    "today",
]
