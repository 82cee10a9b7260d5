"""Records what a request writes: GET must be safe (RFC 9110), so looking at a page changes nothing."""

import re

from flask import Flask, has_request_context, request
from sqlalchemy import event

from webapp.extensions import db

WRITES = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.I)
# A Visit that ends (by itself, by /leave, or because a visitor left without a network), or notes that it was seen.
ALLOWED = {
    ("UPDATE", "public_visits"),
    ("UPDATE", "desk_visits"),
    ("DELETE FROM", "public_visits"),
    ("DELETE FROM", "desk_visits"),
}
KEY = "hearth_test_writes"


def watch(app: Flask) -> None:
    """Note every write that a GET makes."""
    noted: list[str] = app.extensions.setdefault(KEY, [])

    def note(connection, cursor, statement, *rest):  # type: ignore[no-untyped-def]
        found = WRITES.match(statement)
        if found is None or not has_request_context() or request.method not in ("GET", "HEAD"):
            return
        if (found[1].upper(), found[2]) not in ALLOWED:
            noted.append(f"a {request.method} of {request.path} wrote: {found[1]} {found[2]}")

    with app.app_context():
        for engine in db.engines.values():
            event.listen(engine, "before_cursor_execute", note)


def noted(app: Flask) -> list[str]:
    """What was noted since this was last asked."""
    found: list[str] = app.extensions.get(KEY, [])
    told = list(found)
    found.clear()
    return told
