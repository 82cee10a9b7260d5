"""Step-up authentication: a view that is `fresh` runs within five minutes of a confirmed second factor (ASVS 7.5.3).

Signing in counts. Where the last confirmation is older, the answer is the page "Confirm that it is you". It carries
what was sent in hidden fields and sends it to the same address again, with the code beside it: nothing typed is lost,
nothing of it is stored, and the view goes on as if it had been asked for at that moment. A page that is only looked at
has an address to confirm at, which leads back to it.

The confirmation lies in the sealed Visit, so it holds in this session alone, and the secret is rotated with it.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from hmac import compare_digest
from typing import Final

from flask import after_this_request, current_app, make_response, render_template, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response
from wtforms import HiddenField

from webapp import sessions
from webapp.desk.shared import role_guard as role_guard  # Its check comes first.
from webapp.desk.shared.blueprint import blueprint, limit, see_other, signed_in
from webapp.desk.shared.forms import DeskForm, words_sent
from webapp.desk.shared.passkey_state import proof_in
from webapp.desk.shared.second_factor import fresh_code_field, refuse_code
from webapp.rules import clock
from webapp.rules.roles import Act
from webapp.services.infrastructure.limits import TooMany
from webapp.services.keys import own_passkeys, second_factor
from webapp.services.keys.second_factor import WrongCode
from webapp.web.csrf import UNSAFE
from webapp.web.guards import Guard, comes_twice, may
from webapp.web.post_redirect_get import address_of_form
from webapp.web.request_target import current_view

FRESH_SECONDS: Final = 5 * 60
#: A phone whose clock is ahead shows a code of the next half minute.
AHEAD_SECONDS: Final = second_factor.STEP_SECONDS
#: Where the Visit says when the second factor was confirmed.
CONFIRMED_AT: Final = "confirmed-at"
#: Where the copy that a rotation leaves says which press of a button it is kept for.
PRESSED: Final = "pressed"
#: The field of the page, which no other form at the desk has.
FIELD: Final = "second_factor"
#: What a passkey answered, in the place of digits.
PASSKEY: Final = "passkey"


#: By endpoint, what is about to be done, in a sentence: on the page that asks for the code, who presses can still stop.
ABOUT: Final[dict[str, Callable[[], str]]] = {}


class ConfirmForm(DeskForm):
    """The second factor, beside what is carried."""

    second_factor = fresh_code_field()
    passkey = HiddenField()


def is_fresh() -> bool:
    """Whether the second factor was confirmed in this session within the last five minutes.

    Never for the copy that a rotation left: who comes with the old cookie repeats the code.
    """
    visit = sessions.current()
    at = visit.get(CONFIRMED_AT)
    if at is None or visit.is_copy:
        return False
    return -AHEAD_SECONDS <= int(clock.now().timestamp()) - at <= FRESH_SECONDS


def confirmed_at() -> int:
    """The moment of the confirmation that this request stands on: the same for both presses of one button."""
    return int(sessions.current()[CONFIRMED_AT])


@blueprint.before_request
def check_fresh() -> Response | None:
    """Ask for the second factor before a view that is `fresh`, unless it was confirmed a moment ago."""
    if not getattr(current_view(), "fresh", False) or is_fresh():
        return None
    if request.method not in UNSAFE:
        return see_other("confirm", to=request.path)
    if FIELD not in request.form:
        if sessions.current().is_copy:
            raise sessions.VisitExpired
        return _page(ConfirmForm(formdata=None), request.path, address_of_form(), _carried(), 403)
    return _confirm(request.path, address_of_form(), _carried())


def _digest(action: str, words: Sequence[tuple[str, str]]) -> str:
    """What one press of a button stands for, by the address and every field but the code and the token."""
    told = json.dumps([action, request.query_string.decode("latin-1"), *words])
    return hashlib.sha256(told.encode()).hexdigest()


def _repeats_the_press(digest: str) -> bool:
    """Whether a request with an old cookie is the second press of the button that this copy is kept for.

    Who saw the digits as they were typed must do nothing else with them (replay of a step-up for another act).
    """
    return compare_digest(str(sessions.current().get(PRESSED, "")), digest)


def _carried() -> list[tuple[str, str]]:
    """What was sent, for the next press to send again."""
    return words_sent(but=("csrf_token", FIELD, PASSKEY))


def _confirm(action: str, back: str, words: Sequence[tuple[str, str]]) -> Response | None:
    """Check the second factor of this request. None where it is right: the session is then fresh, under a new secret.

    Raises `VisitExpired` for an old cookie with another form, or without the last code.
    """
    form, is_copy = ConfirmForm(), sessions.current().is_copy
    digest = _digest(action, words)
    if is_copy and not _repeats_the_press(digest):
        raise sessions.VisitExpired
    if not form.validate():
        return _page(form, action, back, words, 400)
    check = second_factor.confirm_again if is_copy else second_factor.confirm_second_factor
    try:
        limit("second-factor")
        proven_at = check(signed_in(), proof_in(form, form.second_factor.data))
    except WrongCode:
        if is_copy:
            raise sessions.VisitExpired from None
        refuse_code(form.second_factor)
        return _page(form, action, back, words, 400)
    except TooMany:
        form.second_factor.errors = [gettext("Too many tries. Wait a few minutes, and try again")]
        return _page(form, action, back, words, 429)
    _go_on(digest, proven_at, is_copy=is_copy)
    return None


def _go_on(digest: str, proven_at: int, *, is_copy: bool) -> None:
    """The session under a new secret, in which this act is confirmed.

    The answer to a first press is thrown away when the button is pressed again, and its cookie with it. So the second
    press goes on in a session, too; but that one counts as confirmed for this request alone.
    """
    visit = sessions.current()
    visit[PRESSED] = digest
    sessions.renew_leaving_a_copy()
    del visit[PRESSED]
    visit[CONFIRMED_AT] = proven_at
    if is_copy:
        after_this_request(_forget_confirmation)


def _forget_confirmation(response: Response) -> Response:
    sessions.current().pop(CONFIRMED_AT, None)
    return response


def _page(
    form: ConfirmForm, action: str, back: str, words: Sequence[tuple[str, str]], status: int
) -> Response:
    page = render_template(
        "desk/confirm.html",
        form=form,
        action=action,
        back=back,
        words=words,
        about=_about(),
        has_passkey=bool(own_passkeys.listed(signed_in())),
        gives_a_file=getattr(current_view(), "answers_with_a_file", False),
        problems=form.problems,
    )
    return make_response(page, status)


def _about() -> str:
    tells = ABOUT.get(str(request.endpoint))
    return tells() if tells else ""


@blueprint.get("/confirm")
@may(Act.OWN_ACCOUNT)
def confirm() -> Response:
    """Confirm the second factor before a page that is looked at."""
    to = _page_of_ours(request.args.get("to", ""))
    if is_fresh():
        return _to(to)
    return _confirming(to, ConfirmForm(formdata=None), 200)


@blueprint.post("/confirm")
@may(Act.OWN_ACCOUNT)
@comes_twice
def confirm_post() -> Response:
    """Confirm it, and go on to that page."""
    to = _page_of_ours(request.form.get("to", ""))
    refused = _confirm(url_for("desk.confirm_post"), url_for("desk.today"), [("to", to)])
    return _to(to) if refused is None else refused


def _confirming(to: str, form: ConfirmForm, status: int) -> Response:
    action, back = url_for("desk.confirm_post"), url_for("desk.today")
    return _page(form, action, back, [("to", to)], status)


def _to(address: str) -> Response:
    return Response(status=303, headers={"Location": address})


def _page_of_ours(asked: str) -> str:
    """The address of a page at the desk, made from its route and never from the request (no open redirect)."""
    addresses = current_app.create_url_adapter(request)
    if addresses is not None and asked.startswith(f"{blueprint.url_prefix}/"):
        try:
            endpoint, values = addresses.match(asked, method="GET")
        except HTTPException:
            return url_for("desk.today")
        if getattr(current_app.view_functions[endpoint], "guard", None) is Guard.COORDINATOR:
            return url_for(endpoint, **values)
    return url_for("desk.today")
