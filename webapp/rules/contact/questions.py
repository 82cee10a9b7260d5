"""The questions about contact: their keys, kinds and choices, the same in every form.

`rules.publishing.form_checks` checks that a form that asks for contact has them; `safe_channels` reads their answers.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from webapp.rules.forms.kinds import KindName
from webapp.rules.forms.kinds.yes_no import NO, YES
from webapp.rules.forms.questions import Question

CONTACT_WANTED: Final = "contact_wanted"
NAME_TO_USE: Final = "name_to_use"
SAFE_WAYS: Final = "safe_ways"
EMAIL: Final = "email"
EMAIL_SHARED: Final = "email_shared"
EMAIL_SAY_WHO: Final = "email_say_who"
PHONE: Final = "phone"
PHONE_SHARED: Final = "phone_shared"
VOICEMAIL: Final = "voicemail"
PHONE_SAY_WHO: Final = "phone_say_who"
#: Messages by app: which app, the number or name in it, and how safe that is.
APP: Final = "app"
APP_NAME: Final = "app_name"
APP_SHARED: Final = "app_shared"
APP_SAY_WHO: Final = "app_say_who"
CONTACT_TIMES: Final = "contact_times"
CONTACT_NOTES: Final = "contact_notes"

HELPER_NAME: Final = "helper_name"
HELPER_EMAIL: Final = "helper_email"
HELPER_PHONE: Final = "helper_phone"
#: The consent to contact through a helper. Without it none happens, even where a helper's details were given.
THROUGH_HELPER: Final = "through_helper"

#: Questions about a helper, and their kinds. They may only stand on a page for participants who are helped.
HELPER_KINDS: Final[Mapping[str, KindName]] = {
    HELPER_NAME: "text",
    HELPER_EMAIL: "email",
    HELPER_PHONE: "phone",
}

#: Questions about messages by app, and their kinds. A form that offers this channel must ask all of them.
APP_KINDS: Final[Mapping[str, KindName]] = {
    APP: "choice",
    APP_NAME: "text",
    APP_SHARED: "choice",
    APP_SAY_WHO: "yes_no",
}

#: Every question about contact, and the kind it must have.
KINDS_OF: Final[Mapping[str, KindName]] = {
    CONTACT_WANTED: "yes_no",
    NAME_TO_USE: "text",
    SAFE_WAYS: "choices",
    EMAIL: "email",
    EMAIL_SHARED: "choice",
    EMAIL_SAY_WHO: "yes_no",
    PHONE: "phone",
    PHONE_SHARED: "choice",
    VOICEMAIL: "yes_no",
    PHONE_SAY_WHO: "yes_no",
    CONTACT_TIMES: "choices",
    CONTACT_NOTES: "text",
}

#: The choices of SAFE_WAYS, and its "none of these, I will come back with my code".
BY_EMAIL: Final = "email"
BY_TEXT: Final = "text"
BY_CALL: Final = "call"
BY_APP: Final = "app"
NO_WAY: Final = "none"
UNSURE: Final = "unsure"

#: Choices that a form must offer, because the rules read them. (NO_WAY must also be offered as
#: the question's "none" choice.)
CHOICES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    SAFE_WAYS: (BY_EMAIL, BY_TEXT, BY_CALL),
    EMAIL_SHARED: (NO, YES, UNSURE),
    PHONE_SHARED: (NO, YES, UNSURE),
    APP_SHARED: (NO, YES, UNSURE),
}
#: Choices that the rules read and that a form may leave out. No others may be offered: no rule would read them, so a
#: channel that a participant called safe would silently be dropped.
MAY_BE_OFFERED: Final[Mapping[str, tuple[str, ...]]] = {SAFE_WAYS: (BY_APP,)}
#: The "none of these" that such a question may have.
NONE_OF: Final[Mapping[str, str]] = {SAFE_WAYS: NO_WAY}


def about_helper(question: Question) -> bool:
    """Whether a question is about the helper."""
    return question.key in HELPER_KINDS


def tells_of_helper(answered: Iterable[str]) -> bool:
    """Whether a question about the helper is among the answered ones, given by their keys."""
    return not HELPER_KINDS.keys().isdisjoint(answered)
