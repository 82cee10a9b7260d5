"""A call's form made for paper: the same questions, with boxes and lines, in two sizes of print."""

from itertools import groupby

from flask import render_template

from webapp.extensions import current_settings
from webapp.http import anyone
from webapp.public.calls import open_call
from webapp.public.door import blueprint
from webapp.public.participate import CALL
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT
from webapp.rules.retention import due_on
from webapp.ui.on_paper import HEADINGS, sheets


@blueprint.get(f"{CALL}/paper")
@anyone
def paper(slug: str) -> str:
    """The form to print."""
    return _form(slug, large=False)


@blueprint.get(f"{CALL}/paper/large")
@anyone
def large_paper(slug: str) -> str:
    """The form in large print (18 points)."""
    return _form(slug, large=True)


def _form(slug: str, *, large: bool) -> str:
    call = open_call(slug)
    by_section = {
        section: list(its_sheets)
        for section, its_sheets in groupby(sheets(call.form), key=lambda one: one.page.section)
    }
    # Last, so that it is a sheet of paper by itself.
    equality = by_section.pop("equality", [])
    return render_template(
        "public/paper.html",
        call=call,
        sections=[(HEADINGS[section], asked) for section, asked in by_section.items()],
        # Only the public door can promise a confirmation: whoever types a paper in sends none.
        consents=[one for one in call.form.consents if one.purpose != CONFIRMATION_CONSENT],
        equality_sheets=equality,
        equality=call.form.parts.get("equality"),
        due_on=max(due_on(call.closes_on, one.keep_months) for one in call.form.parts.values()),
        hand_in=current_settings().hand_in,
        large=large,
    )
