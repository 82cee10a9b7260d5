"""My choices, once a receipt was handed in: one thing at a time, what was told us, and the way out."""

from flask import render_template, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.choices.held_summary import topics_of, ways_of
from webapp.public.drafts.held_answers import held_now
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.flash import news
from webapp.public.shared.query_marks import FINISHED
from webapp.services.answers import corrections
from webapp.web.guards import in_visit
from webapp.web.post_redirect_get import page_is


@blueprint.get("/<language>/choices/held")
@in_visit
def held() -> str:
    """What a participant can do here, one thing at a time."""
    found = held_now()
    return render_template(
        "public/choices_held.html",
        held=found,
        # Where only contact is asked for, all of it is on the page about that.
        has_answers=found.form.parts.keys() != {"contact"},
        left_alone=found.do_not_contact_on is not None,
        ways=ways_of(found),
        said_yes=sum(consent.granted for consent in found.consents),
        news=news(),
    )


@blueprint.get("/<language>/choices/answers")
@in_visit
def held_answers() -> str:
    """Everything that they told us, each topic with its own way to change it."""
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
    """Finished: the Visit ends, and the code with it."""
    sessions.end()
    return see_other("home", **FINISHED)
