"""A form that was sent after the session had ended: sign in on the answer, press once more, and nothing typed is lost.

What was sent comes back in hidden fields of the sign-in page, and after signing in in those of a page with one button,
which sends it to the address that it was meant for. So nothing is stored for a browser that is not signed in, and
nothing is done before a signed-in coordinator presses again. Forms that keep words in drafts have ways of their own
(`on_behalf.expired_session`).
"""

from typing import Final

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.people.sign_in import Refused, entered_by
from webapp.desk.people.sign_in_form import SignInForm
from webapp.desk.shared.blueprint import ANY_FORM, CARRIES_WORDS, blueprint, see_other
from webapp.desk.shared.step_up import FIELD
from webapp.rules.forms.size_limits import SMALL_BODY
from webapp.web.errors import problem
from webapp.web.guards import Guard, opens_visit, takes_words

Answer = Response | tuple[str, int]
#: Where the words are to go, in a form of ours.
TO: Final = "to"
#: What a form sends beside its words. Passphrases never come back in a page: they are typed again.
NOT_WORDS: Final = {"csrf_token", FIELD, "sign_in_name", "passphrase", "code"}
#: Buttons in the frame of every page, which carry no words, and forms that are about the session itself.
WITHOUT_WORDS: Final = {"desk.sign_out", "desk.stay", "desk.confirm_post"}


def most_bytes() -> int:
    """The largest form that most views take, and what signing in adds; a longer one has its own way."""
    return 4 * SMALL_BODY


def carry(when: str) -> Answer:
    """Answer a POST that came without its session ("over"), or with the token of an older one ("older")."""
    was_here = sessions.cookie_name("desk") in request.cookies
    if request.endpoint in WITHOUT_WORDS or not was_here or not _words():
        if when == "older":
            return problem(403)
        return see_other("sign_in", **({"again": "1"} if was_here else {}))
    if when == "over":
        return _sign_in_page(request.path, SignInForm(formdata=None), 403)
    return _once_more_page(request.path, 403)


CARRIES_WORDS[ANY_FORM] = carry


@blueprint.post("/sign-in/again")
@opens_visit
@takes_words(most_bytes, asked_on="desk.sign_in")
def sign_in_again_post() -> Answer:
    """Sign in with the words of a form at hand. Signed in by now, in another tab: go on at once."""
    to = _address_of_a_form(request.form.get(TO, ""))
    if to is None:
        return redirect(url_for("desk.sign_in"), 303)
    if "coordinator_id" not in sessions.current():
        form = SignInForm()
        if refused := entered_by(form):
            return _sign_in_page(to, form, 400, refused)
    return _once_more_page(to, 200)


def _address_of_a_form(asked: str) -> str | None:
    """The address if a form of the desk goes there, made from its route and never from the request."""
    addresses = current_app.create_url_adapter(request)
    if addresses is None or not asked.startswith(f"{blueprint.url_prefix}/"):
        return None
    try:
        endpoint, values = addresses.match(asked, method="POST")
    except HTTPException:
        return None
    is_ours = getattr(current_app.view_functions[endpoint], "guard", None) is Guard.COORDINATOR
    return url_for(endpoint, **values) if is_ours and endpoint not in WITHOUT_WORDS else None


def _words() -> list[tuple[str, str]]:
    fields = request.form.items(multi=True)
    return [one for one in fields if one[0] not in (*NOT_WORDS, TO) and "passphrase" not in one[0]]


def _sign_in_page(
    to: str, form: SignInForm, status: int, refused: Refused | None = None
) -> tuple[str, int]:
    problems = form.problems if refused else []
    if refused and refused.words:
        problems = [(form.sign_in_name.id, str(refused.words))]
    page = render_template(
        "desk/late_words.html",
        form=form,
        problems=problems,
        refused=refused and refused.words,
        words=_words(),
        to=to,
    )
    return page, status


def _once_more_page(to: str, status: int) -> tuple[str, int]:
    return render_template("desk/late_words.html", form=None, words=_words(), to=to), status
