"""Navigation that submits the form: "Back" and the language switcher, on a page that holds input.

A link would lose what was typed. So on a page that asks for words both are buttons of its form: the words come along
and are kept as they stand, and are not validated, because the participant did not submit them.
"""

from flask import g, redirect, request
from werkzeug.wrappers import Response

from webapp.public.shared.blueprint import see_other
from webapp.ui.page_language import offered_languages

#: The name of these buttons. Their value is "back", or the code of a language.
GO = "go"
BACK = "back"


def wants_to_turn() -> bool:
    """Whether one of these buttons was pressed, and not one that sends the page."""
    return GO in request.form


def turn(endpoint: str, *, back: str, **where: str) -> Response:
    """Go where the button says: to the page before, or to this page in another language."""
    if request.form[GO] == BACK:
        return redirect(f"{back}#content", 303)
    return see_other(endpoint, language=chosen_language(), **where)


def chosen_language() -> str:
    """The code of the language that was chosen; the page's own where none of ours was."""
    chosen = request.form.get(GO, "")
    offered = {language.code for language in offered_languages()}
    return chosen if chosen in offered else str(g.language)
