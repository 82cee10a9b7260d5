"""My choices after a receipt was entered: the menu, the stored answers, and closing."""

from flask import render_template, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.choices.held_summary import topics_of, ways_of
from webapp.public.drafts.held_answers import held_now
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.flash import flash_message
from webapp.public.shared.query_marks import FINISHED
from webapp.services.answers import corrections
from webapp.services.calls import tell_backs
from webapp.web.guards import in_visit
from webapp.web.post_redirect_get import page_is


@blueprint.get("/<language>/choices/held")
@in_visit
def held() -> str:
    """The menu: what a participant can do here, one thing at a time."""
    found = held_now()
    return render_template(
        "public/choices_held.html",
        held=found,
        # A form that asks only for contact shows everything on the page about that.
        has_answers=found.form.parts.keys() != {"contact"},
        left_alone=found.do_not_contact_on is not None,
        ways=ways_of(found),
        told=tell_backs.recent_line(found.call_id),
        said_yes=sum(consent.granted for consent in found.consents),
        news=flash_message(),
    )


@blueprint.get("/<language>/choices/answers")
@in_visit
def held_answers() -> str:
    """All stored answers, each topic with a way to change it."""
    found = held_now()
    return render_template(
        "public/choices_answers.html",
        held=found,
        topics=topics_of(found, "call"),
        about_you=topics_of(found, "equality"),
        asks_about_you="equality" in found.form.parts,
        has_answers=found.form.has_answers_to_read,
        closed=corrections.closed_for(found),
        unreadable=found.unreadable,
        back=url_for("public.held"),
    )


@blueprint.post("/<language>/choices/close")
@in_visit
@page_is("public.held")
def held_close() -> Response:
    """Close: end the Visit, and erase the code with it."""
    sessions.end()
    return see_other("home", **FINISHED)
