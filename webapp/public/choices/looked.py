"""Access transparency: who has looked at the participant's data, on which days, in which role and why."""

from flask import render_template, url_for

from webapp.public.choices.look_words import told
from webapp.public.drafts.held_answers import held_now
from webapp.public.shared.blueprint import blueprint
from webapp.services.answers import looks
from webapp.web.guards import in_visit


@blueprint.get("/<language>/choices/looked")
@in_visit
def held_looked() -> str:
    """Every look, the newest first; lists with what became of them."""
    found = held_now()
    looked = looks.find(found)
    return render_template(
        "public/choices_looked.html",
        looked=looked,
        told=told(found, looked),
        back=url_for("public.held"),
    )
