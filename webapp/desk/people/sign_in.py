"""Authentication: passphrase and second factor open a key slot; keys of the session live in the Visit until it ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import render_template, request
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.people import device_cookie
from webapp.desk.people.sign_in_form import SignInForm
from webapp.desk.shared import passkey_state
from webapp.desk.shared.blueprint import (
    AGAIN,
    blueprint,
    enter,
    limit,
    limit_device,
    limit_name,
    see_other,
    signed_in,
)
from webapp.rules.roles import Act
from webapp.services.keys import authentication
from webapp.services.keys.authentication import NotSignedIn
from webapp.web.guards import anyone, may, opens_visit, runs_script

Problems = Sequence[tuple[str, str]]
#: One sentence for every cause, against user enumeration: which of them was wrong would tell who works here.
REFUSED: Final = lazy_gettext(
    "That did not work. Check your name and passphrase, and wait for a new code or try the passkey again"
)


@blueprint.get("/sign-in")
@anyone
@runs_script
def sign_in() -> Response | str:
    """Name, passphrase and second factor on one page."""
    if "coordinator_id" in sessions.current():
        return see_other("today")
    return render_template(
        "desk/sign_in.html",
        form=SignInForm(),
        problems=[],
        with_passkeys=passkey_state.relying_party() is not None,
        again=request.args.get(AGAIN, ""),
        joined=request.args.get("joined", ""),
    )


@blueprint.post("/sign-in")
@opens_visit
@runs_script
def sign_in_post() -> Response | tuple[str, int]:
    """Open the key slot and check the second factor."""
    form = SignInForm()
    if refused := entered_by(form):
        return _page(form, problems=form.problems, refused=refused.words), 400
    return see_other("today")


@dataclass(frozen=True)
class Refused:
    """Signing in did not work: `words` say so where it is not one field that was left empty."""

    words: LazyString | None


def entered_by(form: SignInForm) -> Refused | None:
    """Begin the session of the coordinator who filled in this form; or say why not. Raises `TooMany`."""
    device = device_cookie.recognised(form.sign_in_name.data or "")
    if device is None:
        limit("sign-in")
    if not form.validate():
        return Refused(None)
    name = form.sign_in_name.data
    if device is None:
        limit_name("sign-in-name", name.lower())
    else:
        limit_device("sign-in-device", device.nonce)
    try:
        proof = passkey_state.proof_in(form, form.code.data)
        holder = authentication.sign_in(name, form.passphrase.data or "", proof, device)
    except NotSignedIn:
        return Refused(REFUSED)
    enter(holder)
    device_cookie.give(name)
    return None


def _page(form: SignInForm, *, problems: Problems = (), refused: LazyString | None = None) -> str:
    """The form again. `refused`: what was entered is not right, as a whole."""
    if refused:
        problems = [(form.sign_in_name.id, str(refused))]
    return render_template(
        "desk/sign_in.html",
        form=form,
        problems=problems,
        refused=refused,
        with_passkeys=passkey_state.relying_party() is not None,
        again="",
        joined="",
    )


@blueprint.post("/sign-out")
@may(Act.OWN_ACCOUNT)
def sign_out() -> Response:
    """End the session; the keys in it, and the keyring that they open, are gone."""
    try:
        authentication.sign_out(signed_in())
    finally:
        sessions.end()
    return see_other("sign_in")
