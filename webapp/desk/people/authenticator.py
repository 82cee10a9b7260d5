"""Replacing one's own authenticator app: the key for the new phone, the present passphrase, and a code as proof.

The key stands in the form and nowhere else until the last button: looking at the page changes nothing.
"""

from typing import Any

from flask import render_template
from flask_babel import gettext
from werkzeug.wrappers import Response
from wtforms import Field, HiddenField
from wtforms.validators import StopValidation

from webapp.desk.people import authenticator_key, device_cookie
from webapp.desk.people.passphrase_form import WRONG_PASSPHRASE, check_present, present_field
from webapp.desk.shared.blueprint import blueprint, enter, see_other, signed_in
from webapp.desk.shared.forms import DeskForm
from webapp.desk.shared.second_factor import code_field
from webapp.rules.roles import Act
from webapp.services.keys import authenticator_change, key_slots, second_factor
from webapp.services.keys.authenticator_change import AlreadyInUse
from webapp.services.keys.present_passphrase import WrongPassphrase, sign_in_name_of
from webapp.services.keys.second_factor import WrongCode
from webapp.web.guards import may


class AuthenticatorForm(DeskForm):
    """The present passphrase, and what the new phone shows. `offered`: the key that the page showed."""

    # By this name, no page brings it back after a sign-in (`forms.words_sent`).
    offered = HiddenField(name="passphrase_app_key")
    code = code_field()
    present = present_field()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.is_offered = key_slots.is_totp_secret(self.offered.data or "")
        if not self.is_offered:
            self.offered.data = key_slots.new_totp_secret()
        self.step = 0

    def validate_code(self, field: Field) -> None:
        """A code of the new phone: it has the key that is on the page."""
        if not self.is_offered:
            raise StopValidation(gettext("Scan the square below, then enter the six digits"))
        try:
            self.step = second_factor.proven_step(self.offered.data, field.data)
        except WrongCode:
            why = authenticator_key.why_wrong(self.offered.data, field.data)
            raise StopValidation(why) from None

    def validate_present(self, field: Field) -> None:
        """It is asked, because a session alone must not be enough."""
        check_present(field)


@blueprint.get("/me/authenticator")
@may(Act.OWN_ACCOUNT, fresh=True)
def authenticator() -> str:
    """A new key, as a square and in letters."""
    return _page(AuthenticatorForm(formdata=None))


@blueprint.post("/me/authenticator")
@may(Act.OWN_ACCOUNT, fresh=True)
def authenticator_post() -> Response | tuple[str, int]:
    """Change it. All other sessions end; this browser goes on in a new one."""
    form, me = AuthenticatorForm(), signed_in()
    if not form.validate():
        return _page(form), 400
    try:
        changed = authenticator_change.change(
            me, form.present.data, form.offered.data, last_step=form.step
        )
    except WrongPassphrase:
        form.present.errors = [str(WRONG_PASSPHRASE)]
        return _page(form), 400
    except AlreadyInUse:
        return see_other("me", done="authenticator")
    enter(changed)
    device_cookie.give(sign_in_name_of(me.coordinator_id))
    return see_other("me", done="authenticator")


def _page(form: AuthenticatorForm) -> str:
    name = sign_in_name_of(signed_in().coordinator_id)
    return render_template(
        "desk/authenticator.html",
        form=form,
        problems=form.problems,
        key=authenticator_key.shown(name, form.offered.data),
    )
