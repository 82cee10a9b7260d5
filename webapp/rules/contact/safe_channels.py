"""Contact, asked as safety, and read so that an unsafe way of reaching somebody cannot come out.

The questions have the same keys in every form; `publishing` checks that they are there. Whatever
was not answered is not allowed: no voicemail, no saying who we are, and we assume that somebody
else might see it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from webapp.rules.forms.form_definition import NO, YES, Answers, KindName, Question

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
#: Messages by app: which one, by what number or name, and how safe that is.
APP: Final = "app"
APP_NAME: Final = "app_name"
APP_SHARED: Final = "app_shared"
APP_SAY_WHO: Final = "app_say_who"
CONTACT_TIMES: Final = "contact_times"
CONTACT_NOTES: Final = "contact_notes"

HELPER_NAME: Final = "helper_name"
HELPER_EMAIL: Final = "helper_email"
HELPER_PHONE: Final = "helper_phone"
#: The consent without which nobody is reached through a helper, whatever was written about one.
THROUGH_HELPER: Final = "through_helper"

#: Questions about a helper, and their kinds. A form may ask them, and only on a page for people who are helped.
HELPER_KINDS: Final[Mapping[str, KindName]] = {
    HELPER_NAME: "text",
    HELPER_EMAIL: "email",
    HELPER_PHONE: "phone",
}

#: Questions about messages by app, and their kinds. A form that offers this way asks all of them, and no other does.
APP_KINDS: Final[Mapping[str, KindName]] = {
    APP: "choice",
    APP_NAME: "text",
    APP_SHARED: "choice",
    APP_SAY_WHO: "yes_no",
}

#: Every question about contact, and the kind it must be of.
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

#: The ways of SAFE_WAYS, and its "none of these, I will come back with my code".
BY_EMAIL: Final = "email"
BY_TEXT: Final = "text"
BY_CALL: Final = "call"
BY_APP: Final = "app"
NO_WAY: Final = "none"
UNSURE: Final = "unsure"

#: The choices that must be offered, because the rules below read them. (NO_WAY must be offered as
#: the question's "none" choice, too.)
CHOICES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    SAFE_WAYS: (BY_EMAIL, BY_TEXT, BY_CALL),
    EMAIL_SHARED: (NO, YES, UNSURE),
    PHONE_SHARED: (NO, YES, UNSURE),
    APP_SHARED: (NO, YES, UNSURE),
}
#: Choices that the rules read, too, and that a form may leave out. No other may be offered: nobody would read them, and
#: a way that was called safe would silently be none.
MAY_BE_OFFERED: Final[Mapping[str, tuple[str, ...]]] = {SAFE_WAYS: (BY_APP,)}
#: The "none of these" that such a question may have.
NONE_OF: Final[Mapping[str, str]] = {SAFE_WAYS: NO_WAY}

#: What `contact_gaps` may find, and the question whose answer it is about.
GAPS_OF: Final[Mapping[str, str]] = {
    "contact-no-safe-way": SAFE_WAYS,
    "contact-no-email": EMAIL,
    "contact-no-phone": PHONE,
    "contact-no-app": APP_NAME,
    "contact-email-shared": EMAIL_SHARED,
    "contact-phone-shared": PHONE_SHARED,
    "contact-app-shared": APP_SHARED,
}

OthersSee = Literal["no", "yes", "unsure"]


@dataclass(frozen=True, slots=True)
class SafeEmail:
    """An address its owner said is safe. `others_see`: does anybody else read this inbox."""

    address: str
    others_see: OthersSee
    say_who: bool


@dataclass(frozen=True, slots=True)
class SafePhone:
    """A number its owner said is safe, for the ways that are ok only."""

    number: str
    text_ok: bool
    call_ok: bool
    voicemail_ok: bool
    others_see: OthersSee
    say_who: bool

    def __post_init__(self) -> None:
        if not (self.text_ok or self.call_ok) or (self.voicemail_ok and not self.call_ok):
            raise ValueError("a number without a safe way to use it")


@dataclass(frozen=True, slots=True)
class SafeApp:
    """A number or name in an app for messages that its owner said is safe.

    `app` is a choice key of APP, empty where they did not say which. `others_see`: does anybody else read it there.
    """

    app: str
    name: str
    others_see: OthersSee
    say_who: bool

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("an app without anybody to write to")


@dataclass(frozen=True, slots=True)
class ThroughHelper:
    """The way to somebody through the person who helped them. At least one channel is there."""

    name: str
    email: str
    phone: str

    def __post_init__(self) -> None:
        if not (self.email or self.phone):
            raise ValueError("a helper whom nobody can reach")


@dataclass(frozen=True, slots=True)
class SafeContact:
    """How somebody may be reached. At least one channel is there. Empty texts were not answered.

    `times` holds choice keys of CONTACT_TIMES. `helper` is never the person: it is marked so wherever it is shown.
    """

    name_to_use: str
    email: SafeEmail | None
    phone: SafePhone | None
    times: tuple[str, ...]
    notes: str
    app: SafeApp | None = None
    helper: ThroughHelper | None = None

    def __post_init__(self) -> None:
        if not (self.email or self.phone or self.app or self.helper):
            raise ValueError("a contact without a safe channel")


def safe_contact(answers: Answers, *, through_helper: bool = False) -> SafeContact | None:
    """How this person may be reached, or None when there is no way that they called safe.

    A channel exists only if contact is wanted, its way was ticked, and its address is there. One through a helper
    exists only when `through_helper` says that the person's consent to it stands.
    """
    email, phone, app = _email(answers), _phone(answers), _app(answers)
    helper = _helper(answers) if through_helper else None
    if not (email or phone or app or helper):
        return None
    return SafeContact(
        name_to_use=_word(answers, NAME_TO_USE),
        email=email,
        phone=phone,
        times=_list(answers, CONTACT_TIMES),
        notes=_word(answers, CONTACT_NOTES),
        app=app,
        helper=helper,
    )


def about_helper(question: Question) -> bool:
    """Whether a question is about the person who helps."""
    return question.key in HELPER_KINDS


def tells_of_helper(answered: Iterable[str]) -> bool:
    """Whether a question about the person who helps is among the answered ones, by their keys."""
    return not HELPER_KINDS.keys().isdisjoint(answered)


def contact_gaps(answers: Answers) -> tuple[str, ...]:
    """Message keys for somebody who wants to hear from us but left something out, or whose way others may see.

    Worth saying before they send: nobody should wait for a message that cannot come, or be given away by one that does.
    """
    if not _is_yes(answers, CONTACT_WANTED) or NO_WAY in _list(answers, SAFE_WAYS):
        return ()
    ways = _safe_ways(answers)
    email, phone, app = _email(answers), _phone(answers), _app(answers)
    gaps = {
        "contact-no-safe-way": not ways and _helper(answers) is None,
        "contact-no-email": BY_EMAIL in ways and not _word(answers, EMAIL),
        "contact-no-phone": bool({BY_TEXT, BY_CALL} & ways) and not _word(answers, PHONE),
        "contact-no-app": BY_APP in ways and not _word(answers, APP_NAME),
        "contact-email-shared": email is not None and email.others_see == YES,
        "contact-phone-shared": phone is not None and phone.others_see == YES,
        "contact-app-shared": app is not None and app.others_see == YES,
    }
    return tuple(key for key, is_gap in gaps.items() if is_gap)


def asked_by(gap: str) -> str:
    """The question with whose answer something is wrong, for a key that `contact_gaps` gave."""
    return GAPS_OF[gap]


def wants_contact(answers: Answers) -> bool:
    """Whether this person said that they want to hear from us."""
    return _is_yes(answers, CONTACT_WANTED)


def _email(answers: Answers) -> SafeEmail | None:
    address = _word(answers, EMAIL)
    if not address or BY_EMAIL not in _safe_ways(answers):
        return None
    return SafeEmail(
        address=address,
        others_see=_others_see(answers, EMAIL_SHARED),
        say_who=_is_yes(answers, EMAIL_SAY_WHO),
    )


def _phone(answers: Answers) -> SafePhone | None:
    number, ways = _word(answers, PHONE), _safe_ways(answers)
    if not number or not {BY_TEXT, BY_CALL} & ways:
        return None
    return SafePhone(
        number=number,
        text_ok=BY_TEXT in ways,
        call_ok=BY_CALL in ways,
        voicemail_ok=BY_CALL in ways and _is_yes(answers, VOICEMAIL),
        others_see=_others_see(answers, PHONE_SHARED),
        say_who=_is_yes(answers, PHONE_SAY_WHO),
    )


def _app(answers: Answers) -> SafeApp | None:
    name = _word(answers, APP_NAME)
    if not name or BY_APP not in _safe_ways(answers):
        return None
    return SafeApp(
        app=_word(answers, APP),
        name=name,
        others_see=_others_see(answers, APP_SHARED),
        say_who=_is_yes(answers, APP_SAY_WHO),
    )


def _helper(answers: Answers) -> ThroughHelper | None:
    email, phone = _word(answers, HELPER_EMAIL), _word(answers, HELPER_PHONE)
    if not _is_yes(answers, CONTACT_WANTED) or not (email or phone):
        return None
    return ThroughHelper(_word(answers, HELPER_NAME), email, phone)


def _safe_ways(answers: Answers) -> frozenset[str]:
    """The ways that they called safe, of those we know: any other is none, and they are told so before they send."""
    ways = frozenset(_list(answers, SAFE_WAYS))
    if not _is_yes(answers, CONTACT_WANTED) or NO_WAY in ways:
        return frozenset()
    return ways & {*CHOICES_OF[SAFE_WAYS], *MAY_BE_OFFERED[SAFE_WAYS]}


def _others_see(answers: Answers, key: str) -> OthersSee:
    match answers.get(key):
        case "yes":
            return "yes"
        case "no":
            return "no"
        case _:
            return "unsure"


def _is_yes(answers: Answers, key: str) -> bool:
    return answers.get(key) == YES


def _word(answers: Answers, key: str) -> str:
    value = answers.get(key)
    return value.strip() if isinstance(value, str) else ""


def _list(answers: Answers, key: str) -> tuple[str, ...]:
    value = answers.get(key)
    return tuple(value) if isinstance(value, list) else ()
