"""Every message key that the rules use, with the parameters each one carries.

Rules never contain sentences for readers: they name a message, and the ui words it in the reader's
language. Only keys that are listed here can be raised.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Validation errors of an answer. Shown beside the field and in the error summary.
ANSWER_MESSAGES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "answer-needed": (),  # the question is required and was left empty
        "answer-one-only": (),  # several values came for a field that takes one
        "choice-unknown": (),  # a value that is not on the list
        "choices-none-and-others": (),  # "none of these" ticked together with something else
        "date-no-day": (),  # month and year are there, or one of them
        "date-no-month": (),
        "date-no-year": (),
        "date-day": (),  # not a number from 1 to 31
        "date-month": (),  # not a number from 1 to 12, nor an English name
        "date-year": (),  # not four digits, or not within two centuries
        "date-not-in-month": ("max",),  # max: how many days that month has
        "email-not-an-address": (),  # not written like an e-mail address
        "email-not-in-ascii": (),  # letters before the @ that no server without SMTPUTF8 takes
        "email-one-only": (),  # more than one address
        "email-too-long": ("max",),  # max: characters allowed
        "number-not-whole": (),  # a fraction, a sign, words; of a question without bounds
        "number-range": ("min", "max"),  # no whole number between these bounds
        "other-and-another": (),  # words for "something else", and another choice ticked
        "phone-characters": (),  # something other than digits, spaces, + ( ) / - . and an extension
        "phone-length": ("min", "max"),  # min, max: how many digits a number may have
        "ranking-twice": ("number", "one", "other"),  # the number, and the places of two choices
        "text-too-long": ("max", "over"),  # max: letters allowed; over: how many too many
    }
)

#: Texts of a question that no form definition words: fixed answers, errors of a kind, instructions on paper.
LABEL_MESSAGES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "answer-yes": (),
        "answer-no": (),
        "answer-prefer-not-to-say": (),
        "age-18-24": (),
        "age-25-34": (),
        "age-35-44": (),
        "age-45-54": (),
        "age-55-64": (),
        "age-65-74": (),
        "age-75-up": (),
        "needed-yes-no": (),  # where an answer is required and missing
        "needed-choice": (),
        "needed-choices": (),
        "needed-date": (),
        "needed-number": (),
        "needed-ranking": (),
        "part-day": (),  # beside one input of an answer that has several
        "part-month": (),
        "part-year": (),
        "paper-tick-one": (),  # beside a question on paper: what to do with a pen
        "paper-tick-any": (),
        "paper-write": (),
        "paper-date": (),
        "paper-number": (),
        "paper-ranking": (),
    }
)

#: Warnings on "check your answers": the participant could not be reached, or other people might see the message.
CONTACT_MESSAGES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "contact-no-safe-way": (),  # wants contact, but ticked no way
        "contact-no-email": (),  # e-mail ticked, no address given
        "contact-no-phone": (),  # text or call ticked, no number given
        "contact-no-app": (),  # messages by app ticked, no number or name given
        "contact-email-shared": (),  # e-mail ticked, and other people see that inbox
        "contact-phone-shared": (),  # text or call ticked, and other people use that phone
        "contact-app-shared": (),  # messages by app ticked, and other people see them there
    }
)

#: The problems that block publishing. `where` is a page, question, part or consent key;
#: `time` a local time, like "2027-03-28 01:30".
PUBLISH_MESSAGES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "publish-answers-too-large": ("size", "max"),  # worst case of all answers, in bytes
        "publish-asks-nothing-before-sending": ("where",),  # only questions about equality
        "publish-asks-for": ("where", "topic", "words"),  # topic: see topics.TOPICS
        "publish-bounds-not-used": ("where",),  # of a kind that takes no number
        "publish-bounds-wrong": (
            "where",
        ),  # one of them is missing, or the first is not the smaller
        "publish-choice-kind-needs-choices": ("where",),
        "publish-choices-not-used": ("where",),
        "publish-condition-never-true": ("where", "choice"),
        "publish-condition-not-a-choice": ("where", "question"),
        "publish-condition-not-earlier": ("where", "question"),
        "publish-condition-unknown": ("where", "question"),
        "publish-consent-not-translated": ("where", "language"),
        "publish-consent-without-contact": ("where",),
        "publish-contact-choice-missing": ("where", "choice"),
        "publish-contact-choice-unknown": ("where", "choice"),  # a way or answer that no rule reads
        "publish-contact-kind": ("where", "kind"),
        "publish-contact-missing": ("where",),
        "publish-contact-required": ("where",),
        "publish-contact-unknown": ("where",),
        "publish-duplicate-choice": ("where", "choice"),
        "publish-duplicate-consent": ("where",),
        "publish-duplicate-page": ("where",),
        "publish-duplicate-question": ("where",),
        "publish-helper-consent": (
            "where",
        ),  # asks about a helper without a consent for it, or the other way round
        "publish-helper-page": (
            "where",
        ),  # a question about a helper on another page, or another one on that page
        "publish-kept-without-days": ("language", "days"),  # the words name another day, or none
        "publish-language-unknown": ("where", "language"),
        "publish-max-length": ("where", "max"),
        "publish-none-only-with-choices": ("where",),
        "publish-not-a-registration": ("where",),  # a page of a call in an event's form
        "publish-not-neutral": ("where", "words"),
        "publish-only-for-events": ("where",),  # a part or page that only an event's form has
        "publish-other-not-here": ("where",),  # other code reads these answers by their keys
        "publish-other-only-with-choices": ("where",),
        "publish-override-needs-reason": ("where",),
        "publish-page-too-large": ("where", "size", "max"),  # a form filled to its limits, in bytes
        "publish-page-asks-nothing": ("where",),  # a page of statements only
        "publish-part-in-wrong-section": ("where", "part", "section"),
        "publish-part-without-rules": ("where", "part"),
        "publish-registration-choice-missing": ("where", "choice"),
        "publish-registration-kind": ("where", "kind"),
        "publish-registration-may-skip": ("where",),  # must be required, and is not
        "publish-registration-asks-consent": (
            "where",
        ),  # no page would show it, and it would not be stored
        "publish-registration-missing": ("where",),
        "publish-registration-must-not-insist": ("where",),  # may not be required, and is
        "publish-registration-needs-stop": ("where",),  # asks the age, and has no stop for children
        "publish-registration-part": ("where", "part"),
        "publish-registration-unknown": ("where",),
        "publish-required-needs-reason": ("where",),
        "publish-reserved-key": ("where",),
        "publish-scale-points": ("where", "min", "max"),
        "publish-section-order": ("where",),
        "publish-statement-only-says": ("where",),  # a hint, choices, or a need to answer
        "publish-stop-not-on-page": ("where", "question"),
        "publish-time-across-clock-change": ("time",),  # the clocks change while it runs
        "publish-time-past": ("time",),
        "publish-booking-over": ("days",),
        "publish-time-skipped": ("time",),  # on that night the clocks jump over this hour
        "publish-time-twice": ("time",),  # on that night this hour comes twice
        "publish-title-too-long": ("where", "language", "max"),  # in letters
        "publish-version-other-kind": ("where",),  # its key was published with another kind or part
        "publish-version-other-use": ("where",),  # a consent that used contact details otherwise
    }
)


class NotAccepted(Exception):
    """A validation error: an answer that is not accepted, with the message that says why.

    It never contains the participant's input: exceptions end up in logs.
    """

    def __init__(self, message_key: str, **params: int) -> None:
        if tuple(sorted(params)) != tuple(sorted(ANSWER_MESSAGES[message_key])):
            raise TypeError(f"{message_key} takes {ANSWER_MESSAGES[message_key]}")
        super().__init__(message_key)
        self.message_key = message_key
        self.params = params
