"""The questions of a registration form, under keys that the rest of the service knows.

Identity, access needs and display name are sealed in separate parts: coordinators who arrange chairs
and captions need not know for whom. A form may ask only these questions, so an event cannot bypass
the rules for calls.
"""

import unicodedata
from collections.abc import Mapping
from typing import Final

from webapp.rules.forms.kinds import Answers, KindName
from webapp.rules.forms.questions import PartName

NAME: Final = "registrant_name"
ORGANISATION: Final = "organisation"
EMAIL: Final = "registrant_email"
#: Asked at events for adults only: children get a stop page with kind words.
ADULT: Final = "adult"
#: Whether the registrant's name and organisation may be listed for other participants, at events for professionals.
ON_LIST: Final = "on_the_list"
DISPLAY_NAME: Final = "display_name"
ACCESS_NEEDS: Final = "access_needs"
INTERPRETER_LANGUAGE: Final = "interpreter_language"
SUPPORT_PERSON: Final = "support_person"
#: What is asked where people come to a building.
FOOD: Final = "food"
TRAVEL_HELP: Final = "travel_help"
NEEDS_NOTES: Final = "needs_notes"

#: A choice of ACCESS_NEEDS that makes sense in a call alone.
PHONE_IN: Final = "phone_in"
#: The "none of these" that ACCESS_NEEDS must offer.
NO_NEEDS: Final = "none"

#: Every question of a registration, and the kind it must have.
KINDS_OF: Final[Mapping[str, KindName]] = {
    ADULT: "yes_no",
    NAME: "text",
    ORGANISATION: "text",
    ON_LIST: "yes_no",
    EMAIL: "email",
    DISPLAY_NAME: "text",
    ACCESS_NEEDS: "choices",
    INTERPRETER_LANGUAGE: "text",
    SUPPORT_PERSON: "yes_no",
    FOOD: "text",
    TRAVEL_HELP: "yes_no",
    NEEDS_NOTES: "text",
}

#: The part that each question is sealed in.
PART_OF: Final[Mapping[str, PartName]] = {
    ADULT: "registrant",
    NAME: "registrant",
    ORGANISATION: "registrant",
    ON_LIST: "registrant",
    EMAIL: "registrant",
    DISPLAY_NAME: "room",
    ACCESS_NEEDS: "needs",
    INTERPRETER_LANGUAGE: "needs",
    SUPPORT_PERSON: "needs",
    FOOD: "needs",
    TRAVEL_HELP: "needs",
    NEEDS_NOTES: "needs",
}

#: Mandatory questions: without them, people with access needs could not come.
ALWAYS_ASKED: Final = (EMAIL, DISPLAY_NAME, ACCESS_NEEDS, INTERPRETER_LANGUAGE, SUPPORT_PERSON)
#: Questions that must be required wherever they are asked; no other may be. An event may make EMAIL optional.
ALWAYS_ANSWERED: Final = (EMAIL, ADULT)


def address_of(answers: Answers) -> str | None:
    """The e-mail address for this registration's mails; None when none was given."""
    address = answers.get(EMAIL)
    return address if isinstance(address, str) else None


def agrees_to_be_listed(answers: Answers) -> bool:
    """Whether the registrant consented to be listed; an unanswered question counts as no."""
    return answers.get(ON_LIST) == "yes"


def same_mailbox(address: str) -> str:
    """Normalise an address for comparison, ignoring case, which hardly any mail server treats as significant."""
    return address.strip().lower()


def limited_mailbox(address: str) -> str:
    """The key under which mails to an address are limited: without a tag and the domain's last dot, ignoring case.

    Stricter than `same_mailbox`: many mail servers deliver all tags to one mailbox, so a stranger could fill it with as
    many mails as there are tags.
    """
    name, _, domain = unicodedata.normalize("NFKC", same_mailbox(address)).rpartition("@")
    return f"{name.partition('+')[0] or name}@{domain.rstrip('.')}"


def display_name_of(answers: Answers) -> str:
    """The display name for the meeting; empty when none was given."""
    return words_of(answers, DISPLAY_NAME)


def words_of(answers: Answers, key: str) -> str:
    """The text that a registrant wrote under a key; empty when left out."""
    words = answers.get(key, "")
    return words if isinstance(words, str) else ""
