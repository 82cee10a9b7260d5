"""What a registration form asks, under keys that the rest of the service knows.

Who somebody is, what they need, and what the room may call them are sealed apart: whoever puts
chairs and captions in place need not know for whom. A form asks nothing but these questions; an
event is no way around the rules for calls.
"""

from collections.abc import Mapping
from typing import Final

from webapp.rules.forms.kinds import Answers, KindName
from webapp.rules.forms.questions import PartName

NAME: Final = "registrant_name"
ORGANISATION: Final = "organisation"
EMAIL: Final = "registrant_email"
#: Asked where an event is for adults only: the page stops with kind words for children.
ADULT: Final = "adult"
#: Whether name and organisation may stand on the list that people at an event for professionals get.
ON_LIST: Final = "on_the_list"
DISPLAY_NAME: Final = "display_name"
ACCESS_NEEDS: Final = "access_needs"
INTERPRETER_LANGUAGE: Final = "interpreter_language"
SUPPORT_PERSON: Final = "support_person"
NEEDS_NOTES: Final = "needs_notes"

#: The "none of these" that ACCESS_NEEDS must offer: nobody has to need something.
NO_NEEDS: Final = "none"

#: Every question of a registration, and the kind it must be of.
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
    NEEDS_NOTES: "text",
}

#: The part that each of them is sealed in.
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
    NEEDS_NOTES: "needs",
}

#: Asked at every event: without them, people who need something could not come.
ALWAYS_ASKED: Final = (EMAIL, DISPLAY_NAME, ACCESS_NEEDS, INTERPRETER_LANGUAGE, SUPPORT_PERSON)
#: What must be answered wherever it is asked. Nothing else may be. Where an event says so, EMAIL need not.
ALWAYS_ANSWERED: Final = (EMAIL, ADULT)


def address_of(answers: Answers) -> str | None:
    """The address that this registration's mails go to; None when none was given."""
    address = answers.get(EMAIL)
    return address if isinstance(address, str) else None


def agrees_to_be_listed(answers: Answers) -> bool:
    """Whether they said yes to it themselves; a question that was left out is a no."""
    return answers.get(ON_LIST) == "yes"


def same_mailbox(address: str) -> str:
    """An address as two are compared. Letters count alike: a mail server may tell them apart, hardly any does."""
    return address.strip().lower()


def display_name_of(answers: Answers) -> str:
    """What the room may call this person; empty when they did not say."""
    return words_of(answers, DISPLAY_NAME)


def words_of(answers: Answers, key: str) -> str:
    """What someone wrote under a key; empty when they left it out."""
    words = answers.get(key, "")
    return words if isinstance(words, str) else ""
