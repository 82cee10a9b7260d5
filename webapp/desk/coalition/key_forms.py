"""The forms about roles and keys: a role to give, a role to take back, a person who leaves, new keys."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField, Field, HiddenField, RadioField, SelectField
from wtforms.validators import StopValidation

from webapp.desk.coalition.change_reasons import GIVING, MOVING, RENEWING, RESETTING
from webapp.desk.coalition.role_words import ROLES
from webapp.desk.shared.form_ids import id_in
from webapp.desk.shared.forms import chosen
from webapp.desk.shared.reason_form import Reasons, WithReason
from webapp.rules.invitations import FOR_A_CALL, FOR_AN_EVENT, as_text, from_text, misfits
from webapp.rules.roles import OF_ORGANISATION, WHOLE, Grant, Grants, Role
from webapp.services.keys.organisation_moves import Place

#: The value of the choice of all there are.
EVERYTHING = "everything"
#: The value of a list in which nothing is chosen yet.
NO_CHOICE = ""


class ReasonLast(WithReason):
    """A form at whose end the reason is asked."""

    @property
    def problems(self) -> list[tuple[str, str]]:
        """In the order of the page."""
        return sorted(super().problems, key=lambda one: one[0].startswith(("why", "words")))


class _OfSeen(ReasonLast):
    """A form of a page that shows a person's roles. `seen`: those that it showed, for optimistic locking."""

    seen = HiddenField()

    def show(self, now: Grants) -> None:
        """Note which roles the page shows."""
        self.seen.data = as_text(now)

    @property
    def seen_grants(self) -> Grants | None:
        """The roles that the page showed; None where the form does not say it rightly."""
        try:
            return from_text(self.seen.data or "")
        except (ValueError, TypeError, AttributeError):
            return None


class _AtHouse(_OfSeen):
    """The same of a page that shows a person's organisation, too (`house`)."""

    house = HiddenField()

    def show_at(self, organisation_id: UUID, now: Grants) -> None:
        """Note which organisation and roles the page shows."""
        self.show(now)
        self.house.data = organisation_id.hex

    @property
    def house_shown(self) -> UUID | None:
        """The organisation that the page showed."""
        return id_in(self.house.data)


class GiveRoleForm(_AtHouse):
    """A role, and for which call or event."""

    role = RadioField(
        lazy_gettext("Role"),
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose a role"))],
    )
    place = SelectField(
        lazy_gettext("For"),
        validate_choice=False,
        description=lazy_gettext(
            "Owner, auditor and panel are always for everything, and recipient for the organisation. "
            "Other roles can be for one call or one event."
        ),
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(GIVING, **options)

    def offer(self, calls: Mapping[UUID, str], events: Mapping[UUID, str]) -> "GiveRoleForm":
        """The form with its choices: calls and events by their titles."""
        self.calls = calls
        self.role.choices = [(role.value, words) for role, words in ROLES.items()]
        self.place.choices = _choices(gettext("All calls and events"), {**calls, **events})
        return self

    def validate_place(self, field: Field) -> None:
        """Everything, or one call or event that this role fits."""
        if field.data not in dict(field.choices):
            raise StopValidation(gettext("Choose what the role is for"))
        if self.role.data not in set(Role):
            return
        role, scope = Role(self.role.data), _scope(field)
        if scope is None or role in OF_ORGANISATION:
            return
        if role in WHOLE:
            raise StopValidation(
                gettext("This role is for the whole coalition. Choose “All calls and events”")
            )
        if misfits([role], within=FOR_A_CALL if scope in self.calls else FOR_AN_EVENT):
            raise StopValidation(
                gettext("This role does not go with an event")
                if scope not in self.calls
                else gettext("This role does not go with a call")
            )

    @property
    def grant(self) -> Grant:
        """The role that was chosen, after the form was validated. A recipient is one of the organisation shown."""
        role = Role(self.role.data)
        return Grant(role, self.house_shown if role in OF_ORGANISATION else _scope(self.place))


class LessForm(_OfSeen):
    """Taking a role back, or closing an account. `anyway`: although only the recovery sheets open it then."""

    anyway = BooleanField(
        lazy_gettext("Do it, although only the recovery sheets can open this then")
    )

    def __init__(self, reasons: Reasons, **options: Any) -> None:
        super().__init__(reasons, **options)


class MoveForm(_AtHouse):
    """A person moves to another organisation."""

    to = SelectField(lazy_gettext("Which organisation they move to"), validate_choice=False)

    def __init__(self, **options: Any) -> None:
        super().__init__(MOVING, **options)

    def offer(self, names: Mapping[UUID, str]) -> "MoveForm":
        """The form with the organisations that the person can move to."""
        self.to.choices = [(NO_CHOICE, gettext("Choose one")), *_by_hex(names)]
        return self

    def validate_to(self, field: Field) -> None:
        """One of the members, and another than now."""
        if field.data not in dict(field.choices) or field.data == NO_CHOICE:
            raise StopValidation(gettext("Choose an organisation"))

    @property
    def seen_place(self) -> Place | None:
        """Where the person was, as the page showed it; None where the form does not say it rightly."""
        house, grants = self.house_shown, self.seen_grants
        return None if house is None or grants is None else Place(house, grants)


class ResetForm(ReasonLast):
    """A link with which a person gets into their account again. `anyway` as in `LessForm`."""

    anyway = BooleanField(
        lazy_gettext("Make the link, although only the recovery sheets can open this then")
    )
    #: The same for the second press of the button as for the first.
    once = HiddenField()

    def __init__(self, **options: Any) -> None:
        super().__init__(RESETTING, **options)
        self.once.data = (id_in(self.once.data) or uuid4()).hex


class NewKeysForm(ReasonLast):
    """New keys for one call, event or member, or for all to which something may still be sealed."""

    what = SelectField(lazy_gettext("New keys for"), validate_choice=False)

    def __init__(self, **options: Any) -> None:
        super().__init__(RENEWING, **options)

    def offer(self, titles: Mapping[UUID, str]) -> "NewKeysForm":
        """The form with its choices."""
        self.what.choices = _choices(gettext("Everything"), titles)
        return self

    def validate_what(self, field: Field) -> None:
        """Everything, or one of them."""
        if field.data not in dict(field.choices):
            raise StopValidation(gettext("Choose what gets new keys"))

    @property
    def owner_id(self) -> UUID | None:
        """The call, event or member; None for all."""
        return _scope(self.what)


def _choices(everything: str, titles: Mapping[UUID, str]) -> list[tuple[str, str]]:
    return [(EVERYTHING, everything), *_by_hex(titles)]


def _by_hex(titles: Mapping[UUID, str]) -> list[tuple[str, str]]:
    return [(key.hex, title) for key, title in titles.items()]


def _scope(field: Field) -> UUID | None:
    return None if field.data == EVERYTHING else id_in(field.data)
