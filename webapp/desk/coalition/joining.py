"""Accepting an invitation, page by page: sign-in name and passphrase, the authenticator app, the recovery code.

Anyone may open the link, so no page says anything about the coalition's work, nor whom the invitation is for; a link
that resets an account shows its sign-in name. Looking at it changes nothing: a scanner of messages uses nothing up. A
link that opens nothing says so in one sentence, whatever the reason.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.coalition import joining_state
from webapp.desk.coalition.joining_form import WORDS, AccountForm, AppForm, RecoveryForm
from webapp.desk.coalition.joining_state import Account
from webapp.desk.people import authenticator_key
from webapp.desk.shared.blueprint import CARRIES_WORDS, blueprint, limit, see_other
from webapp.services.keys import joining, second_factor
from webapp.services.keys.invitations import NoSuchInvitation
from webapp.services.keys.joining import Joining, SignInNameTaken
from webapp.services.keys.second_factor import WrongCode
from webapp.web.guards import anyone, in_visit, opens_visit


@blueprint.get("/join/<secret>")
@anyone
def join(secret: str) -> str:
    """What is to come, and a button to begin."""
    return render_template(
        "desk/join.html",
        secret=secret,
        is_reset=joining.find(secret).account_id is not None,
        is_signed_in="coordinator_id" in sessions.current(),
        again="again" in request.args,
    )


@blueprint.post("/join/<secret>")
@opens_visit
def join_post(secret: str) -> Response:
    """Begin to make the account. A coordinator who is signed in here is not signed out by another person's link."""
    limit("join")
    invited = joining.find(secret)
    if "coordinator_id" in sessions.current():
        return see_other("join", secret=secret)
    joining_state.begin(invited)
    return see_other("join_name", secret=secret)


@blueprint.get("/join/<secret>/name")
@in_visit
def join_name(secret: str) -> str:
    """A sign-in name and a passphrase."""
    invited = joining.find(secret)
    account = joining_state.account_of(invited)
    form = AccountForm((invited.name,), formdata=None)
    form.sign_in_name.data = account.sign_in_name or invited.sign_in_name
    form.way.data = WORDS
    if "taken" in request.args:
        form.sign_in_name.errors = [_taken()]
    return _name_page(secret, account, form)


@blueprint.post("/join/<secret>/name")
@in_visit
def join_name_post(secret: str) -> Response | tuple[str, int]:
    """Keep both until the last step."""
    invited = joining.find(secret)
    account, form = joining_state.account_of(invited), AccountForm((invited.name,))
    is_valid = form.validate()
    if is_valid and joining.is_taken(invited, form.sign_in_name.data):
        form.sign_in_name.errors, is_valid = [_taken()], False
    if not is_valid:
        return _name_page(secret, account, form), 400
    passphrase = account.offered if form.way.data == WORDS else form.own.data
    joining_state.put(
        replace(account, sign_in_name=form.sign_in_name.data, passphrase=passphrase or "")
    )
    return see_other("join_app", secret=secret)


def _taken() -> str:
    return gettext("Another person has this sign-in name. Choose another one")


def _name_page(secret: str, account: Account, form: AccountForm) -> str:
    return render_template(
        "desk/join_name.html",
        secret=secret,
        form=form,
        problems=form.problems,
        offered=account.offered,
    )


@blueprint.get("/join/<secret>/app")
@in_visit
def join_app(secret: str) -> str | Response:
    """The key for the authenticator app, as a QR code and in letters."""
    account = joining_state.account_of(joining.find(secret))
    if not account.sign_in_name:
        return see_other("join_name", secret=secret)
    return _app_page(secret, account, AppForm(formdata=None))


@blueprint.post("/join/<secret>/app")
@in_visit
def join_app_post(secret: str) -> Response | tuple[str, int]:
    """The app shows the right code: it has the key."""
    account, form = joining_state.account_of(joining.find(secret)), AppForm()
    if not account.sign_in_name:
        return see_other("join_name", secret=secret)
    if not form.validate():
        return _app_page(secret, account, form), 400
    try:
        step = second_factor.proven_step(account.totp_secret, form.code.data)
    except WrongCode:
        form.code.errors = [authenticator_key.why_wrong(account.totp_secret, form.code.data)]
        return _app_page(secret, account, form), 400
    joining_state.put(replace(account, step=step))
    return see_other("join_code", secret=secret)


def _app_page(secret: str, account: Account, form: AppForm) -> str:
    return render_template(
        "desk/join_app.html",
        secret=secret,
        form=form,
        problems=form.problems,
        key=authenticator_key.shown(account.sign_in_name, account.totp_secret),
    )


@blueprint.get("/join/<secret>/code")
@in_visit
def join_code(secret: str) -> str | Response:
    """The recovery code, to be written down."""
    invited = joining.find(secret)
    account = joining_state.account_of(invited)
    if not account.step:
        return see_other("join_app", secret=secret)
    return _code_page(invited, secret, account, RecoveryForm(account.recovery_code, formdata=None))


@blueprint.post("/join/<secret>/code")
@in_visit
def join_code_post(secret: str) -> Response | tuple[str, int]:
    """The last step: the account is made, the link is used up, and the person signs in."""
    invited = joining.find(secret)
    account = joining_state.account_of(invited)
    if not account.step:
        return see_other("join_app", secret=secret)
    form = RecoveryForm(account.recovery_code)
    if not form.validate():
        return _code_page(invited, secret, account, form), 400
    limit("join")
    try:
        joining.join(invited, account.credentials, last_step=account.step)
    except SignInNameTaken:
        return see_other("join_name", secret=secret, taken="1")
    sessions.end()
    return see_other("sign_in", joined="again" if invited.account_id else "1")


def _code_page(invited: Joining, secret: str, account: Account, form: RecoveryForm) -> str:
    return render_template(
        "desk/join_code.html",
        is_reset=invited.account_id is not None,
        secret=secret,
        form=form,
        problems=form.problems,
        code=account.recovery_code,
    )


@blueprint.errorhandler(NoSuchInvitation)
def no_such_invitation(error: NoSuchInvitation) -> tuple[str, int]:
    """One answer for a link that was used, taken back, is over, or never was."""
    return render_template("desk/join_over.html"), 404


def start_again(why: str) -> Any:
    """The session that made the account is over: back to the link, if it still opens something."""
    return see_other("join", secret=(request.view_args or {})["secret"], again="1")


_STEPS: tuple[Callable[..., Any], ...] = (join_name, join_name_post, join_app, join_app_post)
for step in (*_STEPS, join_code, join_code_post):
    CARRIES_WORDS[f"desk.{step.__name__}"] = start_again
