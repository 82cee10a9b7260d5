"""Purpose limitation: why something may be opened or exported (GDPR, article 5(1)(b)).

The reasons are a closed set. Which of them may be given follows from what people gave permission for
(`rules.consent`); the services hold each opening and each export against that, and refuse the rest. What is outside
needs words of its own, which are kept and shown to all coordinators.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

#: So many letters fit the record.
LONGEST: Final = 200
#: Room for words of one's own. With a usual reason before them they must fit the record.
LONGEST_WORDS: Final = 140
_ELLIPSIS: Final = "…"


@dataclass(frozen=True)
class Use:
    """One reason that can be chosen: its key in a form, and its words on the page and in the record."""

    key: str
    words: str


@dataclass(frozen=True)
class Reason:
    """What a coordinator chose, and what they added in their own words."""

    key: str
    words: str = ""


REPORT: Final = Use("report", "To write the report")
CHECK: Final = Use("check", "To check what we wrote")
ASK: Final = Use("ask", "To ask about what they wrote")
INVITE: Final = Use("invite", "To invite them to a meeting")
SHARE: Final = Use("share", "To pass their details on to a member charity")
PREPARE: Final = Use("prepare", "To prepare the event")
ABOUT_REGISTRATION: Final = Use("ask", "To ask them about their registration")
#: Never limited: see `services.limits`.
DANGER: Final = Use("danger", "Someone may be in danger")
#: Only with words.
OTHER: Final = Use("other", "Another reason")

#: What answers are told for, and what a registration is given for.
READING: Final = (REPORT, CHECK, DANGER, OTHER)
PREPARING: Final = (PREPARE, ABOUT_REGISTRATION, DANGER, OTHER)

#: How the record begins what was done for a reason that no permission has.
OUTSIDE: Final = "Outside the permission’s words"


class NotWhatItIsFor(ValueError):
    """This reason is not among those that may be given here; or it needs words, and has none."""


def for_record(reason: Reason, allowed: Iterable[Use], *, other: str = "") -> str:
    """The reason as the record keeps it. `other`: what goes before words of one's own.

    Raises `NotWhatItIsFor` for a reason that is not allowed, and for another reason without words.
    """
    use = next((use for use in allowed if use.key == reason.key), None)
    if use is None or (use == OTHER and not reason.words):
        raise NotWhatItIsFor(reason.key)
    words = reason.words[:LONGEST_WORDS]
    usual = other if use == OTHER else use.words
    room = LONGEST - len(words) - len(": ") if words else LONGEST
    return ": ".join(filter(None, (shortened(usual, room), words)))


def shortened(words: str, room: int) -> str:
    """The words, cut where there is no more room for them."""
    return words if len(words) <= room else words[: room - 1].rstrip() + _ELLIPSIS
