"""A form that was sent after the session had ended: sign in on the answer, press once more, and nothing typed is lost.

What was sent comes back in hidden fields of the sign-in page, and after signing in in those of a page with one button,
which sends it to the address that it was meant for. So nothing is stored for a browser that is not signed in, and
nothing is done before a signed-in coordinator presses again. Forms that keep words in drafts have ways of their own
(`on_behalf.expired_session`).
"""

from dataclasses import dataclass, field
from typing import Final

from flask import current_app, render_template, request, url_for
from flask_babel import lazy_gettext
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.people.sign_in import Refused, entered_by
from webapp.desk.people.sign_in_form import SignInForm
from webapp.desk.shared.blueprint import ANY_FORM, CARRIES_WORDS, blueprint, see_other, to_sign_in
from webapp.desk.shared.forms import words_sent
from webapp.desk.shared.step_up import FIELD
from webapp.rules.forms.size_limits import SMALL_BODY
from webapp.services.infrastructure.limits import TooMany
from webapp.web.errors import problem
from webapp.web.guards import Guard, opens_visit, takes_words

Answer = Response | tuple[str, int]
TOO_MANY: Final = lazy_gettext("Too many tries. Wait a few minutes, and try again")
#: On the sign-in page: the field that says where the words are to go, and what stands before the names of theirs, so
#: that none is taken for a field of signing in.
TO: Final = "carried-to"
CARRIED: Final = "carried:"
#: What a form sends beside its words.
NOT_WORDS: Final = {"csrf_token", FIELD, "passkey"}
#: Buttons in the frame of every page, which carry no words, and forms that are about the session itself.
WITHOUT_WORDS: Final = {"desk.sign_out", "desk.stay", "desk.confirm_post"}


@dataclass(frozen=True)
class Carried:
    """Words that were sent, by the names of their fields, and the address that they are for."""

    to: str
    words: list[tuple[str, str]] = field(repr=False)


def most_bytes() -> int:
    """The largest form that most views take, and what signing in adds; a longer one has its own way."""
    return 4 * SMALL_BODY


def carry(when: str) -> Answer:
    """Answer a POST that came without its session ("over"), or with the token of an older one ("older")."""
    was_here = sessions.cookie_name("desk") in request.cookies
    words = words_sent(but=NOT_WORDS)
    if request.endpoint in WITHOUT_WORDS or not was_here or not words:
        if when == "older":
            return problem(403)
        return to_sign_in(was_here=was_here)
    if when == "over":
        return _sign_in_page(Carried(request.path, words), SignInForm(formdata=None), 403)
    return _once_more_page(Carried(request.path, words), 403)


CARRIES_WORDS[ANY_FORM] = carry


@blueprint.post("/sign-in/again")
@opens_visit
@takes_words(most_bytes, asked_on="desk.sign_in")
def sign_in_again_post() -> Answer:
    """Sign in with the words of a form at hand. Signed in by now, in another tab: go on at once."""
    to = _address_of_a_form(request.form.get(TO, ""))
    if to is None:
        return see_other("sign_in")
    carried = Carried(to, _carried_here())
    if "coordinator_id" not in sessions.current():
        form = SignInForm()
        try:
            refused = entered_by(form)
        except TooMany:
            return _sign_in_page(carried, form, 429, Refused(TOO_MANY))
        if refused:
            return _sign_in_page(carried, form, 400, refused)
    return _once_more_page(carried, 200)


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


def _carried_here() -> list[tuple[str, str]]:
    """The words that a sign-in carries."""
    fields = request.form.items(multi=True)
    return [
        (name.removeprefix(CARRIED), value) for name, value in fields if name.startswith(CARRIED)
    ]


def _sign_in_page(
    carried: Carried, form: SignInForm, status: int, refused: Refused | None = None
) -> tuple[str, int]:
    problems = form.problems if refused else []
    if refused and refused.words:
        problems = [(form.sign_in_name.id, str(refused.words))]
    page = render_template(
        "desk/late_words.html",
        form=form,
        problems=problems,
        refused=refused and refused.words,
        ended=sessions.current().was_ended,
        hidden=[(TO, carried.to), *((f"{CARRIED}{name}", value) for name, value in carried.words)],
    )
    return page, status


def _once_more_page(carried: Carried, status: int) -> tuple[str, int]:
    page = render_template("desk/late_words.html", form=None, hidden=carried.words, to=carried.to)
    return page, status
