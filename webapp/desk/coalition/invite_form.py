"""The form that invites a person: a name, an organisation, and roles."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from flask_babel import gettext, lazy_gettext
from wtforms import Field, HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.validators import StopValidation

from webapp.desk.coalition.role_words import ROLES
from webapp.desk.shared.form_ids import id_in
from webapp.desk.shared.forms import DeskForm, is_personal, one_line
from webapp.rules.display_names import is_seen
from webapp.rules.invitations import FOR_A_CALL, FOR_AN_EVENT, misfits
from webapp.rules.roles import OF_ORGANISATION, WHOLE, Grant, Grants, Role

LONGEST_NAME = 60
#: The value of the choice that the roles are for all calls and events.
EVERYTHING = "everything"


class InviteForm(DeskForm):
    """Whom to invite. `places` says which ids are calls and which are events, by their titles."""

    name = StringField(
        lazy_gettext("Name"),
        filters=[one_line],
        description=lazy_gettext(
            "As colleagues know the person. It stands at the desk and in the record, on no public page."
        ),
    )
    organisation = SelectField(
        lazy_gettext("Organisation"),
        validate_choice=False,
        description=lazy_gettext(
            "Calls say that a team at the lead charity reads answers. Make a person of another member a coordinator or "
            "an analyst only if people were told so."
        ),
    )
    roles = SelectMultipleField(lazy_gettext("Roles"), validate_choice=False)
    place = SelectField(
        lazy_gettext("For"),
        validate_choice=False,
        description=lazy_gettext(
            "Owner, auditor and panel are always for everything, and recipient for the organisation. "
            "Other roles can be for one call or one event."
        ),
    )
    #: The same for the second press of the button as for the first.
    once = HiddenField()

    def offer(
        self,
        organisations: Mapping[UUID, str],
        calls: Mapping[UUID, str],
        events: Mapping[UUID, str],
    ) -> "InviteForm":
        """The form with its choices."""
        self.calls, self.events = calls, events
        self.organisation.choices = [(key.hex, name) for key, name in organisations.items()]
        self.roles.choices = [(role.value, words) for role, words in ROLES.items()]
        titles = {**calls, **events}
        self.place.choices = [
            (EVERYTHING, gettext("All calls and events, now and later")),
            *((key.hex, title) for key, title in titles.items()),
        ]
        self.once.data = (id_in(self.once.data) or uuid4()).hex
        return self

    def validate_name(self, field: Field) -> None:
        """A name, and no way to reach a person."""
        if not field.data:
            raise StopValidation(gettext("Enter the person’s name"))
        if len(field.data) > LONGEST_NAME:
            raise StopValidation(gettext("Use at most %(num)s letters", num=LONGEST_NAME))
        if not is_seen(field.data):
            raise StopValidation(gettext("Enter a name in letters that everyone can see"))
        if is_personal(field.data):
            raise StopValidation(gettext("Enter a name, not an e-mail address or phone number"))

    def validate_organisation(self, field: Field) -> None:
        """One of the members."""
        if field.data not in dict(field.choices):
            raise StopValidation(gettext("Choose the organisation that the person works for"))

    def validate_roles(self, field: Field) -> None:
        """At least one, and each of them fits what it is for."""
        if not field.data or not set(field.data) <= set(Role):
            raise StopValidation(gettext("Choose at least one role"))
        asked = [role for role in map(Role, field.data) if role not in OF_ORGANISATION]
        if wrong := misfits(asked, within=self._fitting):
            raise StopValidation(
                gettext(
                    "Choose “All calls and events”, or leave out: %(roles)s",
                    roles=", ".join(str(ROLES[role]) for role in wrong),
                )
                if set(wrong) & WHOLE
                else gettext(
                    "These roles do not go with that call or event: %(roles)s",
                    roles=", ".join(str(ROLES[role]) for role in wrong),
                )
            )

    def validate_place(self, field: Field) -> None:
        """Everything, or one call or event."""
        if field.data not in dict(field.choices):
            raise StopValidation(gettext("Choose what the roles are for"))

    @property
    def _fitting(self) -> frozenset[Role]:
        if (scope := self._scope) is None:
            return frozenset(Role)
        return FOR_A_CALL if scope in self.calls else FOR_AN_EVENT

    @property
    def _scope(self) -> UUID | None:
        return None if self.place.data == EVERYTHING else id_in(self.place.data)

    @property
    def grants(self) -> Grants:
        """The roles that were chosen, after the form was validated."""
        return Grants.of(Grant(role, self._scope_of(role)) for role in map(Role, self.roles.data))

    def _scope_of(self, role: Role) -> UUID | None:
        return id_in(self.organisation.data) if role in OF_ORGANISATION else self._scope
