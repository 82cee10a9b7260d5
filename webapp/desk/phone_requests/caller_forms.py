"""The forms for a data-subject request by phone: search, identity verification, and the reason for each act."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from flask_babel import LazyString, gettext, lazy_gettext
from wtforms import Field, RadioField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from webapp.desk.shared.forms import DeskForm, chosen, one_line
from webapp.desk.shared.reason_form import ANOTHER, Reasons, WithReason
from webapp.rules.contact.caller_matching import (
    FEWEST_DIGITS,
    SHORTEST_WORD,
    Clues,
    digits,
    plain_words,
)

#: More than a caller says of themselves on the phone.
LONGEST_CLUE: Final = 200
UNSURE: Final = "unsure"
ALL_CALLS: Final = ""

ASKED: Final[Reasons] = (
    ("phone", lazy_gettext("They asked us by phone")),
    ("person", lazy_gettext("They asked us in person")),
    ("letter", lazy_gettext("They wrote to us")),
    ANOTHER,
)
LOOKING: Final[Reasons] = (("caller", lazy_gettext("They are on the phone now")), *ASKED[1:])

#: How the caller was verified; and the few words that go into the audit log before the reason.
SURE: Final[Mapping[str, tuple[LazyString, str]]] = MappingProxyType(
    {
        "rang-back": (lazy_gettext("I rang back on the number that we hold"), "Rang back"),
        "named": (lazy_gettext("They named two things that we hold"), "Named two things"),
        "in-person": (lazy_gettext("They are here in person"), "In person"),
        UNSURE: (lazy_gettext("I cannot be sure"), "Not sure who it was"),
    }
)


def why_last(problems: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Problems in the order of a page that asks what before it asks why."""
    return sorted(problems, key=lambda problem: problem[0] in ("why-0", "words"))


#: The reason that verification already implies, chosen beforehand: one question less during a phone call.
IMPLIED: Final[Mapping[str, str]] = MappingProxyType(
    {SURE["rang-back"][1]: "phone", SURE["in-person"][1]: "person"}
)


class CallerForm(DeskForm):
    """What a caller says of themselves. One thing is enough; nothing of it is stored."""

    call = RadioField(
        lazy_gettext("Which call did they answer?"), validate_choice=False, default=ALL_CALLS
    )
    name = StringField(lazy_gettext("Name that they gave"), filters=[one_line])
    phone = StringField(
        lazy_gettext("Phone number"),
        filters=[one_line],
        description=lazy_gettext("All of it, or at least the last four digits."),
    )
    email = StringField(lazy_gettext("E-mail address"), filters=[one_line])
    reference = StringField(
        lazy_gettext("Reference"),
        filters=[one_line],
        description=lazy_gettext("From a list that you have, like K7Q-M2X-HB4."),
    )
    answered = StringField(
        lazy_gettext("Words from their answers"),
        filters=[one_line],
        description=lazy_gettext(
            "This opens everyone’s answers to look for the words. Use it only if nothing else finds them."
        ),
    )

    @property
    def clues(self) -> Clues:
        """What to look for."""
        return Clues(
            self.name.data,
            self.phone.data,
            self.email.data,
            self.answered.data,
            self.reference.data,
        )

    def validate_name(self, field: Field) -> None:
        """At least one clue, and none too long."""
        fields = (self.name, self.phone, self.email, self.reference, self.answered)
        if not any(one.data for one in fields):
            raise StopValidation(gettext("Enter at least one thing that they told you"))
        if any(len(one.data) > LONGEST_CLUE for one in fields):
            raise StopValidation(gettext("Enter only a few words in each box"))

    def validate_phone(self, field: Field) -> None:
        """Enough of a number to find one person by it."""
        if field.data and len(digits(field.data)) < FEWEST_DIGITS:
            raise StopValidation(gettext("Enter at least the last four digits of the number"))

    def validate_answered(self, field: Field) -> None:
        """Words long enough to mean something."""
        if field.data and not any(len(one) >= SHORTEST_WORD for one in plain_words(field.data)):
            raise StopValidation(gettext("Enter a word with at least three letters"))


class SearchForm(CallerForm, WithReason):
    """What a caller says of themselves, and the reason for the search."""

    @property
    def problems(self) -> list[tuple[str, str]]:
        """In the order of the page: why comes last."""
        return why_last(super().problems)

    def __init__(self, calls: Reasons) -> None:
        super().__init__(LOOKING)
        self.call.choices = [(ALL_CALLS, gettext("I do not know: look in all")), *calls]


class SureForm(DeskForm):
    """Identity verification, before any act."""

    sure = RadioField(
        lazy_gettext("How do you know that it is them?"),
        choices=[SelectChoice(key, words) for key, (words, _) in SURE.items()],
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose how you know that it is them"))],
    )


class ActForm(WithReason):
    """The reason for an act. `known` is how the caller was verified, as the audit log has it."""

    def __init__(self, known: str, **options: Any) -> None:
        super().__init__(ASKED, **options)
        self.known = known
        # Chosen beforehand on the page alone: what is sent without a reason is still refused.
        if not self.is_submitted():
            self.why.data = IMPLIED.get(known)

    @property
    def reason(self) -> str:
        """How the caller was verified, then the reason."""
        return f"{self.known}. {super().reason}"


class TakeBackForm(ActForm):
    """Which consents the caller withdraws."""

    purposes = SelectMultipleField(
        lazy_gettext("Which permissions do they take back?"),
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    @property
    def problems(self) -> list[tuple[str, str]]:
        """In the order of the page: why comes last. An error link leads to the first box."""
        return [
            (f"{where}-0" if where == self.purposes.id else where, words)
            for where, words in why_last(super().problems)
        ]

    def validate_purposes(self, field: Field) -> None:
        """At least one of those that stand."""
        if not set(field.data or ()) & {value for value, *_ in field.choices}:
            raise StopValidation(gettext("Tick at least one permission"))
