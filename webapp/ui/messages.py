"""Message keys in words: a rule raises a key, and here it becomes a sentence in the reader's language.

The sentences never blame. They say what to do, not what the reader did wrong. A validation error also names its
question (`naming`), so that the error summary is understood without the field.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString
from markupsafe import Markup, escape

from webapp.ui.input_labels import INPUT_LABELS
from webapp.ui.plurals import COUNTED

#: Every message key that can reach a participant. A test compares this with `rules.messages`.
WORDS: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "answer-needed": lazy_gettext("Fill this in"),
        "needed-yes-no": lazy_gettext("Choose Yes or No"),
        "needed-choice": lazy_gettext("Choose an answer"),
        "needed-choices": lazy_gettext("Choose one answer or more"),
        "needed-date": lazy_gettext("Write the day, the month and the year"),
        "needed-ranking": lazy_gettext("Choose a number for one answer or more"),
        "ranking-twice": lazy_gettext(
            "You chose %(number)s for “%(one)s” and for “%(other)s”. Choose another number for one of them"
        ),
        "needed-number": lazy_gettext("Write a whole number, like 3"),
        "answer-one-only": lazy_gettext("Choose one answer"),
        "choice-unknown": lazy_gettext("Choose from the list"),
        "choices-none-and-others": lazy_gettext(
            "Choose “%(none)s”, or any of the others, but not both"
        ),
        "other-and-another": lazy_gettext(
            "Choose “%(other)s” to keep what you wrote, or clear what you wrote to keep the other answer"
        ),
        "date-no-day": lazy_gettext("Add the day, like 7"),
        "date-no-month": lazy_gettext("Add the month, like 3 or March"),
        "date-no-year": lazy_gettext("Add the year, like 2026"),
        "date-day": lazy_gettext("Write the day as a number from 1 to 31"),
        "date-month": lazy_gettext(
            "Write the month as a number from 1 to 12, or as a word like March"
        ),
        "date-year": lazy_gettext("Write the year with four digits, like 2026"),
        "email-not-an-address": lazy_gettext(
            "Write an e-mail address like name@example.org, or leave this empty"
        ),
        "email-not-in-ascii": lazy_gettext(
            "We cannot send e-mail to this address, because of the letters before the @. "
            "Use an address with only the letters a to z there"
        ),
        "email-one-only": lazy_gettext("Enter one e-mail address only"),
        "number-not-whole": lazy_gettext("Write a whole number, like 3, or leave this empty"),
        "phone-characters": lazy_gettext(
            "Write a phone number with digits, like 07700 900123, or leave this empty"
        ),
        "code-length": lazy_gettext("A code has 24 letters and numbers. Please check yours again"),
        "code-characters": lazy_gettext(
            "A code has only letters and numbers, and never a U. Please check yours again"
        ),
        "code-check": lazy_gettext(
            "One letter or number seems to be wrong. Please check your code again"
        ),
        "code-part": lazy_gettext(
            "Part %(part)s is not the same as in your code. Please check it again"
        ),
        "code-right": lazy_gettext("That is right. You have your code."),
        "code-nothing-held": lazy_gettext(
            "We hold nothing under this code. It may have been deleted, or this may be a different code"
        ),
        "code-no-room": lazy_gettext(
            "You have other answers open here that you have not sent, and there is no room for both. "
            "Send those first, or enter your code on another device. Nothing is lost"
        ),
        "waited-too-long": lazy_gettext(
            "More than 2 hours went by, so we deleted what you answered before. That keeps it safe. "
            "What you wrote last is still here. You can go through the pages again."
        ),
        "start-page-changed": lazy_gettext(
            "This page has changed since you opened it. Please read it again before you begin."
        ),
        "away-too-long": lazy_gettext(
            "You were away for more than 2 hours, so this page closed. We deleted what you had not sent. "
            "If you sent answers before, your code still works."
        ),
        "not-taken-yet": lazy_gettext(
            "We could not take this page the first time. What you wrote is still here. "
            "Please press the button once more."
        ),
        "lock-is-wrong": lazy_gettext(
            "Something is wrong with the lock that keeps answers safe. So we take no answers until we have fixed it. "
            "You did nothing wrong. What you wrote is still here."
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
            "This code has 8 letters and numbers. Please check yours again"
        ),
        "room-code-wrong": lazy_gettext(
            "This is not the code for this page. Please check it again"
        ),
        "too-much-to-wait": lazy_gettext(
            "This is more than we can keep under a code. Nothing is lost. You can make it shorter, or send it now."
        ),
        "page-emptied": lazy_gettext("We deleted your answers on this page."),
        "page-emptied-held": lazy_gettext(
            "This page is empty now. What you sent before stays until you press “Save my changes”."
        ),
        "page-emptied-waiting": lazy_gettext(
            "This page is empty now. What waits under your code stays until you stop for now again, or send."
        ),
        "needs-changed": lazy_gettext("Saved. Thank you for telling us what you need."),
        "off-the-list": lazy_gettext("Your name is not on the list of people any more."),
        "address-changed": lazy_gettext(
            "Saved. We e-mail you a new link to your booking. "
            "The old link has stopped working, because it may be in someone else’s inbox."
        ),
        "address-gone": lazy_gettext(
            "Saved. We do not have your e-mail address any more. "
            "The old link has stopped working. Write down the new code that you see on this page."
        ),
        "address-too-late": lazy_gettext(
            "We did not change your e-mail address. Your booking has changed in the meantime."
        ),
        "consent-given": lazy_gettext("Saved. You gave us permission for that."),
        "consent-taken-back": lazy_gettext(
            "Saved. You took back your permission, so we will not do that from now on. "
            "We cannot undo what we did before."
        ),
        "changes-saved": lazy_gettext(
            "Saved. We keep your new answers, and the old ones are gone."
        ),
        "changes-going-on": lazy_gettext(
            "Saved. We keep your new answers. The old ones are being deleted, and that happens by itself."
        ),
        "changes-stopped": lazy_gettext(
            "With that answer, this is not for you, so we changed nothing. "
            "What you told us before is still here. You can delete it now, or keep it."
        ),
        "changed-meanwhile": lazy_gettext(
            "Your answers were changed on another page or device while you were here. "
            "If you save now, we keep what you see on this page."
        ),
        "expired-changes": lazy_gettext(
            "You were away for more than 2 hours, so we closed your choices to keep them safe. "
            "What you told us before has not changed. "
            "What you wrote last is still here: enter your code, then press Change to go on."
        ),
        "late-changes": lazy_gettext(
            "Your choices are closed. What you told us before has not changed. "
            "What you wrote last is still here: enter your code, then press Change to go on."
        ),
        "contact-again": lazy_gettext(
            "Thank you. We can contact you again now, in the way you said is safe."
        ),
        "permission-first": lazy_gettext(
            "You told us how to reach you, but you gave us no permission to use it. "
            "So we will not contact you. You can give permission later, with your code."
        ),
        "way-first": lazy_gettext(
            "Before you can allow that, please tell us how we can reach you safely."
        ),
        "way-email": lazy_gettext("by e-mail"),
        "way-text": lazy_gettext("by text message"),
        "way-call": lazy_gettext("by phone call"),
        "way-app": lazy_gettext("by messages in an app"),
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
        **INPUT_LABELS,
        "paper-tick-one": lazy_gettext("Tick one box."),
        "paper-tick-any": lazy_gettext("Tick all that fit."),
        "paper-write": lazy_gettext("Write here."),
        "paper-date": lazy_gettext("Write the day, the month and the year."),
        "paper-ranking": lazy_gettext(
            "Write 1 beside what comes first for you, then 2, and so on. You can leave some out."
        ),
        "paper-number": lazy_gettext("Write a whole number."),
        "contact-no-safe-way": lazy_gettext(
            "You want to hear from us, but you chose no way that is safe. We cannot contact you unless you add one."
        ),
        "contact-no-email": lazy_gettext(
            "You said that e-mail is safe, but you gave no address. So we cannot write to you."
        ),
        "contact-no-phone": lazy_gettext(
            "You said that your phone is safe, but you gave no number. So we cannot reach you that way."
        ),
        "contact-no-app": lazy_gettext(
            "You said that messages in an app are safe, but you gave no number or name. "
            "So we cannot write to you there."
        ),
        "contact-email-shared": lazy_gettext(
            "You said that someone else can see your e-mails. Do you still want us to use this address?"
        ),
        "contact-phone-shared": lazy_gettext(
            "You said that someone else uses or checks your phone. Do you still want us to use it?"
        ),
        "contact-app-shared": lazy_gettext(
            "You said that someone else can see your messages in this app. Do you still want us to use it?"
        ),
    }
)


#: Variants for required questions, which must not say that the field may be left empty.
WORDS_WHERE_NEEDED: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "email-not-an-address": lazy_gettext("Write an e-mail address like name@example.org"),
        "phone-characters": lazy_gettext("Write a phone number with digits, like 07700 900123"),
        "number-not-whole": lazy_gettext("Write a whole number, like 3"),
    }
)


#: Proposed names of help lines in the settings. A translation explains the name and retains it, because a caller needs
#: to say it.
HELP: Final = (
    lazy_gettext("Modern Slavery Helpline"),
    lazy_gettext("Samaritans (someone to listen)"),
    lazy_gettext("Free, in many languages"),
    lazy_gettext("Free, day and night, about anything"),
    lazy_gettext("In danger now (police, ambulance, fire)"),
    lazy_gettext("They ask where you are"),
)


def words_for(key: str, *, needed: bool = False, **params: Any) -> str:
    """The sentence for a message key, in the language of this request. Raises KeyError for a key without words.

    `needed`: the question is required.
    """
    if key in COUNTED:
        return COUNTED[key](params, needed)
    sentence = str((needed and WORDS_WHERE_NEEDED.get(key)) or WORDS[key])
    return sentence % params if params else sentence


def naming(problem: str, question: str) -> Markup:
    """A validation error with the question that it is about. Its label may be `Markup` in another language.

    The label comes last and in quotes, as it stands: not every script has small letters, and not every language could
    put a question into the middle of a sentence.
    """
    sentence = escape(gettext("%(problem)s: “%(question)s”"))
    return sentence % {"problem": problem, "question": question}
