"""A coordinator's own page: the mail that something is new, their sessions, and failed sign-ins in their name."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final, cast
from uuid import UUID, uuid4

from flask import render_template
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import Field, HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation

from webapp.desk.people import own_sessions
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.email_field import checked_address
from webapp.desk.shared.flash import Flash, flash_in
from webapp.desk.shared.form_ids import id_in
from webapp.desk.shared.forms import DeskForm, chosen, one_line
from webapp.release import VERSION
from webapp.rules import clock
from webapp.rules.roles import Act
from webapp.services.desk_home import news_subscriptions
from webapp.services.desk_home.news_subscriptions import EveryDays, Wish
from webapp.services.infrastructure import failed_sign_ins
from webapp.services.infrastructure.failed_sign_ins import Failed
from webapp.services.infrastructure.limits import TooMany
from webapp.web.guards import may

OFF = "off"
HOW_OFTEN: Final = (
    SelectChoice("1", lazy_gettext("On days when something is new")),
    SelectChoice("7", lazy_gettext("Once a week, if something is new")),
    SelectChoice("0", lazy_gettext("Only when something is done with my account")),
    SelectChoice(OFF, lazy_gettext("Never")),
)
DAILY: Final = "daily"
CODE: Final = (
    SelectChoice(DAILY, lazy_gettext("Every day")),
    SelectChoice(OFF, lazy_gettext("Never")),
)
FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "asked": (
            lazy_gettext("Saved. An e-mail is on its way to this address, to try it."),
            True,
        ),
        "changed": (lazy_gettext("Saved. We e-mail the address that we have."), True),
        "off": (
            lazy_gettext(
                "Saved. We do not e-mail you any more. One last e-mail may still come, then your address is deleted."
            ),
            True,
        ),
        "passphrase": (
            lazy_gettext(
                "Changed. Sign in with the new passphrase from now on. Everywhere else you are signed out."
            ),
            True,
        ),
        "authenticator": (
            lazy_gettext(
                "Changed. From now on, the new phone shows the six digits. Delete the account on the old one."
            ),
            True,
        ),
        "often": (
            lazy_gettext(
                "Nothing was changed, because you have changed your address several times. Try again in an hour."
            ),
            False,
        ),
    }
)


class NewsForm(DeskForm):
    """How often, and to which address; an address that we have may stay."""

    often = RadioField(
        lazy_gettext("E-mail me when something is new"),
        choices=list(HOW_OFTEN),
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose how often we may e-mail you"))],
    )
    code = RadioField(
        lazy_gettext("E-mail me the record’s code"),
        choices=list(CODE),
        validate_choice=False,
        description=lazy_gettext(
            "With a code that you keep, you can find out later whether entries of the record were removed. It says "
            "nothing about anyone."
        ),
    )
    address = StringField(lazy_gettext("Your e-mail address"), filters=[one_line])
    #: Idempotency key: the same for the second press of the button as for the first.
    once = HiddenField()
    ascii_address = ""

    def __init__(self, wish: Wish | None, **options: Any) -> None:
        super().__init__(**options)
        self.has_address = wish is not None
        if wish is not None:
            self.address.description = lazy_gettext(
                "We have an address for you. Leave this empty to keep it, or enter another one."
            )

    def validate_address(self, field: Field) -> None:
        """Needed when there is none yet; never when the mails end."""
        if self.often.data == OFF or (self.has_address and not field.data):
            return
        self.ascii_address = checked_address(field.data)

    def validate_code(self, field: Field) -> None:
        """The code needs an address, so it comes with the other e-mails alone."""
        if field.data == DAILY and self.often.data == OFF:
            raise StopValidation(
                gettext(
                    "To have the code, choose how often we may e-mail you when something is new"
                )
            )

    def validate_once(self, field: Field) -> None:
        """An idempotency key; where the form sent none, one that was never used."""
        field.data = (id_in(field.data) or uuid4()).hex


@blueprint.get("/me")
@may(Act.OWN_ACCOUNT)
def me() -> str:
    """The settings as they are."""
    wish = news_subscriptions.find(signed_in().coordinator_id)
    often = str(wish.every_days) if wish else OFF
    code = DAILY if wish and wish.with_code else OFF
    data = {"often": often, "code": code, "once": uuid4().hex}
    return _page(NewsForm(wish, data=data), wish)


@blueprint.post("/me")
@may(Act.OWN_ACCOUNT, fresh=True)
def me_post() -> Response | tuple[str, int]:
    """Change them, with step-up authentication: e-mails about the account go to this address. Idempotent."""
    who = signed_in().coordinator_id
    wish = news_subscriptions.find(who)
    form = NewsForm(wish)
    if not form.validate():
        return _page(form, wish), 400
    return see_other("me", done=_change(who, form))


def _change(who: UUID, form: NewsForm) -> str:
    if form.often.data == OFF:
        news_subscriptions.stop(who)
        return "off"
    every_days = cast(EveryDays, int(form.often.data))
    with_code = form.code.data == DAILY
    if form.ascii_address:
        try:
            once = UUID(form.once.data)
            news_subscriptions.ask(
                who, form.ascii_address, every_days, once=once, with_code=with_code
            )
        except TooMany:
            return "often"
        return "asked"
    try:
        news_subscriptions.change(who, every_days, with_code=with_code)
    except news_subscriptions.NoAddress:
        # Turned off in another tab a moment ago.
        return "off"
    return "changed"


def _failed_sign_ins() -> tuple[list[Failed], list[Failed]]:
    """Those of the last weeks under this coordinator's name, and under names that nobody has, the newest day first."""
    me = signed_in().coordinator_id
    since = clock.today() - timedelta(days=failed_sign_ins.KEPT_DAYS - 1)
    days = failed_sign_ins.since(since, me, failed_sign_ins.UNKNOWN)
    return [one for one in days if one.who == me], [one for one in days if one.who != me]


def _page(form: NewsForm, wish: Wish | None) -> str:
    mine, unknown = _failed_sign_ins()
    return render_template(
        "desk/me.html",
        form=form,
        wish=wish,
        failed=mine,
        failed_unknown=unknown,
        sessions=own_sessions.lines(),
        weeks=failed_sign_ins.KEPT_DAYS // 7,
        release=VERSION,
        problems=form.problems,
        done=flash_in({**FLASHES, **own_sessions.FLASHES}),
    )
