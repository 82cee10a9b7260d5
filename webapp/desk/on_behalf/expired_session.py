"""Recovery of a POST whose session has expired, or whose CSRF token is an older session's: no form data is lost.

The answer is a sign-in page that carries the form data in hidden fields, or a page that asks for one more press.
Nothing is stored for a client that is not signed in: the data came with the request, and goes back with its answer.
"""

from typing import Final

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.people.sign_in import Refused, entered_by
from webapp.desk.people.sign_in_form import SignInForm
from webapp.desk.shared.blueprint import CARRIES_WORDS, see_other

Answer = Response | tuple[str, int]
#: Marks a sign-in that carries form data: without it, an empty form would overwrite the page.
CARRIED: Final = "carried"
#: What a form sends beside its data, and a sign-in must not carry.
NOT_WORDS: Final = {"csrf_token", "sign_in_name", "passphrase", "code", "go", "do", CARRIED}


def carry_on(*endpoints: str, page: str, sign_in: str) -> None:
    """Recover POSTs to these endpoints: `sign_in` takes the form data and credentials, `page` takes one more press."""

    def carry(when: str) -> Answer:
        if request.method != "POST" and sessions.cookie_name("desk") not in request.cookies:
            # A GET from a browser that was never signed in.
            return see_other("sign_in")
        form = SignInForm(formdata=None) if when == "over" else None
        return _again(form, page, sign_in, carries=request.method == "POST")

    CARRIES_WORDS.update(dict.fromkeys(endpoints, carry))


def sign_in_here(page: str, sign_in: str) -> Answer | None:
    """Begin the session of the coordinator who signs in on such a page; or the page again. Raises `TooMany`."""
    carries = words_come_along()
    if "coordinator_id" in sessions.current():
        # Signed in by now, in another tab.
        return _again(None, page, sign_in, carries=carries)
    form = SignInForm()
    if refused := entered_by(form):
        return _again(form, page, sign_in, carries=carries, refused=refused)
    return None


def words_come_along() -> bool:
    """Whether this sign-in carries form data."""
    return CARRIED in request.form


def _again(
    form: SignInForm | None,
    page: str,
    sign_in: str,
    *,
    carries: bool,
    refused: Refused | None = None,
) -> tuple[str, int]:
    words = [pair for pair in request.form.items(multi=True) if pair[0] not in NOT_WORDS]
    problems = form.problems if form and refused else []
    if form and refused and refused.words:
        problems = [(form.sign_in_name.id, str(refused.words))]
    values = request.view_args or {}
    shown = render_template(
        "desk/on_behalf_again.html",
        form=form,
        problems=problems,
        refused=refused and refused.words,
        ended=sessions.current().was_ended,
        words=[*words, (CARRIED, "yes")] if carries else [],
        # The button repeats what was pressed: where that was Send, it says so.
        sends=request.endpoint == "desk.on_behalf_check_post",
        page_address=url_for(page, **values),
        sign_in_address=url_for(sign_in, **values),
    )
    if refused:
        return shown, 400
    return shown, 403 if carries else 200
