"""The Visit: a server-side encrypted session, the only session the service has.

The cookie is 256 random bits; the row is found by a value derived from them and sealed under another, so that the
database alone opens nothing. No Visit exists before a visitor begins (`begin`), and none is made by a GET.

`visit` is the mapping, `keys` the inventory of what it may hold, `states` the states it can be in, `lifecycle` the
transitions, `store` reading and writing with optimistic locking, `interface` what Flask calls.
"""

from webapp.sessions.cookie import CLOSED, CLOSED_NAME, COOKIES, cookie_name, has_left
from webapp.sessions.interface import init_app
from webapp.sessions.lifecycle import (
    Lasts,
    begin,
    end,
    lasts,
    look_away,
    renew,
    renew_leaving_a_copy,
    row_id,
)
from webapp.sessions.lifetimes import IDLE, PRESSED_TWICE, WAITING_HOURS
from webapp.sessions.sealing import USUAL
from webapp.sessions.size_quota import ensure_room
from webapp.sessions.store import sweep
from webapp.sessions.visit import Visit, VisitExpired, VisitFull, VisitNotBegun, current

__all__ = [
    "CLOSED",
    "CLOSED_NAME",
    "COOKIES",
    "IDLE",
    "PRESSED_TWICE",
    "USUAL",
    "WAITING_HOURS",
    "Lasts",
    "Visit",
    "VisitExpired",
    "VisitFull",
    "VisitNotBegun",
    "begin",
    "cookie_name",
    "current",
    "end",
    "ensure_room",
    "has_left",
    "init_app",
    "lasts",
    "look_away",
    "renew",
    "renew_leaving_a_copy",
    "row_id",
    "sweep",
]
