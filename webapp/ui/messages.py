"""What the rules mean, in words. A rule raises a message key; here it becomes a sentence in the reader's language.

The sentences never blame. They say what to do, not what somebody did wrong.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

#: Every key that may reach a participant. A test holds this against `rules.messages`.
WORDS: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "answer-needed": lazy_gettext("We need an answer here to go on"),
        "answer-one-only": lazy_gettext("Choose one answer"),
        "choice-unknown": lazy_gettext("Choose from the list"),
        "choices-none-and-others": lazy_gettext(
            "Choose either the last answer, or any of the others"
        ),
        "date-no-day": lazy_gettext("Please add the day, like 7"),
        "date-no-month": lazy_gettext("Please add the month, like 3 or March"),
        "date-no-year": lazy_gettext("Please add the year, like 2026"),
        "date-day": lazy_gettext("Write the day as a number from 1 to 31"),
        "date-month": lazy_gettext(
            "Write the month as a number from 1 to 12, or as a word like March"
        ),
        "date-year": lazy_gettext("Write the year with four digits, like 2026"),
        "date-not-in-month": lazy_gettext("That month has %(max)s days. Please look at the day"),
        "email-not-an-address": lazy_gettext(
            "Write an e-mail address like name@example.org, or leave this empty"
        ),
        "email-too-long": lazy_gettext("Write an e-mail address with at most %(max)s letters"),
        "phone-characters": lazy_gettext(
            "Write a phone number with digits, like 07700 900123, or leave this empty"
        ),
        "phone-length": lazy_gettext(
            "Write a phone number with %(min)s to %(max)s digits, or leave this empty"
        ),
        "text-too-long": lazy_gettext(
            "Please make this %(over)s letters shorter. There is room for %(max)s. Nothing you wrote is lost"
        ),
        "code-length": lazy_gettext(
            "A code has 20 letters and numbers. Please look at yours again"
        ),
        "code-characters": lazy_gettext(
            "A code has only letters and numbers, and never a U. Please look at yours again"
        ),
        "code-check": lazy_gettext(
            "One letter or number seems different. Please look at your code again"
        ),
        "code-part": lazy_gettext(
            "Part %(part)s is not the same as in your code. Please look at it again"
        ),
        "code-right": lazy_gettext("That is right. You have your code."),
        "code-nothing-held": lazy_gettext(
            "Nothing is kept under this code. It may have been erased, or it may be another code"
        ),
        "code-no-room": lazy_gettext(
            "Other answers that were not sent are open here, and there is no room for both. "
            "Send those first, or give your code on another device. Nothing is lost"
        ),
        "waited-too-long": lazy_gettext(
            "More than 2 hours went by, so we erased what you had answered before. That keeps it safe. "
            "What you wrote last is still here. You can go through the pages again."
        ),
        "away-too-long": lazy_gettext(
            "You were away for more than 2 hours, so this page had closed. What you had not sent is erased. "
            "If you sent answers before, your code still works."
        ),
        "not-taken-yet": lazy_gettext(
            "We could not take this page the first time. What you wrote is still here. "
            "Please press the button once more."
        ),
        "lock-is-wrong": lazy_gettext(
            "Something is wrong with the lock that keeps answers safe. So we take none until we have put it right. "
            "It is not because of anything you did. What you wrote is still here."
        ),
        "hidden-box": lazy_gettext(
            "Nothing is sent yet. Your browser may have filled in something by itself. Please press Send once more."
        ),
        "very-fast": lazy_gettext(
            "That was very fast. If this is what you want, please press Send once more."
        ),
        "waited-with-booking": lazy_gettext(
            "More than 2 hours went by, so this page had closed. What you wrote is still here. "
            "Nothing is booked yet. Please press the button once more."
        ),
        "hidden-box-booking": lazy_gettext(
            "Nothing is booked yet. Your browser may have filled in something by itself. "
            "Please press the button once more."
        ),
        "very-fast-booking": lazy_gettext(
            "That was very fast. If this is what you want, please press the button once more."
        ),
        "room-code-length": lazy_gettext(
            "This code has 8 letters and numbers. Please look at yours again"
        ),
        "room-code-wrong": lazy_gettext(
            "This is not the code for this page. Please look at it again"
        ),
        "too-much-to-wait": lazy_gettext(
            "This is more than we can keep under a code. Nothing is lost. You can make it shorter, or send it now."
        ),
        "needs-changed": lazy_gettext("Done. We know now what you need."),
        "consent-given": lazy_gettext("Done. You said yes to that."),
        "consent-taken-back": lazy_gettext(
            "Done. You took that back. We will not do it from now on. What we did before, we cannot undo."
        ),
        "changes-saved": lazy_gettext(
            "Saved. We keep what you say now, and what you said before is gone."
        ),
        "changes-going-on": lazy_gettext(
            "Saved. We keep what you say now. What you said before is being erased. That goes on by itself."
        ),
        "changes-stopped": lazy_gettext(
            "With that answer, this is not for you, so we changed nothing. "
            "What you told us before is still here. You can erase it now, or keep it."
        ),
        "changed-meanwhile": lazy_gettext(
            "Something was changed in another place while you were here. "
            "If you save now, we keep what you see on this page."
        ),
        "expired-changes": lazy_gettext(
            "More than 2 hours went by, so we closed your choices. That keeps them safe. What you told us before "
            "is as it was. What you wrote last waits here: give your code, then press Change to go on."
        ),
        "late-changes": lazy_gettext(
            "Your choices are closed. What you told us before is as it was. "
            "What you wrote last waits here: give your code, then press Change to go on."
        ),
        "way-first": lazy_gettext(
            "To say yes to that, please tell us first how we can reach you safely."
        ),
        "way-email": lazy_gettext("by e-mail"),
        "way-text": lazy_gettext("by text message"),
        "way-call": lazy_gettext("by phone call"),
        "way-helper": lazy_gettext("through the person who helped you"),
        "answer-yes": lazy_gettext("Yes"),
        "answer-no": lazy_gettext("No"),
        "answer-prefer-not-to-say": lazy_gettext("I prefer not to say"),
        "age-18-24": lazy_gettext("18 to 24"),
        "age-25-34": lazy_gettext("25 to 34"),
        "age-35-44": lazy_gettext("35 to 44"),
        "age-45-54": lazy_gettext("45 to 54"),
        "age-55-64": lazy_gettext("55 to 64"),
        "age-65-74": lazy_gettext("65 to 74"),
        "age-75-up": lazy_gettext("75 or over"),
        "paper-tick-one": lazy_gettext("Tick one box."),
        "paper-tick-any": lazy_gettext("Tick all that fit."),
        "paper-write": lazy_gettext("Write here."),
        "paper-date": lazy_gettext("Write the day, the month and the year."),
        "contact-no-safe-way": lazy_gettext(
            "You said that we may contact you, but not which way is safe. We will not contact you unless you add one."
        ),
        "contact-no-email": lazy_gettext(
            "You said that e-mail is safe, but there is no address. We cannot write to you."
        ),
        "contact-no-phone": lazy_gettext(
            "You said that phone is safe, but there is no number. We cannot reach you that way."
        ),
        "contact-email-shared": lazy_gettext(
            "You said that somebody else can see this inbox. Do you still want us to use it?"
        ),
        "contact-phone-shared": lazy_gettext(
            "You said that somebody else uses or checks this phone. Do you still want us to use it?"
        ),
    }
)


#: Where an answer is needed, nobody may be told to leave it empty.
WORDS_WHERE_NEEDED: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "email-not-an-address": lazy_gettext("Write an e-mail address like name@example.org"),
        "phone-characters": lazy_gettext("Write a phone number with digits, like 07700 900123"),
        "phone-length": lazy_gettext("Write a phone number with %(min)s to %(max)s digits"),
    }
)


#: What the settings propose to say about help lines. A translation of a name says what it is and keeps the name: it is
#: what they say when somebody rings.
HELP: Final = (
    lazy_gettext("Modern Slavery Helpline"),
    lazy_gettext("Samaritans (someone to listen)"),
    lazy_gettext("Free, in many languages"),
    lazy_gettext("Free, day and night, about anything"),
    lazy_gettext("In danger now (police, ambulance, fire)"),
    lazy_gettext("They ask where you are"),
)


def words_for(key: str, *, needed: bool = False, **params: Any) -> str:
    """The sentence for a message key, in the language of this request. Raises KeyError for a key nobody worded.

    `needed`: the question must be answered.
    """
    sentence = str((needed and WORDS_WHERE_NEEDED.get(key)) or WORDS[key])
    return sentence % params if params else sentence
