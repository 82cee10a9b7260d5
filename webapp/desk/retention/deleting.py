"""Retention stopped by the clock guard: a coordinator confirms the day before anything more is deleted."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import render_template, request
from flask_babel import LazyString, gettext, lazy_gettext, ngettext
from werkzeug.wrappers import Response
from wtforms import HiddenField

from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.reason_form import ANOTHER, Reasons, WithReason
from webapp.rules.roles import Act
from webapp.services.infrastructure import clock_guard
from webapp.services.infrastructure.deletion_stops import ClockDoubted, Stopped
from webapp.services.infrastructure.deletions_due import Amounts
from webapp.web.guards import may

CONFIRMING: Final[Reasons] = (
    ("off", lazy_gettext("The server was switched off for a while")),
    ("expected", lazy_gettext("We expected this: much ends on the same day")),
    ("looked", lazy_gettext("The operator has looked at the server")),
    ANOTHER,
)


class ConfirmingForm(WithReason):
    """The reason, and the day that was shown (optimistic locking)."""

    day = HiddenField()

    @property
    def shown(self) -> date | None:
        """The day that stood on the page; None when what was sent is no day."""
        try:
            return date.fromisoformat(self.day.data or "")
        except ValueError:
            return None


@dataclass(frozen=True)
class Notice:
    """What Today says about retention that has stopped."""

    stopped: Stopped | None
    unreadable: int

    @property
    def is_shown(self) -> bool:
        """Whether it says anything."""
        return bool(self.stopped or self.unreadable)


def notice() -> Notice:
    """For the notice on Today (`desk/deleting_notice.html`)."""
    return Notice(clock_guard.asked(), clock_guard.unreadable())


@blueprint.get("/deleting")
@may(Act.STOP_DELETING)
def deleting() -> Response | str:
    """Why nothing is deleted, how much would be, and the button that confirms the day."""
    stopped = clock_guard.asked()
    if stopped is None:
        return see_other("today")
    return _page(stopped, ConfirmingForm(CONFIRMING))


@blueprint.post("/deleting")
@may(Act.STOP_DELETING)
def deleting_post() -> Response | tuple[str, int]:
    """Confirm the day. Idempotent: a second press, or another coordinator's, changes nothing more."""
    stopped, form = clock_guard.asked(), ConfirmingForm(CONFIRMING)
    if stopped is None:
        return see_other("today")
    if not form.validate():
        return _page(stopped, form), 400
    if not stopped.can_be_confirmed or form.shown != stopped.today:
        return see_other("deleting", looked="again")
    try:
        clock_guard.confirm(signed_in().coordinator_id, day=form.shown, reason=form.reason)
    except ClockDoubted:
        return see_other("deleting", looked="again")
    return see_other("today", done="deleting")


def _page(stopped: Stopped, form: ConfirmingForm) -> str:
    return render_template(
        "desk/deleting.html",
        stopped=stopped,
        kinds=_kinds(stopped.due),
        last_day=stopped.today + clock_guard.AHEAD,
        form=form,
        problems=form.problems,
        looked_again="looked" in request.args,
    )


def _kinds(due: Amounts) -> list[str]:
    """How many of each kind, in words; a kind of which there is nothing is left out."""
    counted: tuple[tuple[int, str | LazyString], ...] = (
        (
            due.testimony,
            ngettext("%(num)s set of answers", "%(num)s sets of answers", due.testimony),
        ),
        (
            due.contact,
            ngettext(
                "%(num)s set of contact details", "%(num)s sets of contact details", due.contact
            ),
        ),
        (
            due.equality,
            ngettext(
                "%(num)s set of equality answers", "%(num)s sets of equality answers", due.equality
            ),
        ),
        (
            due.registrations,
            ngettext("%(num)s registration", "%(num)s registrations", due.registrations),
        ),
        (
            due.drafts,
            ngettext(
                "%(num)s set of unfinished answers",
                "%(num)s sets of unfinished answers",
                due.drafts,
            ),
        ),
        (
            due.addresses,
            ngettext(
                "%(num)s e-mail address of someone whose event is over",
                "%(num)s e-mail addresses of people whose events are over",
                due.addresses,
            ),
        ),
    )
    return [str(words) for count, words in counted if count] or [gettext("Nothing is due now")]
