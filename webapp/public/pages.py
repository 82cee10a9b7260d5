"""Information pages: safety, support, privacy notice, accessibility statement, who we are."""

from collections.abc import Iterable
from datetime import date

from flask import render_template

from webapp.public.shared.blueprint import blueprint
from webapp.public.shared.who import coalition
from webapp.rules.forms.questions import PartName
from webapp.rules.organisations import Standing
from webapp.rules.retention import DRAFT_DAYS, due_on
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.events import published_events
from webapp.services.infrastructure.read_cache import recently
from webapp.services.keys.organisations import Known, Term
from webapp.sessions import WAITING_HOURS
from webapp.web.guards import anyone


@blueprint.get("/<language>/safety")
@anyone
def safety() -> str:
    """How visitors can protect themselves here, and what this site cannot hide."""
    return render_template("public/safety.html")


@blueprint.get("/<language>/support")
@anyone
def support() -> str:
    """Support contacts: help lines."""
    return render_template("public/support.html")


@blueprint.get("/<language>/privacy")
@anyone
def privacy() -> str:
    """The privacy notice: which data are stored, who reads them, and the retention periods."""
    return render_template(
        "public/privacy.html",
        calls=recently("open calls", published_calls.open_calls),
        events=recently("coming events", published_events.coming),
        hours=WAITING_HOURS,
        days=DRAFT_DAYS,
        due_on=_due_on,
    )


@blueprint.get("/<language>/who")
@anyone
def who() -> str:
    """Who we are: the organisations that decide together, and who may read what people send."""
    found = coalition()
    return render_template(
        "public/who.html",
        host=found.one(Standing.HOST),
        chair=found.one(Standing.CHAIR),
        members=_newest_terms(found.members),
        former=_newest_terms(found.former),
        calls=recently("open calls", published_calls.open_calls),
    )


def _newest_terms(known: Iterable[Known]) -> list[tuple[Known, Term]]:
    """Each with its newest membership; one whose row is false has none, and is left out."""
    newest = ((one, one.newest(Standing.MEMBER)) for one in known)
    return [(one, term) for one, term in newest if term]


def _due_on(call: Call, part: PartName) -> date:
    return due_on(call.closes_on, call.form.parts[part].keep_months)


@blueprint.get("/<language>/accessibility")
@anyone
def accessibility() -> str:
    """The accessibility statement, and what to do when something does not work."""
    return render_template("public/accessibility.html", hours=WAITING_HOURS)
