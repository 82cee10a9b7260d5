"""A press that came when the desk's Visit was over, or with an older one's token: nothing of it is lost.

The answer is a page to sign in on that carries the words along, unseen, or one that asks for one more press. Nothing is
stored for anybody who is not signed in: the words came with the request, and go back with its answer.
"""

from typing import Final

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.people.sign_in import Refused, entered_by
from webapp.desk.people.sign_in_form import SignInForm
from webapp.desk.shared.blueprint import CARRIES_WORDS, see_other

Answer = Response | tuple[str, int]
#: Says that words come along: a page that was only looked at has none, and must not be emptied.
CARRIED: Final = "carried"
#: What a form sends beside words, and signing in must not carry along.
NOT_WORDS: Final = {"csrf_token", "sign_in_name", "passphrase", "code", "go", "do", CARRIED}


def carry_on(*endpoints: str, page: str, sign_in: str) -> None:
    """Answer these endpoints so: `sign_in` takes the words with a name and a passphrase, `page` with one more press."""

    def carry(when: str) -> Answer:
        if request.method != "POST" and sessions.cookie_name("desk") not in request.cookies:
            # Looked at by a browser in which nobody was signed in.
            return see_other("sign_in")
        form = SignInForm(formdata=None) if when == "over" else None
        return _again(form, page, sign_in, carries=request.method == "POST")

    CARRIES_WORDS.update(dict.fromkeys(endpoints, carry))


def sign_in_here(page: str, sign_in: str) -> Answer | None:
    """Begin the Visit of the coordinator who signs in on such a page; or the page once more. Raises `TooMany`."""
    carries = words_come_along()
    if "coordinator_id" in sessions.current():
        # Signed in by now, in another tab.
        return _again(None, page, sign_in, carries=carries)
    form = SignInForm()
    if refused := entered_by(form):
        return _again(form, page, sign_in, carries=carries, refused=refused)
    return None


def words_come_along() -> bool:
    """Whether this sign-in carries a press."""
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
        words=[*words, (CARRIED, "yes")] if carries else [],
        # Once more is what they pressed: where that was Send, the button says so.
        sends=request.endpoint == "desk.enter_for",
        page_address=url_for(page, **values),
        sign_in_address=url_for(sign_in, **values),
    )
    if refused:
        return shown, 400
    return shown, 403 if carries else 200
