"""A coordinator's own passkeys: listing, adding and removing them, and the challenge that a browser answers.

Adding takes two pages. The first asks for a second factor that there is already, before any device makes anything: a
session that another person sits at adds no passkey.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import jsonify, render_template, request
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.people.passkey_forms import AddForm, RemoveForm
from webapp.desk.shared import passkey_state
from webapp.desk.shared.blueprint import NotHere, blueprint, limit, see_other, signed_in
from webapp.desk.shared.flash import Flash, flash_in
from webapp.desk.shared.second_factor import refuse_code
from webapp.rules.roles import Act
from webapp.services.keys import own_passkeys, second_factor
from webapp.services.keys.own_passkeys import EnoughPasskeys, NewPasskey, NoSuchPasskey, NotAdded
from webapp.services.keys.second_factor import WrongCode
from webapp.web.guards import may, opens_visit

FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "added": (
            lazy_gettext("Added. You can use this passkey the next time you sign in."),
            True,
        ),
        "removed": (
            lazy_gettext(
                "Removed. It does not let you in any more. Delete it on the device, too: we cannot do that from here."
            ),
            True,
        ),
        "not-added": (
            lazy_gettext(
                "No passkey was added: the device did not answer in time. Please try again."
            ),
            False,
        ),
        "enough": (
            lazy_gettext(
                "No passkey was added: you have %(num)s, and there is no room for more. Remove one first.",
                num=own_passkeys.MOST,
            ),
            False,
        ),
        "gone": (lazy_gettext("This passkey was removed already."), True),
    }
)


@blueprint.post("/passkey-challenge")
@opens_visit
def passkey_challenge_post() -> Response:
    """A challenge for this session, which begins with it where there is none yet: for the script, as JSON."""
    party = passkey_state.relying_party()
    if party is None:
        raise NotHere
    visit = sessions.current()
    if "coordinator_id" not in visit:
        limit("passkey-challenge")
    if not visit.begun:
        sessions.begin()
    return jsonify(passkey_state.give_out(party))


@blueprint.get("/me/passkeys")
@may(Act.OWN_ACCOUNT)
def passkeys_page() -> str:
    """Which there are, and a form to add one."""
    return _page(_add_form(is_new=True))


@blueprint.post("/me/passkeys")
@may(Act.OWN_ACCOUNT)
def passkeys_page_post() -> Response | tuple[str, int]:
    """Step-up authentication; then the browser is asked on a page of its own."""
    form, party = _add_form(), passkey_state.relying_party()
    if party is None:
        return see_other("passkeys_page")
    if len(form.taken) >= own_passkeys.MOST:
        return see_other("passkeys_page", done="enough")
    if not form.validate():
        return _page(form), 400
    limit("second-factor")
    try:
        second_factor.confirm_second_factor(
            signed_in(), passkey_state.proof_in(form, form.code.data)
        )
    except WrongCode:
        refuse_code(form.code)
        return _page(form), 400
    sessions.renew()
    passkey_state.begin_adding(form.name.data, party)
    return see_other("passkey_adding")


@blueprint.get("/me/passkeys/new")
@may(Act.OWN_ACCOUNT)
def passkey_adding() -> str | Response:
    """The button that has a device make the passkey."""
    begun = passkey_state.adding()
    if begun is None:
        return see_other("passkeys_page", done="not-added")
    name, challenge = begun
    options = own_passkeys.options_to_add(signed_in(), challenge)
    return render_template("desk/passkey_adding.html", name=name, options=json.dumps(options))


@blueprint.post("/me/passkeys/new")
@may(Act.OWN_ACCOUNT)
def passkey_adding_post() -> Response:
    """Verify what the device made, and keep it."""
    name, challenge = passkey_state.adding() or ("", None)
    passkey_state.end_adding()
    new = NewPasskey(name, request.form.get("passkey", ""), challenge)
    try:
        own_passkeys.add(signed_in(), new)
    except NotAdded:
        return see_other("passkeys_page", done="not-added")
    except EnoughPasskeys:
        return see_other("passkeys_page", done="enough")
    return see_other("passkeys_page", done="added")


@blueprint.get("/me/passkeys/<uuid:passkey_id>/remove")
@may(Act.OWN_ACCOUNT)
def passkey_remove(passkey_id: UUID) -> str | Response:
    """What removing it means."""
    return _remove_page(passkey_id, RemoveForm(formdata=None))


@blueprint.post("/me/passkeys/<uuid:passkey_id>/remove")
@may(Act.OWN_ACCOUNT)
def passkey_remove_post(passkey_id: UUID) -> Response | str | tuple[Response | str, int]:
    """Remove it, with step-up authentication."""
    form = RemoveForm()
    if not form.validate():
        return _remove_page(passkey_id, form), 400
    limit("second-factor")
    try:
        own_passkeys.remove(signed_in(), passkey_id, passkey_state.proof_in(form, form.code.data))
    except NoSuchPasskey:
        return see_other("passkeys_page", done="gone")
    except WrongCode:
        refuse_code(form.code)
        return _remove_page(passkey_id, form), 400
    sessions.renew()
    return see_other("passkeys_page", done="removed")


def _remove_page(passkey_id: UUID, form: RemoveForm) -> str:
    try:
        found = own_passkeys.find(signed_in(), passkey_id)
    except NoSuchPasskey:
        raise NotHere from None
    return render_template(
        "desk/passkey_remove.html", passkey=found, form=form, problems=form.problems
    )


def _add_form(*, is_new: bool = False) -> AddForm:
    taken = [one.name for one in own_passkeys.listed(signed_in())]
    return AddForm(taken, formdata=None) if is_new else AddForm(taken)


def _page(form: AddForm) -> str:
    party = passkey_state.relying_party()
    found = own_passkeys.listed(signed_in())
    return render_template(
        "desk/passkeys.html",
        form=form,
        problems=form.problems,
        passkeys=found,
        host=party.rp_id if party else None,
        has_room=len(found) < own_passkeys.MOST,
        done=flash_in(FLASHES),
    )
