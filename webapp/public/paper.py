"""Printable paper forms: the same questions, with boxes and lines, in two sizes of print (large is 18 points)."""

from itertools import groupby
from typing import Any

from flask import render_template

from webapp.extensions import current_settings
from webapp.public.calls.call_lookup import CALL, open_call
from webapp.public.events.event_page import EVENT, open_event
from webapp.public.shared.blueprint import blueprint
from webapp.public.shared.who import coalition
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT
from webapp.rules.retention import due_on
from webapp.ui.paper_form import HEADINGS, new_mark, sheets
from webapp.web.guards import anyone


@blueprint.get(f"{CALL}/paper", defaults={"large": False})
@blueprint.get(f"{CALL}/paper/large", defaults={"large": True})
@anyone
def paper(slug: str, large: bool) -> str:
    """A call's form to print."""
    call = open_call(slug)
    by_section = {
        section: list(its_sheets)
        for section, its_sheets in groupby(sheets(call.form), key=lambda one: one.page.section)
    }
    # Last, so that it is on a sheet of its own.
    equality = by_section.pop("equality", [])
    return _to_print(
        "public/paper.html",
        call.form,
        large,
        # With the version: whoever types it in from paper picks the same one.
        mark=f"{new_mark()}/{call.form_version}",
        call=call,
        members=coalition().members,
        sections=[(HEADINGS[section], asked) for section, asked in by_section.items()],
        # Only the public door can send a confirmation: entering a paper form at the desk sends none.
        consents=[one for one in call.form.consents if one.purpose != CONFIRMATION_CONSENT],
        equality_sheets=equality,
        equality=call.form.parts.get("equality"),
        due_on=max(due_on(call.closes_on, one.keep_months) for one in call.form.parts.values()),
    )


@blueprint.get(f"{EVENT}/paper", defaults={"large": False})
@blueprint.get(f"{EVENT}/paper/large", defaults={"large": True})
@anyone
def event_paper(slug: str, large: bool) -> str:
    """An event's registration form to print. It reserves no seat until it is entered."""
    event = open_event(slug)
    about = event.definition
    return _to_print(
        "public/event_paper.html",
        about,
        large,
        # It is handed in without the sheets that name the event.
        mark=None,
        event=event,
        sheets=list(sheets(about.form)),
    )


def _to_print(
    template: str, about: FormDefinition | EventDefinition, large: bool, **more: Any
) -> str:
    # Two marks: the sheet about equality must not be linkable to the others.
    return render_template(
        template,
        about=about,
        large=large,
        hand_in=current_settings().hand_in,
        mark_apart=new_mark(),
        **more,
    )
