"""Navigation that submits the form: "Back" and the language switcher, on a page that holds input.

A link would lose the input. So on a page with text fields both are submit buttons of its form: the input is retained as
it was typed, and not validated, because the participant did not submit it.
"""

from flask import g, redirect, request
from werkzeug.wrappers import Response

from webapp.public.shared.blueprint import see_other
from webapp.ui.page_language import offered_languages

#: The name of these buttons. Its value is "back", or a language code.
GO = "go"
BACK = "back"


def wants_to_turn() -> bool:
    """Whether one of these buttons was pressed, and not one that submits the page."""
    return GO in request.form


def turn(endpoint: str, *, back: str, **where: str) -> Response:
    """Redirect by the pressed button: to the previous page, or to this page in another language."""
    if request.form[GO] == BACK:
        return redirect(f"{back}#content", 303)
    return see_other(endpoint, language=chosen_language(), **where)


def chosen_language() -> str:
    """The chosen language code; the page's own where it is not one of ours."""
    chosen = request.form.get(GO, "")
    offered = {language.code for language in offered_languages()}
    return chosen if chosen in offered else str(g.language)
