"""Changing one's own passphrase: the present one, then six new words or a passphrase of one's own."""

from collections.abc import Iterable
from typing import Any

from flask import render_template
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import Field, HiddenField
from wtforms.validators import StopValidation

from webapp.desk.people import device_cookie
from webapp.desk.people.passphrase_form import (
    OWN,
    WORDS,
    WRONG_PASSPHRASE,
    check_again,
    check_own,
    check_present,
    own_again_field,
    own_field,
    present_field,
    way_field,
)
from webapp.desk.shared.blueprint import blueprint, enter, see_other, signed_in
from webapp.desk.shared.forms import DeskForm
from webapp.rules.passphrases import normalised, weakness
from webapp.rules.roles import Act
from webapp.services.keys import key_slots, passphrase_change
from webapp.services.keys.present_passphrase import WrongPassphrase, sign_in_name_of
from webapp.web.guards import may


class PassphraseForm(DeskForm):
    """The present passphrase and the new one. `offered`: the six words that the page showed."""

    # By these names, no page brings back what was typed (`forms.words_sent`).
    present = present_field()
    way = way_field(lazy_gettext("Your new passphrase"))
    own = own_field(name="own_passphrase")
    own_again = own_again_field(name="own_passphrase_again")
    offered = HiddenField(name="offered_passphrase")

    def __init__(self, names: Iterable[str], **options: Any) -> None:
        super().__init__(**options)
        self.names = tuple(names)
        # Whatever comes instead of words of ours is not offered again, nor taken.
        if weakness(self.offered.data or "", names=self.names) is not None:
            self.offered.data = key_slots.new_passphrase()
            self.is_offered = False
        else:
            self.is_offered = True

    def validate_present(self, field: Field) -> None:
        """It is asked, because a session alone must not be enough."""
        check_present(field)

    def validate_way(self, field: Field) -> None:
        """The words must be those that were shown."""
        if field.data == WORDS and not self.is_offered:
            raise StopValidation(gettext("Write down these six words, and choose them again"))

    def validate_own(self, field: Field) -> None:
        """By the password policy, and another one than now."""
        check_own(self, field, self.names)
        is_same = normalised(field.data or "") == normalised(self.present.data or "")
        if self.way.data == OWN and is_same:
            raise StopValidation(gettext("This is the one that you have now. Use another one"))

    def validate_own_again(self, field: Field) -> None:
        """Typed the same twice."""
        check_again(self, field)

    @property
    def wanted(self) -> str:
        """The new passphrase, after the form was validated."""
        return str(self.offered.data if self.way.data == WORDS else self.own.data)


@blueprint.get("/me/passphrase")
@may(Act.OWN_ACCOUNT, fresh=True)
def passphrase() -> str:
    """Six new words, and where to enter one's own instead."""
    form = _form(formdata=None)
    form.way.data = WORDS
    return _page(form)


@blueprint.post("/me/passphrase")
@may(Act.OWN_ACCOUNT, fresh=True)
def passphrase_post() -> Response | tuple[str, int]:
    """Change it. All other sessions end; this browser goes on in a new one."""
    form, me = _form(), signed_in()
    if not form.validate():
        return _page(form), 400
    try:
        changed = passphrase_change.change(me, form.present.data, form.wanted)
    except WrongPassphrase:
        form.present.errors = [str(WRONG_PASSPHRASE)]
        return _page(form), 400
    enter(changed)
    device_cookie.give(_name())
    return see_other("me", done="passphrase")


def _form(**options: Any) -> PassphraseForm:
    return PassphraseForm((signed_in().name, _name()), **options)


def _name() -> str:
    return sign_in_name_of(signed_in().coordinator_id)


def _page(form: PassphraseForm) -> str:
    return render_template(
        "desk/passphrase.html", form=form, sign_in_name=_name(), problems=form.problems
    )
