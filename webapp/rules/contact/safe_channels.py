"""Safe contact channels: an unsafe way of reaching a participant cannot be represented (deny by default).

Consent and safety default to no: no voicemail, no naming the sender, and others are assumed to see the messages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from webapp.rules.contact.questions import (
    APP,
    APP_NAME,
    APP_SAY_WHO,
    APP_SHARED,
    BY_APP,
    BY_CALL,
    BY_EMAIL,
    BY_TEXT,
    CHOICES_OF,
    CONTACT_NOTES,
    CONTACT_TIMES,
    CONTACT_WANTED,
    EMAIL,
    EMAIL_SAY_WHO,
    EMAIL_SHARED,
    HELPER_EMAIL,
    HELPER_NAME,
    HELPER_PHONE,
    MAY_BE_OFFERED,
    NAME_TO_USE,
    NO_WAY,
    PHONE,
    PHONE_SAY_WHO,
    PHONE_SHARED,
    SAFE_WAYS,
    VOICEMAIL,
)
from webapp.rules.forms.kinds import Answer, Answers
from webapp.rules.forms.kinds.yes_no import YES

#: The warnings of `contact_gaps`, and the question that each is about.
GAPS_OF: Final[Mapping[str, str]] = {
    "contact-no-safe-way": SAFE_WAYS,
    "contact-no-email": EMAIL,
    "contact-no-phone": PHONE,
    "contact-no-app": APP_NAME,
    "contact-email-shared": EMAIL_SHARED,
    "contact-phone-shared": PHONE_SHARED,
    "contact-app-shared": APP_SHARED,
}

#: The questions about each way, and about all of them.
ABOUT_EMAIL: Final = (EMAIL, EMAIL_SHARED, EMAIL_SAY_WHO)
ABOUT_PHONE: Final = (PHONE, PHONE_SHARED, PHONE_SAY_WHO, VOICEMAIL)
ABOUT_APP: Final = (APP, APP_NAME, APP_SHARED, APP_SAY_WHO)
ABOUT_ANY_WAY: Final = (CONTACT_WANTED, NAME_TO_USE, SAFE_WAYS, CONTACT_TIMES, CONTACT_NOTES)

OthersSee = Literal["no", "yes", "unsure", "unsaid"]


@dataclass(frozen=True, slots=True)
class SafeEmail:
    """An e-mail address that its owner said is safe. `others_see`: whether other people read this inbox."""

    address: str
    others_see: OthersSee
    say_who: bool


@dataclass(frozen=True, slots=True)
class SafePhone:
    """A phone number that its owner said is safe, only for the permitted uses (text, call)."""

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
    """An account in a messaging app that its owner said is safe.

    `app` is a choice key of APP, empty where not answered. `others_see`: whether other people read messages there.
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
    """A participant's helper as an intermediary. It has at least one channel."""

    name: str
    email: str
    phone: str

    def __post_init__(self) -> None:
        if not (self.email or self.phone):
            raise ValueError("a helper whom nobody can reach")


@dataclass(frozen=True, slots=True)
class SafeContact:
    """The safe channels of one participant, at least one. Empty texts were not answered.

    `times` holds choice keys of CONTACT_TIMES. `helper` is never the participant: it is marked so wherever it is shown.
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
    """Derive a participant's safe channels from their answers; None when they called no way safe.

    A channel exists only if contact is wanted, its box was ticked, and its address was given. The one through a helper
    exists only when `through_helper` says that the participant's consent to it stands.
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


def only_safe(answers: Answers) -> dict[str, Answer]:
    """The answers that `safe_contact` reads, without those about a way that is not safe, and none about a helper.

    Data minimisation: what is passed on to another organisation has no unsafe way in it.
    """
    safe = [*ABOUT_ANY_WAY]
    if _email(answers):
        safe += ABOUT_EMAIL
    if _phone(answers):
        safe += ABOUT_PHONE
    if _app(answers):
        safe += ABOUT_APP
    return {key: answers[key] for key in safe if key in answers}


def contact_gaps(answers: Answers) -> tuple[str, ...]:
    """Warnings, as message keys, for a participant whose contact answers are incomplete, or whose channel others see.

    They are shown before sending: no participant should wait for a message that cannot come, or be exposed by one.
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
    """The question that a warning of `contact_gaps` is about."""
    return GAPS_OF[gap]


def wants_contact(answers: Answers) -> bool:
    """Whether the participant asked to be contacted."""
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
    """The known ways that they called safe. An unknown way counts as none; `contact_gaps` then warns them."""
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
        case "unsure":
            return "unsure"
        case _:
            return "unsaid"


def _is_yes(answers: Answers, key: str) -> bool:
    return answers.get(key) == YES


def _word(answers: Answers, key: str) -> str:
    value = answers.get(key)
    return value.strip() if isinstance(value, str) else ""


def _list(answers: Answers, key: str) -> tuple[str, ...]:
    value = answers.get(key)
    return tuple(value) if isinstance(value, list) else ()
