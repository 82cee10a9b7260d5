"""Where a coordinator is signed in: the part of their own page that lists their sessions, and ending them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.device_kinds import device_words
from webapp.desk.shared.flash import Flash
from webapp.rules import clock
from webapp.rules.roles import Act
from webapp.services.keys import own_sessions
from webapp.services.keys.own_sessions import NoSuchSession, OwnSession
from webapp.ui.event_time_text import time_of_day
from webapp.ui.filters import date_words
from webapp.web.guards import may

FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "ended": (lazy_gettext("Ended. That device is signed out."), True),
        "all-ended": (lazy_gettext("Ended. You are signed in here alone."), True),
        "over": (lazy_gettext("That session was over already."), True),
    }
)


@dataclass(frozen=True)
class Line:
    """One session, in words."""

    id: UUID
    device: str
    since: str
    is_this: bool


def lines() -> list[Line]:
    """The sessions of this coordinator, this one first."""
    return [_line(one) for one in own_sessions.under_way(signed_in())]


def _line(one: OwnSession) -> Line:
    time, day = time_of_day(one.since), clock.day_of(one.since)
    since = (
        gettext("since %(time)s today", time=time)
        if day == clock.today()
        else gettext("since %(time)s on %(day)s", time=time, day=date_words(day))
    )
    return Line(one.id, device_words(one.device), since, one.is_this)


@blueprint.post("/me/sessions/<uuid:session_id>/end")
@may(Act.OWN_ACCOUNT, fresh=True)
def me_end_session_post(session_id: UUID) -> Response:
    """End one. Idempotent; another coordinator's is none of theirs."""
    try:
        own_sessions.end(signed_in(), session_id)
    except NoSuchSession:
        return see_other("me", done="over")
    return see_other("me", done="ended")


@blueprint.post("/me/sessions/end")
@may(Act.OWN_ACCOUNT, fresh=True)
def me_end_sessions_post() -> Response:
    """End all others. Idempotent."""
    own_sessions.end_others(signed_in(), row_id=sessions.row_id())
    return see_other("me", done="all-ended")
